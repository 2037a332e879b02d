"""Over HTTP, as every role: DELETE anywhere, more on a list than has expired, one person as a whole council."""

from collections.abc import Awaitable, Callable

import pytest
from starlette.routing import Route

from api.routes import ROUTES
from repository.retention.council import NotApproved
from tests.api.district import OWN
from tests.ops.early_erase.scene import Scene

_KEPT = ("documents", "dossiers", "disposals", "holds", "registers", "retention")


def everywhere(role: str) -> Callable[[Scene], Awaitable[None]]:
    """DELETE at every path that names a kept thing; and POST that says it were DELETE."""

    async def do(scene: Scene) -> None:
        paths = sorted({one.path for one in ROUTES if isinstance(one, Route) and "{id}" in one.path})
        victims = [rows[0]["_id"] for rows in scene.victims.values()]
        for n, path in enumerate(one for one in paths if one.removeprefix("/api/v1").split("/")[1] in _KEPT):
            place = path.replace("{id}", victims[n % 3]).replace("{document}", victims[n % 3])
            for name in ("n", "mark", "name", "person"):
                place = place.replace(f"{{{name}}}", "1")
            answer = await scene.ask(role, "DELETE", place)
            assert answer.status_code in (403, 404, 405) or role == "nobody", (place, answer.status_code)
            assert answer.status_code >= 303, place
        for place in (f"/documents/{victims[0]}", f"/api/v1/documents/{victims[0]}"):
            answer = await scene.ask(role, "POST", place, headers={"X-HTTP-Method-Override": "DELETE"})
            assert answer.status_code == 405, (role, place)

    return do


def proposes(role: str) -> Callable[[Scene], Awaitable[None]]:
    """Whoever may propose gets a list of what has expired, is not held, and lies before no council yet."""

    async def do(scene: Scene) -> None:
        _, (paper,) = await scene.closed("2 năm", count=1)
        may = role in ("clerk", "leader", "clerk+auditor")
        victims = {one["_id"] for rows in scene.victims.values() for one in rows}
        for extra in ({"documents": sorted(victims)}, {}):
            answer = await scene.ask(role, "POST", "/api/v1/disposals", json={"unit": OWN} | extra)
            if answer.status_code == 201:
                assert not extra
                items = await scene.repository.retention.disposals.items(answer.json()["id"])
                assert paper["_id"] in {one["document"] for one in items}
                assert not victims & {one["document"] for one in items}
            else:
                wanted = 401 if role == "nobody" else 422 if extra and may else 403
                assert answer.status_code == wanted, answer.text
        assert await scene.command("dispose") == 0
        await scene.stopped()

    return do


async def alone(scene: Scene) -> None:
    """One person, with every role and again and again, is never two; the proposer counts as none."""
    said = {"approve": True}
    await scene.unlocked()
    mine = (await scene.ask("clerk+auditor", "POST", "/api/v1/disposals", json={"unit": OWN})).json()["id"]
    path = f"/api/v1/disposals/{mine}/votes"
    statuses = [
        (await scene.ask(role, "POST", path, json=said)).status_code
        for role in ("clerk+auditor", "system", "officer", "it", "unit_admin", "nobody", "leader", "leader")
    ]
    assert statuses == [409, 403, 403, 403, 403, 401, 200, 409]
    for disposal in (mine, scene.parked):
        with pytest.raises(NotApproved):
            await scene.repository.retention.dispose(disposal)
        assert await scene.command("dispose", id=disposal) == 1
    await scene.stopped()
    assert await scene.command("dispose", id=mine) == 1  # the council said no


async def lifts_alone(scene: Scene) -> None:
    """A hold is not lifted by one."""
    target = scene.victims["held"][0]["_id"]
    holds = await scene.repository.retention.holds.find(scene.actor("auditor"), limit=100)
    path = next(f"/api/v1/holds/{one['_id']}/lift" for one in holds if one["target"] == target)
    ask, confirm = {"act": "ask", "reason": "đã xong việc"}, {"act": "confirm"}
    for role in ("nobody", "clerk", "officer", "unit_admin", "it", "system"):
        assert (await scene.ask(role, "POST", path, json=ask)).status_code in (401, 403), role
    assert (await scene.ask("leader", "POST", path, json=ask)).status_code == 200
    assert (await scene.ask("leader", "POST", path, json=confirm)).status_code == 409
    await scene.settle()
