"""Behind the program: the database, the clock, and its own commands and jobs."""

from datetime import UTC, datetime, timedelta

import pytest

from ops import keeping
from repository import ids
from repository.audit.council import digest_of
from repository.clock import FixedClock
from repository.retention.disposal import VoteForm
from repository.wiring import open_repository
from tests.api.district import OWN
from tests.ops.early_erase.scene import Scene, hurt


async def forged_state(scene: Scene) -> None:
    """The row says approved; the log does not."""
    rows = scene.repository.database["disposals"]
    await rows.update_one({"_id": scene.parked}, {"$set": {"state": "approved"}})
    assert await scene.command("dispose") == 1
    assert "từ chối 1" in await keeping.dispose_approved(scene.world.indexers)
    told = await scene.repository.incidents.find(kind="disposal.forged")
    assert scene.parked in {one["subject"]["id"] for one in told}
    await rows.update_one({"_id": scene.parked}, {"$set": {"state": "proposed"}})


async def swapped_list(scene: Scene) -> None:
    """What two approved is exchanged for something else afterwards, digest and all."""
    paper = await scene.unlocked()
    row = await scene.approved()
    items, victim = scene.repository.database["erasures"], scene.victims["expired"][0]
    key, version = {"disposal": row["_id"], "document": paper["_id"]}, victim["versions"][0]
    item = await items.find_one(key)
    pinned = item["objects"][0] | {"sha256": version["sha256"], "version": version["store_version"]}
    await items.update_one(key, {"$set": {"document": victim["_id"], "objects": [pinned]}})
    listed = await scene.repository.retention.disposals.items(row["_id"])
    for digest in (row["items"], digest_of(listed)):
        told = {"$set": {"items": digest}}
        await scene.repository.database["disposals"].update_one({"_id": row["_id"]}, told)
        assert await scene.command("dispose", id=row["_id"]) == 1
    await scene.repository.database["disposals"].delete_one({"_id": row["_id"]})


async def robbed(scene: Scene) -> None:
    """Rows are taken out of the database, so that the sweep takes their files for orphans."""
    victims = [scene.victims[state][0] for state in ("locked", "expired")]
    documents = scene.repository.database["documents"]
    rows = await documents.find({"_id": {"$in": [one["_id"] for one in victims]}}).to_list(None)
    await documents.delete_many({"_id": {"$in": [one["_id"] for one in victims]}})
    assert await scene.command("sweep") == 0
    assert "dọn 0" in await keeping.sweep(scene.world.indexers)
    kinds = {kind for kind, _ in await scene.found()}
    assert {"row.missing", "object.orphan"} <= kinds
    await documents.insert_many(rows)


async def ahead(scene: Scene) -> None:
    """A worker whose clock runs sixty years ahead thinks it over; the store's clock does not."""
    _, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    before = {paper["_id"]: await scene.state(paper)}
    clock = FixedClock(datetime.now(UTC) + timedelta(days=60 * 365))
    async with open_repository(scene.settings, clock=clock) as later:
        disposals = later.retention.disposals
        row = await disposals.propose(scene.actor("clerk"), OWN)
        assert paper["_id"] in {one["document"] for one in await disposals.items(row["_id"])}
        for role in ("leader", "auditor"):
            await disposals.vote(scene.actor(role), row["_id"], VoteForm(approve=True))
        _, done = await later.retention.dispose(row["_id"])
        assert done.waiting
        assert [one["subject"]["id"] for one in await later.incidents.find(kind="disposal.locked")] == [
            row["_id"]
        ]
    assert not hurt(before, {paper["_id"]: await scene.state(paper)})


async def commands(scene: Scene) -> None:
    """All verbs that keep and let go, with the eraser in hand."""
    for verb in ("locks", "holds", "propose", "dispose", "sweep"):
        assert await scene.command(verb) == 0, verb
    assert await scene.command("dispose", id=scene.parked) == 1
    with pytest.raises(Exception, match="đề nghị tiêu hủy"):
        await scene.command("dispose", id=ids.new("th"))
    await scene.stopped()


async def jobs(scene: Scene) -> None:
    for job in (keeping.roll_locks, keeping.propose, keeping.dispose_approved, keeping.sweep):
        await job(scene.world.indexers)
    await scene.stopped()
