"""What the permission matrix asks of the routes of signing."""

from datetime import timedelta

from repository import ids
from tests.api.asking import Ask, asks
from tests.api.asking_accounts import UNIT_FORMS
from tests.api.district import Caller, World


async def _signing(world: World, unit: str, caller: Caller) -> str:
    """A prepared signing: the caller's own in the own unit, else the other unit's clerk's."""
    own = caller.actor is not None and caller.actor.unit == unit
    person = caller.actor.id if caller.actor is not None and own else world.clerks[unit].id
    now = world.repository.clock.now()
    row = {
        "_id": ids.new("ky"), "document": world.shared[unit, "documents"]["_id"], "n": 1, "sha256": "0" * 64,
        "kind": "person", "state": "prepared", "person": person, "unit": unit, "attributes": b"1", "der": "",
        "certificate": {"sha256": "0" * 64, "subject": "CN=A", "serial": "1"}, "chain": [], "value": b"",
        "told": {"field": "A", "page": 1, "box": [0, 0, 1, 1]}, "created_at": now, "outcome": None,
        "expires_at": now + timedelta(hours=1),
    }  # fmt: skip
    await world.repository.database["signings"].insert_one(row)
    return str(row["_id"])


@asks(
    "GET /api/v1/signings/{id}",
    "POST /api/v1/signings/{id}/sign",
    "POST /api/v1/signings/{id}/finish",
    "POST /api/v1/signings/{id}/cancel",
)
async def _one(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": await _signing(world, unit, caller)}, {"json": {}})


@asks("POST /signings/{id}")
async def _go_on(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": await _signing(world, unit, caller)}, {"json": {"deed": "cancel"}})


@asks("POST /api/v1/signing-keys", "POST /api/v1/signing-pictures", unitless=True)
async def _kept(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"as": "person", "file": "AAAA"}})


@asks("POST /api/v1/people/{id}/certificates", "POST /people/{id}/certificates")
async def _certify(world: World, unit: str, caller: Caller) -> Ask:
    form = UNIT_FORMS["/certificates"]
    wanted = {"pasted": "x"} if caller.page else {"certificate": form["certificate"]}
    return Ask({"id": (await world.person(unit)).id}, {"json": wanted})
