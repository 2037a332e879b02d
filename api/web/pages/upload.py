"""Đăng ký văn bản: fields and files in one form; faults stand beside their field, nothing typed is lost."""

from datetime import date
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.forms import read_page_form
from api.multipart import FormMalformed
from api.permit import page
from api.web import written
from api.web.pages.document import address
from api.web.pages.document_forms import csrf_of
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.documents.metadata import Metadata, faults
from repository.documents.refusals import NoFile
from repository.registers import numbering
from repository.text import nfc
from repository.wiring import Repository

_PLAIN: Final = (
    "direction",
    "document_type",
    "symbol",
    "classification",
    "subject",
    "description",
    "register_id",
    "dossier_id",
)
_NAMES: Final = (
    "symbol", "issued_on", "subject", "issuer", "issuer_organ_id", "recipients", "description", "page_amount",
    "register_id", "dossier_id", "replies_to", "from_original", "must_reply", "dpi", "shared_with",
)  # fmt: skip
_BLANK: Final = dict.fromkeys(_NAMES, "") | {
    "direction": "incoming",
    "document_type": "CV",
    "urgency": "0",
    "classification": "thuong",
}


@page(Permission.STORE_DOCUMENTS)
async def upload(request: Request) -> Response:
    """The empty form, and what becomes of a filled one."""
    actor: Actor = request.state.actor
    if request.method != "POST":
        given = {
            name: request.query_params.get(name, "") for name in ("direction", "dossier_id", "replies_to")
        }
        return await _form(request, _BLANK | {name: value for name, value in given.items() if value}, {})
    repository: Repository = request.state.repository
    typed: dict[str, str] = {}

    def to_metadata(fields: dict[str, str]) -> Metadata:
        typed.update({name: nfc(value) for name, value in fields.items()})
        return metadata_of(typed)

    try:
        form = await read_page_form(request, to_metadata, lambda fields: csrf_of(request, fields))
        assert form.metadata is not None  # read_page_form judged it
        stored = await repository.documents.store(actor, form.metadata, form.files)
    except NoFile as fault:
        return await _form(request, _BLANK | typed, {"file": fault.sentence()}, status=422)
    except FormMalformed:
        raise
    except (errors.Invalid, errors.TooLarge, errors.Conflict, errors.NotFound) as fault:
        return await _form(request, _BLANK | typed, _beside(fault), alert=fault.sentence(), status=422)
    return RedirectResponse(address(stored["_id"], "stored"), 303)


def metadata_of(fields: dict[str, str]) -> Metadata:
    """What the clerk typed as metadata; empty fields are left out. Raises Invalid naming each wrong field."""
    given: dict[str, Any] = {name: fields.get(name, "") for name in _PLAIN if fields.get(name, "").strip()}
    given["subject"] = fields.get("subject", "")
    given["urgency"] = fields.get("urgency") or "0"
    if fields.get("page_amount", "").strip():
        given["page_amount"] = fields["page_amount"].strip()
    if fields.get("issued_on", "").strip():
        given["issued_on"] = _day(fields["issued_on"])
    if fields.get("issuer", "").strip():
        given["issuer"] = {"name": fields["issuer"], "organ_id": fields.get("issuer_organ_id", "")}
    given["recipients"] = [{"name": line} for line in _lines(fields.get("recipients", ""))]
    given["replies_to"] = _lines(fields.get("replies_to", ""))
    given["shared_with"] = [one for one in fields.get("shared_with", "").split() if one]
    if fields.get("must_reply"):
        given["must_reply"] = True
    if fields.get("from_original"):
        given["scan_declaration"] = {"from_original": True, "dpi": fields.get("dpi", "").strip() or None}
    try:
        return Metadata.model_validate(given)
    except ValidationError as fault:
        listed = [_on_form(one, given) for one in faults(fault)]
        raise errors.Invalid(why="xem chỗ ghi ở từng ô bên dưới", errors=listed) from fault


def _day(value: str) -> date:
    try:
        return written.typed_day(value)
    except ValueError as fault:
        listed = [{"pointer": "/issued_on", "detail": written.DAY_WANTED}]
        raise errors.Invalid(why="xem chỗ ghi ở từng ô bên dưới", errors=listed) from fault


def _lines(value: str) -> list[str]:
    return [line.strip(" ;-\t") for line in value.splitlines() if line.strip(" ;-\t")]


def _on_form(fault: dict[str, str], given: dict[str, Any]) -> dict[str, str]:
    """The fault with the form's own name of the field, and the line that is to blame in a list."""
    parts = fault["pointer"].strip("/").split("/")
    name = {"scan_declaration": "dpi"}.get(parts[0], parts[0])
    if parts[0] == "issuer" and parts[-1] == "organ_id":
        name = "issuer_organ_id"
    detail = fault["detail"]
    if len(parts) > 1 and parts[1].isdigit() and len(given[parts[0]]) > 1:
        detail = f"dòng {int(parts[1]) + 1}: {detail}"
    return {"pointer": f"/{name}", "detail": detail}


def _beside(fault: errors.TangThuError) -> dict[str, str]:
    """Each fault under the name of its field; a refused file is the file's fault."""
    if isinstance(fault, errors.Invalid) and fault.errors:
        return {one["pointer"].strip("/").split("/")[0]: one["detail"] for one in fault.errors}
    return {"file": fault.sentence()} if "filename" in fault.facts else {}


async def _form(
    request: Request, typed: dict[str, str], found: dict[str, str], *, alert: str = "", status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    actor: Actor = request.state.actor
    books: list[Any] = []
    if actor.may(Permission.MAKE_ENTRIES):
        books = [
            one for one in await repository.registers.visible(actor)
            if one["unit"] == actor.unit and not one["closed"]
        ]  # fmt: skip
    dossiers = [one for one in await repository.dossiers.visible(actor, limit=200) if one["state"] == "open"]
    facts = {
        "typed": typed,
        "faults": found,
        "alert": alert or ("Chưa lưu được: xem chỗ ghi ở từng ô bên dưới." if found else ""),
        "types": numbering.TYPES,
        "books": books,
        "dossiers": dossiers,
        "units": await unit_names(request),
    }
    return answer(request, "upload.html", facts, status=status)
