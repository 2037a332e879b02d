"""One moment of all metadata, written as packed and sealed BSON; what it names goes into the ledger."""

import json
from collections.abc import Callable
from pathlib import Path

import zstandard

from ops.backup.facts import Facts
from ops.backup.increments import LASTING, Increment, Written
from ops.backup.keys import Key
from ops.backup.ledger import Ledger
from repository.mongo import Database, Row, one_moment
from repository.schema import INDEXES

Said = Callable[[str, int], None]


async def collections_of(database: Database) -> list[str]:
    found = set(await database.list_collection_names()) | set(INDEXES)
    return sorted(name for name in found if not name.startswith("system."))


async def taken(
    database: Database,
    folder: Path,
    *,
    key: Key,
    ledger: Ledger,
    say: Said,
    increment: Increment | None = None,
) -> Facts:
    """Writes `metadata/*.bson.zst.age` under `folder`. The moment is over when this returns. Raises NotContinued."""
    facts = increment.facts if increment else Facts()
    written = Written(folder=folder, facts=facts, key=key, ledger=ledger)
    (folder / "metadata").mkdir(parents=True)
    async with one_moment(database) as moment:
        continued = await increment.written(moment, written) if increment else frozenset()
        # After the moment was chosen: a collection made later holds nothing of it.
        for name in await collections_of(database):
            if name not in continued:
                await written.rows(name, moment.rows(name), lasting=name in LASTING)
            say(name, facts.counts().get(name, 0))
    facts.head["unsealed"] = facts.counts().get("audit", 0) - facts.head["size"]
    ledger.naming.sweep()
    return facts


def sealed_json(key: Key, told: Row) -> bytes:
    """Packed and sealed."""
    return key.seal(zstandard.compress(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()))
