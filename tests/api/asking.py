"""What the permission matrix asks of each route: about which thing, with a body that would be accepted.

A route without a recipe is asked with an empty body and the shared things of the unit: that already tells who
is let in. Add a recipe where an empty body would hide the answer that matters.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from repository.access.actors import operator
from tests.api.district import THIRD, Caller, World, later

FILE = ("ban-moi.txt", "Nội dung mới".encode(), "text/plain")
REASON = {"reason": "kiểm thử quyền"}


@dataclass
class Ask:
    """Parameters of the path, and what the request carries."""

    params: dict[str, str] = field(default_factory=dict)
    carried: dict[str, Any] = field(default_factory=dict)


Recipe = Callable[[World, str, Caller], Awaitable[Ask]]
RECIPES: dict[str, Recipe] = {}


UNITLESS: set[str] = set()
"""Routes that are about no unit's things: asked once."""


def asks(*routes: str, unitless: bool = False) -> Callable[[Recipe], Recipe]:
    def keep(recipe: Recipe) -> Recipe:
        RECIPES.update(dict.fromkeys(routes, recipe))
        UNITLESS.update(routes if unitless else ())
        return recipe

    return keep


async def ask(world: World, route: str, unit: str, caller: Caller) -> Ask:
    """The request for a route such as `POST /api/v1/dossiers` about a thing of that unit."""
    if route in RECIPES:
        recipe = RECIPES[route]
        return _fitting(route, await recipe(world, unit, replace(caller, page="/api/" not in route)))
    method, path = route.split(" ")
    kind = path.removeprefix("/api/v1").split("/")[1]
    params = {"n": "1", "page": "1"}
    if (unit, kind) in world.shared:
        params["id"] = world.shared[unit, kind]["_id"]
    return Ask(params, {} if method == "GET" else {"json": {}} if "/api/" in path else {"data": {}})


def _fitting(route: str, asked: Ask) -> Ask:
    """The same fields as JSON for the API and as a form for a page."""
    if "json" in asked.carried and "/api/" not in route:
        asked.carried["data"] = asked.carried.pop("json")
    return asked


def _document(unit: str, **fields: Any) -> dict[str, Any]:
    return {
        "data": {"metadata": json.dumps({"subject": "Văn bản mới", "unit": unit} | fields)},
        "files": {"file": FILE},
    }


@asks("POST /api/v1/documents")
async def _store(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried=_document(unit))


@asks("POST /documents/new")
async def _store_page(world: World, unit: str, caller: Caller) -> Ask:
    """The page stores for one's own unit; what may be foreign is the paper that is answered."""
    answered = world.shared[unit, "documents"]["_id"]
    fields = {"subject": "Văn bản mới", "direction": "outgoing", "replies_to": answered}
    return Ask(carried={"data": fields | {"csrf": caller.headers["x-csrf-token"]}, "files": {"file": FILE}})


@asks("PATCH /api/v1/documents/{id}")
async def _describe(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.document(unit)
    return Ask({"id": row["_id"]}, {"json": {"description": "x"}, "headers": {"If-Match": '"r1"'}})


@asks("POST /api/v1/documents/{id}/issue", "POST /documents/{id}/issue")
async def _issue(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.entered(unit, "outgoing"))["_id"]})


@asks("POST /api/v1/documents/{id}/paper")
async def _paper(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.document(unit)
    value = {"legal_value": {"status": "reference", "reasons": []}}
    await world.repository.database["documents"].update_one({"_id": row["_id"]}, {"$set": value})
    return Ask({"id": row["_id"]}, {"json": {"on": "2026-01-05", "note": "bưu điện"}})


@asks("POST /documents/{id}/paper")
async def _paper_page(world: World, unit: str, caller: Caller) -> Ask:
    asked = await _paper(world, unit, caller)
    return Ask(asked.params, {"data": {"on": "05/01/2026", "note": "bưu điện"}})


@asks("POST /api/v1/documents/{id}/versions")
async def _version(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.document(unit))["_id"]}, {"files": {"file": FILE}})


@asks("POST /documents/{id}/versions")
async def _version_page(world: World, unit: str, caller: Caller) -> Ask:
    fields = {"csrf": caller.headers["x-csrf-token"], "seen": "1"}
    return Ask({"id": (await world.document(unit))["_id"]}, {"data": fields, "files": {"file": FILE}})


@asks("POST /api/v1/documents/{id}/shares")
async def _share(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.document(unit))["_id"]}, {"json": {"unit": THIRD} | REASON})


@asks("POST /api/v1/documents/{id}/shares/{mark}/end")
async def _unshare(world: World, unit: str, caller: Caller) -> Ask:
    row, mark = await world.share(unit)
    return Ask({"id": row["_id"], "mark": mark}, {"json": REASON})


@asks("POST /api/v1/documents/{id}/level", "POST /documents/{id}/level")
async def _level(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.document(unit)
    return Ask({"id": row["_id"]}, {"json": {"classification": "noi_bo"} | REASON})


@asks("POST /documents/{id}/share")
async def _share_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.document(unit))["_id"]}, {"data": {"unit": THIRD} | REASON})


@asks("POST /documents/{id}/unshare")
async def _unshare_page(world: World, unit: str, caller: Caller) -> Ask:
    row, mark = await world.share(unit)
    return Ask({"id": row["_id"]}, {"data": {"mark": mark} | REASON})


@asks("POST /documents/{id}/register")
async def _register_page(world: World, unit: str, caller: Caller) -> Ask:
    row, book = await world.document(unit), world.books[unit, "incoming"]
    return Ask({"id": row["_id"]}, {"data": {"register_id": book["_id"]}})


