"""A process of its own that changes the key: run by the test that kills it.

python -m tests.rotation_process URL KEY
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from db.engine import open_store
from db.rekey import rotate


async def main(url: str, key_file: Path) -> None:
    store = await open_store(url, key_file)
    await rotate(store, key_file, datetime(2026, 3, 2, tzinfo=UTC))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
