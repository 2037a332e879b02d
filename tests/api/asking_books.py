"""What the permission matrix asks of the life of a book: later columns, reserved numbers, closings."""

from repository.clock import local_date
from repository.mongo import Row
from tests.api.asking import REASON, Ask, asks
from tests.api.district import Caller, World


@asks("PATCH /api/v1/registers/{id}/entries/{n}", "POST /registers/{id}/entries/{n}")
async def _describe_line(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.entered(unit)
    page = {"revision": "1"} if caller.page else {}
    carried = {"json": {"signer": "Người ký"} | page, "headers": {"If-Match": '"r1"'}}
    return Ask({"id": row["register"], "n": str(row["number"])}, carried)


@asks("POST /api/v1/entries")
async def _enter_running(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"document": (await world.document(unit))["_id"]}})


@asks("POST /api/v1/registers/{id}/blocks", "POST /registers/{id}/reserve")
async def _reserve(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.book(unit))["_id"]}, {"json": {"count": 2} | REASON})


async def _reserved(world: World, unit: str) -> tuple[Row, Row]:
    book = await world.book(unit)
    return book, await world.repository.blocks.reserve(world.clerks[unit], book["_id"], 2, "mất điện")


@asks("POST /api/v1/registers/{id}/blocks/{n}/settlement", "POST /registers/{id}/settle")
async def _settle(world: World, unit: str, caller: Caller) -> Ask:
    book, block = await _reserved(world, unit)
    n = str(block["n"])
    return Ask({"id": book["_id"], "n": n}, {"json": {"n": n}} if caller.page else {})


@asks("POST /registers/{id}/late")
async def _enter_late(world: World, unit: str, caller: Caller) -> Ask:
    book, block = await _reserved(world, unit)
    day = local_date(world.repository.clock.now()).strftime("%d/%m/%Y")
    fields = {"document": (await world.document(unit))["_id"], "number": block["first"], "happened_on": day}
    return Ask({"id": book["_id"]}, {"data": fields | REASON})


@asks(
    "POST /api/v1/registers/{id}/closings",
    "POST /registers/{id}/close-day",
    "POST /api/v1/registers/{id}/close",
    "POST /registers/{id}/close-year",
)
async def _close_book(world: World, unit: str, caller: Caller) -> Ask:
    """Without a reason no year is closed before its end: who is let in is told so."""
    return Ask({"id": (await world.book(unit))["_id"]}, {"json": {}})


@asks("GET /api/v1/forms/{name}.pdf", unitless=True)
async def _blank(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"name": "so-den"})
