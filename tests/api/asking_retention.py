"""What the permission matrix asks of holds and disposals."""

from datetime import date
from itertools import count

from repository.access.actors import operator
from repository.access.permissions import Role
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.retention.holding import HoldForm, HoldKind
from tests.api.asking import REASON, Ask, asks
from tests.api.district import FOREIGN, FOREIGN_WORD, Caller, World
from tests.factories import make_person

_N = count(1)


async def _expired(world: World, unit: str) -> Row:
    clerk, word = world.clerks[unit], FOREIGN_WORD if unit == FOREIGN else ""
    form = DossierForm(
        code=f"het-{next(_N)}", title=f"Hết hạn {word}", retention="2 năm", started_on=date(2018, 1, 2)
    )
    dossier = await world.repository.dossiers.open(clerk, form)
    row = await world.document(unit)
    await world.repository.dossiers.file(clerk, dossier["_id"], row["_id"])
    return await world.repository.dossiers.close(
        clerk, dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1))
    )


async def _proposal(world: World, unit: str) -> Row:
    await _expired(world, unit)
    return await world.repository.retention.disposals.propose(operator("test"), unit)


_LAID: dict[str, Row] = {}


async def _laid(world: World, unit: str) -> Row:
    """One that is only looked at: made once."""
    if unit not in _LAID:
        _LAID[unit] = await _proposal(world, unit)
    return _LAID[unit]


async def _hold(world: World, unit: str) -> Row:
    name = f"pt{next(_N)}"
    leader = await make_person(world.repository, name, unit, Role.LEADER)
    target = (await world.document(unit))["_id"]
    form = HoldForm(kind=HoldKind.DOCUMENT, target=target, reason="Đang thanh tra đột xuất")
    row = await world.repository.retention.holds.place(leader, form)
    return await world.repository.retention.holds.ask_lift(leader, row["_id"], "Đã xong")


@asks("POST /api/v1/holds")
async def _place(world: World, unit: str, caller: Caller) -> Ask:
    target = (await world.document(unit))["_id"]
    form = {"kind": "document", "target": target, "reason": "Đang thanh tra đột xuất"}
    return Ask(carried={"json": form})


@asks("POST /holds")
async def _place_page(world: World, unit: str, caller: Caller) -> Ask:
    return await _place(world, unit, caller)


@asks("GET /api/v1/holds/{id}")
async def _read(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _hold(world, unit))["_id"]})


@asks("POST /api/v1/holds/{id}/lift", "POST /holds/{id}/lift")
async def _lift(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _hold(world, unit))["_id"]}, {"json": {"act": "confirm"}})


@asks("POST /api/v1/disposals")
async def _propose(world: World, unit: str, caller: Caller) -> Ask:
    await _expired(world, unit)
    return Ask(carried={"json": {"unit": unit}})


@asks("POST /disposals", unitless=True)
async def _propose_page(world: World, unit: str, caller: Caller) -> Ask:
    await _expired(world, unit)
    return Ask(carried={"data": REASON})


@asks(
    "GET /api/v1/disposals/{id}", "GET /api/v1/disposals/{id}/items", "GET /disposals/{id}",
    "GET /api/v1/disposals/{id}/certificate", "GET /disposals/{id}/certificate",
    "GET /api/v1/disposals/{id}/evidence", "GET /disposals/{id}/evidence",
)  # fmt: skip
async def _disposal(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _laid(world, unit))["_id"]})


@asks("POST /api/v1/disposals/{id}/votes")
async def _vote(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _proposal(world, unit))["_id"]}, {"json": {"approve": True}})


@asks("POST /disposals/{id}/vote")
async def _vote_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _proposal(world, unit))["_id"]}, {"data": {"choice": "approve"}})
