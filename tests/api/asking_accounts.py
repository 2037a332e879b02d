"""What the permission matrix asks of the routes of people, units and one's own account."""

import secrets

from repository import ids
from repository.access.actors import Actor, operator
from repository.organisation.units.units import UnitForm
from tests.api.asking import REASON, Ask, asks
from tests.api.district import OWN, Caller, World

_ROOT = operator("test")
UNIT_FORMS = {
    "": {"head": ""},
    "/name": {"name": "Tên mới", "symbol": "TM", "since": "2026-01-02"} | REASON,
    "/close": {"successor": OWN, "on": "2026-01-02"} | REASON,
    "/rules": {"session_hours": 8},
    "/certificates": {"certificate": "không phải chứng thư", "pasted": "x"},
}


@asks("POST /api/v1/people", "POST /people")
async def _hire(world: World, unit: str, caller: Caller) -> Ask:
    form = {"username": f"moi.{next(world.numbers)}", "full_name": "Người mới", "unit": unit}
    return Ask(carried={"json": form | {"roles": ["officer"]}})


@asks("GET /people/{id}", "GET /api/v1/people/{id}", "GET /api/v1/people/{id}/work")
async def _look_at_person(world: World, unit: str, caller: Caller) -> Ask:
    """The clerk, who keeps dossiers: their titles are nobody's business who administers accounts."""
    return Ask({"id": world.clerks[unit].id})


@asks("PATCH /api/v1/people/{id}", "POST /people/{id}")
async def _correct(world: World, unit: str, caller: Caller) -> Ask:
    page = {"revision": "1"} if caller.page else {}
    carried = {"json": {"full_name": "Tên mới"} | page, "headers": {"If-Match": '"r1"'}}
    return Ask({"id": (await world.person(unit)).id}, carried)


@asks("POST /api/v1/people/{id}/transfer", "POST /people/{id}/transfer")
async def _transfer(world: World, unit: str, caller: Caller) -> Ask:
    """Another title in the same unit."""
    form = {"unit": unit, "title": "Chức vụ mới", "roles": ["officer"]} | REASON
    return Ask({"id": (await world.person(unit)).id}, {"json": form})


@asks("POST /api/v1/people/{id}/handover", "POST /people/{id}/handover")
async def _hand_over(world: World, unit: str, caller: Caller) -> Ask:
    form = {"successor": world.clerks[unit].id} | REASON
    return Ask({"id": (await world.person(unit)).id}, {"json": form})


@asks(
    "POST /api/v1/people/{id}/disable",
    "POST /people/{id}/disable",
    "POST /api/v1/people/{id}/reset",
    "POST /people/{id}/renew",
)
async def _with_reason(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.person(unit)).id}, {"json": REASON})


@asks("POST /api/v1/people/{id}/reinstate")
async def _reinstate(world: World, unit: str, caller: Caller) -> Ask:
    person = (await world.person(unit)).id
    await world.repository.people.disable(_ROOT, person, "thử")
    return Ask({"id": person}, {"json": REASON})


@asks("POST /api/v1/units", "POST /units", unitless=True)
async def _found_unit(world: World, unit: str, caller: Caller) -> Ask:
    number = next(world.numbers)
    form = {"id": f"moi-{number}", "name": f"Đơn vị mới {number}", "symbol": "M", "kind": "department"}
    return Ask(carried={"json": form})


async def _fresh_unit(world: World) -> str:
    """A unit for one change: the changes of a lasting one would end the matrix."""
    name = f"rieng-{next(world.numbers)}"
    await world.repository.units.create(_ROOT, UnitForm(id=name, name=f"Đơn vị {name}", symbol="M"))
    return name


def _changes(tail: str, *routes: str) -> None:
    """Changes of a unit: the API binds them to a reading by If-Match, the page by a field."""

    @asks(*routes, unitless=True)
    async def _change(world: World, unit: str, caller: Caller) -> Ask:
        page = {"revision": "1"} if caller.page else {}
        carried = {"json": UNIT_FORMS[tail] | page, "headers": {"If-Match": '"r1"'}}
        return Ask({"id": await _fresh_unit(world)}, carried)


