"""Alembic's environment: the connection is handed over by db/migrate.py, which holds the transaction and the lock."""

from alembic import context
from sqlmodel import SQLModel

import db.models  # noqa: F401  (fills the metadata)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    version_table_pk=True,
)
context.run_migrations()
