"""Search: knowledge passages, and full text over them and over redacted turns."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INDEXED = {"passages": ("english", ["title", "also", "body"]), "turns": ("simple", ["redacted"])}
"""The columns that can be searched, and whether words are reduced to their stems."""


def index_on_sqlite(table: str, language: str, columns: list[str]) -> None:
    """An FTS5 index without a copy of the text; triggers keep it in step."""
    names = ", ".join(columns)
    fresh = ", ".join(f"new.{column}" for column in columns)
    stale = ", ".join(f"old.{column}" for column in columns)
    tokenizer = "porter unicode61" if language == "english" else "unicode61"
    put = f"INSERT INTO {table}_fts(rowid, {names}) VALUES (new.id, {fresh});"
    drop = f"INSERT INTO {table}_fts({table}_fts, rowid, {names}) VALUES ('delete', old.id, {stale});"
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_fts USING "
        f"fts5({names}, content='{table}', content_rowid='id', tokenize='{tokenizer}')"
    )
    op.execute(f"CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN {put} END")
    op.execute(f"CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER {table}_fts_update AFTER UPDATE ON {table} BEGIN {drop} {put} END")
    op.execute(f"INSERT INTO {table}_fts({table}_fts) VALUES ('rebuild')")


def index_on_postgresql(table: str, language: str, columns: list[str]) -> None:
    """A generated tsvector column; earlier columns weigh more."""
    parts = [
        f"setweight(to_tsvector('{language}', {column}), '{weight}')"
        for column, weight in zip(columns, "ABCD", strict=False)
    ]
    op.execute(f"ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS ({' || '.join(parts)}) STORED")
    op.execute(f"CREATE INDEX ix_{table}_search ON {table} USING gin (search)")


def upgrade() -> None:
    op.create_table(
        "passages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("also", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("collection", "topic"),
    )
    make = index_on_sqlite if op.get_bind().dialect.name == "sqlite" else index_on_postgresql
    for table, (language, columns) in INDEXED.items():
        make(table, language, columns)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in INDEXED:
            for event in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {table}_fts_{event}")
            op.execute(f"DROP TABLE {table}_fts")
    else:
        op.execute("ALTER TABLE turns DROP COLUMN search")
    op.drop_table("passages")
