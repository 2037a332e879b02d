"""Whether a set belongs to this system: its log is the beginning of ours, and it is the one that we made there."""

import hashlib
from datetime import datetime
from typing import Any

from ops.backup.refusals import OlderHead, SetDamaged
from ops.backup.sets import Manifest
from repository.audit.tree import Tree
from repository.wiring import Repository


async def continues(repository: Repository, manifest: Manifest) -> bool:
    """Whether the living log begins with the log of the set."""
    tree, size = Tree(database=repository.database), int(manifest.head["size"])
    if not size:
        return True
    if (await tree.head()).size < size:
        return False
    return (await tree.root_at(size)).hex() == str(manifest.head["root"])


async def agrees(repository: Repository, place: str, newest: Manifest | None) -> None:
    """Raises OlderHead, SetDamaged when the place holds less than, or another set than, was made there."""
    expected: dict[str, Any] | None = None
    async for row in repository.backups.known():
        if row["place"] == place:
            expected = row
    if expected is None:
        return
    if newest is None or newest.set < expected["_id"]:
        raise OlderHead(found=newest.set if newest else "không có bản nào", expected=expected["_id"])
    if newest.set == expected["_id"] and hashlib.sha256(newest.dump()).hexdigest() != expected["manifest"]:
        raise SetDamaged(set=newest.set, why="không phải bản mà hệ thống đã lập")


def as_row(manifest: Manifest, digest: str, place: str) -> dict[str, Any]:
    """The set as the register keeps it."""
    head = {name: manifest.head[name] for name in ("size", "root")}
    return {
        "_id": manifest.set, "kind": manifest.kind, "area": manifest.area, "place": place,
        "at": manifest.moment, "ended": datetime.fromisoformat(manifest.ended), "manifest": digest,
        "head": head, "objects": manifest.objects["count"], "bytes": manifest.objects["bytes"],
        "new_objects": manifest.objects["new"], "new_bytes": manifest.objects["new_bytes"],
        "rows": sum(manifest.rows.values()),
    }  # fmt: skip
