"""What the permission matrix asks of the auditors' samples: of the caller's own, or of the auditor's."""

from repository.evidence.samples import SampleForm
from tests.api.asking import Ask, asks
from tests.api.district import Caller, World

SIZE = {"size": "1"}


@asks("POST /api/v1/samples", "POST /samples", unitless=True)
async def _pick(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": dict(SIZE)})


@asks(
    "GET /api/v1/samples/{id}", "GET /samples/{id}", "POST /api/v1/samples/{id}/check",
    "POST /samples/{id}/check", "GET /api/v1/samples/{id}/evidence", "GET /samples/{id}/evidence",
    unitless=True,
)  # fmt: skip
async def _sample(world: World, unit: str, caller: Caller) -> Ask:
    auditor = world.callers["auditor"].actor
    picks = caller.actor if caller.actor and "samples.keep" in caller.actor.permissions else auditor
    assert picks
    row = await world.repository.samples.pick(picks, SampleForm(size=1))
    return Ask({"id": row["_id"]})
