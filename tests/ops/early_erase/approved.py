"""What two really approved, and is kept all the same."""

from collections.abc import Awaitable, Callable
from typing import Any

from repository import ids
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from tests.api.district import OWN
from tests.ops.early_erase.scene import Scene, hurt


async def _spared(
    scene: Scene, paper: Row, why: str, meanwhile: Callable[[], Awaitable[Any]] | None = None
) -> None:
    """Proposed and approved by two, over HTTP; carried out by the command of the worker's machine."""
    before = {paper["_id"]: await scene.state(paper)}
    row = await scene.approved()
    if meanwhile is not None:
        await meanwhile()
    await scene.command("dispose", id=row["_id"])
    items = {one["document"]: one for one in await scene.repository.retention.disposals.items(row["_id"])}
    item = items[paper["_id"]]
    assert item["state"] == "kept" and why in item["why"], item
    assert not hurt(before, {paper["_id"]: await scene.state(paper)})


async def shortened(scene: Scene) -> None:
    """Said aloud, with a reason, that twenty years are two: the store still knows of twenty."""
    dossier, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    path = f"/api/v1/dossiers/{dossier['_id']}/retention"
    form: Row = {"retention": "2 năm"}
    for role in ("nobody", "unit_admin", "it", "auditor"):
        assert (await scene.ask(role, "POST", path, json=form)).status_code in (401, 403), role
    assert (await scene.ask("clerk", "POST", path, json=form)).status_code == 409
    form |= {"accept_shorter": True, "reason": "xác định lại"}
    assert (await scene.ask("clerk", "POST", path, json=form)).status_code == 200
    await scene.settle()
    await _spared(scene, paper, "kho còn khóa tệp đến 01/01/2039")


async def backdated(scene: Scene) -> None:
    """A paper of today in a dossier that says it ended in 2018."""
    paper = await scene.paper()
    await scene.settle()
    await scene.closed("2 năm", paper)
    await scene.settle()
    await _spared(scene, paper, "kho còn khóa tệp đến")


async def held_meanwhile(scene: Scene) -> None:
    paper = await scene.unlocked()
    await _spared(scene, paper, "đang phong tỏa", lambda: scene.hold(paper))


async def filed_meanwhile(scene: Scene) -> None:
    paper = await scene.unlocked()

    async def filed() -> None:
        form = DossierForm(code=ids.new("hs"), title="Hồ sơ khác", retention="30 năm")
        clerk = scene.world.clerks[OWN]
        dossier = await scene.repository.dossiers.open(clerk, form)
        await scene.repository.dossiers.file(clerk, dossier["_id"], paper["_id"])

    await _spared(scene, paper, "đang mở", filed)


async def edited_end(scene: Scene) -> None:
    """The dossier's end written over in the database: two people are misled, the store is not."""
    dossier, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    over = {"$set": {"retention.ends_on": "2020-12-31"}}
    await scene.repository.database["dossiers"].update_one({"_id": dossier["_id"]}, over)
    await _spared(scene, paper, "kho còn khóa tệp đến 01/01/2039")
    assert ("row.changed", dossier["_id"]) in await scene.found()