_changes("", "PATCH /api/v1/units/{id}", "POST /units/{id}")
_changes("/name", "POST /api/v1/units/{id}/name", "POST /units/{id}/name")
_changes("/close", "POST /api/v1/units/{id}/close", "POST /units/{id}/close")
_changes("/rules", "PUT /api/v1/units/{id}/rules", "POST /units/{id}/rules")
_changes("/certificates", "POST /api/v1/units/{id}/certificates", "POST /units/{id}/certificates")


@asks("POST /api/v1/account/password", "POST /account/password", unitless=True)
async def _own_password(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"old_password": "sai", "new_password": "cũng sai"}})


@asks("POST /api/v1/account/sessions/{id}/end", "POST /account/sessions/end")
async def _end_session(world: World, unit: str, caller: Caller) -> Ask:
    """A further session of one's own, or one of somebody else."""
    sessions = world.repository.database["sessions"]
    own = caller.actor is not None and unit == caller.actor.unit
    row = await sessions.find_one({"person": caller.actor.id} if own and caller.actor else {})
    owner = {"person": caller.actor.id if own and caller.actor else world.clerks[unit].id}
    copy = (row or {}) | owner | {"_id": secrets.token_hex(32)}
    await sessions.insert_one(copy)
    prefix = str(copy["_id"])[:16]
    return Ask({"id": prefix}, {"json": {"session": prefix}} if caller.page else {})


@asks("POST /api/v1/requests", "POST /requests", unitless=True)
async def _wish(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"roles": ["clerk"], "unit": unit} | REASON})


async def _wished(world: World, unit: str, actor: Actor | None = None) -> str:
    """A request as it lies in the database: one person has but one at a time."""
    person = actor or await world.person(unit)
    row = {
        "_id": ids.new("dn"), "person": person.id, "name": person.name, "unit": unit, "training": False,
        "wanted": {"unit": unit, "title": "Chức vụ mới", "roles": ["officer"], "since": None},
        "reason": "nhiệm vụ mới", "state": "open", "decided": None, "asked_at": world.repository.clock.now(),
    }  # fmt: skip
    await world.repository.database["requests"].insert_one(row)
    return str(row["_id"])


@asks("POST /api/v1/requests/{id}/withdraw", "POST /requests/{id}/withdraw")
async def _unwish(world: World, unit: str, caller: Caller) -> Ask:
    """One's own, or another person's."""
    own = caller.actor if unit == OWN else None
    return Ask({"id": await _wished(world, unit, own)}, {"json": {}})


@asks("POST /api/v1/requests/{id}/decision", "POST /requests/{id}/decide")
async def _decide(world: World, unit: str, caller: Caller) -> Ask:
    form = {"outcome": "approve"} if caller.page else {"approved": True}
    return Ask({"id": await _wished(world, unit)}, {"json": form | REASON})


@asks("POST /api/v1/people/{id}/trainings", "POST /people/{id}/trainings")
async def _train(world: World, unit: str, caller: Caller) -> Ask:
    form = {"on": "2026-01-05", "about": "Hướng dẫn vào sổ"}
    return Ask({"id": (await world.person(unit)).id}, {"json": form})


@asks("GET /reviews", "GET /api/v1/units/{id}/review")
async def _look_at_rights(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": unit}, {"params": {"unit": unit}} if caller.page else {})


@asks("POST /reviews", "POST /api/v1/units/{id}/review")
async def _review(world: World, unit: str, caller: Caller) -> Ask:
    """With a list that was read too long ago: a quarter is confirmed once, and one role is not to spoil the next."""
    form = {"seen": 9999} | ({"unit": unit} if caller.page else {})
    return Ask({"id": unit}, {"json": form})