@asks("POST /documents/{id}/file")
async def _file_page(world: World, unit: str, caller: Caller) -> Ask:
    row, dossier = await world.document(unit), await world.dossier(unit)
    return Ask({"id": row["_id"]}, {"data": {"dossier_id": dossier["_id"]}})


@asks("POST /api/v1/registers")
async def _open_book(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"unit": unit, "year": 2027, "direction": "incoming"}})


@asks("POST /registers", unitless=True)
async def _open_book_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"data": {"year": "2027", "direction": "incoming"}})


@asks("POST /api/v1/dossiers")
async def _open_dossier(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"unit": unit, "code": f"m{next(world.numbers)}", "title": "Hồ sơ mới"}})


@asks("POST /dossiers", unitless=True)
async def _open_dossier_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"data": {"code": f"m{next(world.numbers)}", "title": "Hồ sơ mới"}})


@asks("POST /api/v1/registers/{id}/entries")
async def _enter(world: World, unit: str, caller: Caller) -> Ask:
    row, book = await world.document(unit), world.books[unit, "incoming"]
    return Ask({"id": book["_id"]}, {"json": {"document": row["_id"]}})


@asks("POST /api/v1/registers/{id}/entries/{n}/annulment")
async def _annul(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.entered(unit)
    return Ask({"id": row["register"], "n": str(row["number"])}, {"json": REASON})


@asks("POST /registers/{id}/annul")
async def _annul_page(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.entered(unit)
    return Ask({"id": row["register"]}, {"data": {"number": str(row["number"])} | REASON})


@asks("POST /api/v1/dossiers/{id}/documents")
async def _fill(world: World, unit: str, caller: Caller) -> Ask:
    row, dossier = await world.document(unit), await world.dossier(unit)
    return Ask({"id": dossier["_id"]}, {"json": {"document": row["_id"]}})


@asks("POST /api/v1/dossiers/{id}/close", "POST /dossiers/{id}/close")
async def _close(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.dossier(unit))["_id"]})


async def _closed(world: World, unit: str) -> str:
    row = await world.dossier(unit)
    await world.repository.dossiers.close(world.clerks[unit], row["_id"])
    return str(row["_id"])


@asks("POST /api/v1/dossiers/{id}/reopen")
async def _reopen(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": await _closed(world, unit)}, {"json": REASON})


@asks("POST /dossiers/{id}/reopen")
async def _reopen_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": await _closed(world, unit)}, {"data": REASON})


@asks("POST /api/v1/dossiers/{id}/members", "POST /dossiers/{id}/members")
async def _join(world: World, unit: str, caller: Caller) -> Ask:
    dossier = await world.dossier(unit)
    return Ask({"id": dossier["_id"]}, {"json": {"person": world.clerks[THIRD].id} | REASON})


@asks("POST /api/v1/dossiers/{id}/members/{person}/end", "POST /dossiers/{id}/members/{person}/end")
async def _leave(world: World, unit: str, caller: Caller) -> Ask:
    row, person = await world.member(unit)
    return Ask({"id": row["_id"], "person": person}, {"json": REASON})


@asks("POST /api/v1/delegations", "POST /delegations")
async def _delegate(world: World, unit: str, caller: Caller) -> Ask:
    """To a colleague, or to somebody of the other unit."""
    form = {"receiver": world.clerks[unit].id, "scopes": ["documents.read"]}
    days = {"since": later(1).isoformat(), "until": later(5).isoformat()}
    return Ask(carried={"json": form | days | REASON})


@asks("POST /api/v1/delegations/{id}/end", "POST /delegations/{id}/end")
async def _undelegate(world: World, unit: str, caller: Caller) -> Ask:
    """One's own, or one between other people."""
    own = caller.actor is not None and unit == caller.actor.unit
    giver = caller.actor if own and caller.actor else world.clerks[unit]
    return Ask({"id": await world.delegation(giver)}, {"json": REASON})


@asks("POST /delegations/{id}/act")
async def _stand_in(world: World, unit: str, caller: Caller) -> Ask:
    """One between other people: whoever stands in stays so, which would end the matrix."""
    return Ask({"id": await world.delegation(world.clerks[unit])}, {"json": {}})


@asks("POST /api/v1/tokens", "POST /tokens")
async def _issue_token(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"system": "hệ thống thử", "unit": unit, "scopes": ["search"], "days": 1}})


@asks("POST /api/v1/tokens/{id}/revoke", "POST /tokens/{id}/revoke")
async def _revoke(world: World, unit: str, caller: Caller) -> Ask:
    _, row = await world.token(unit)
    return Ask({"id": row["_id"][:16]}, {"json": {}})


@asks("POST /login", "POST /login/code", "POST /logout", unitless=True)
async def _own_session(world: World, unit: str, caller: Caller) -> Ask:
    """Asked without the caller's own session: ending that would end the matrix."""
    return Ask(
        carried={
            "data": {},
            "headers": {"Cookie": "", "x-csrf-token": world.callers["nobody"].headers["x-csrf-token"]},
        },
    )


@asks("POST /api/v1/incidents", "POST /incidents/new", unitless=True)
async def _tell_incident(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"found": "Trang tìm kiếm chậm từ sáng"}})


@asks("POST /api/v1/incidents/{id}/settle", "POST /incidents/{id}/settle", unitless=True)
async def _settle_incident(world: World, unit: str, caller: Caller) -> Ask:
    row = await world.repository.incidents.report(
        operator("test"),
        kind="test",
        subject_kind="job",
        subject_id=f"thử {len(caller.headers)}",
        found="x",
        todo="y",
    )
    return Ask({"id": row["_id"]}, {"json": {"why": "đã xử lý xong"}})
