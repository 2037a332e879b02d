"""Units: the tree, dated names, identifiers, own rules, certificates, successors. A unit is never removed."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.conditional import wanted_revision
from api.permit import permit
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.organisation.certificates import LARGEST
from repository.organisation.units.settings import UnitSettings
from repository.organisation.units.units import ClosingForm, RenameForm, UnitChange, UnitForm
from repository.wiring import Repository


class CertificateForm(BaseModel):
    """A certificate as text: PEM, or the base64 of a CRT file. Never a private key."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    certificate: Annotated[str, Field(min_length=1, max_length=LARGEST)]


_SHOWN = (
    "name",
    "symbol",
    "organ_id",
    "aliases",
    "kind",
    "parent",
    "head",
    "names",
    "closed_on",
    "successor",
    "settings",
)


def shown(repository: Repository, row: Row) -> Row:
    """A unit as JSON."""
    fields: Row = {"id": row["_id"]} | {name: row.get(name) for name in _SHOWN}
    fields["succeeds"] = row.get("inherits", [])
    fields["certificates"] = [certificate(repository, one) for one in row.get("certificates", [])]
    return fields


def certificate(repository: Repository, row: Row) -> Row:
    """A certificate's facts as JSON; `validity` is `early`, `valid`, `soon` or `ended`."""
    facts = {name: row[name] for name in ("serial", "subject", "issuer", "sha256")}
    facts |= {name: answers.moment(row[name]) for name in ("not_before", "not_after")}
    return facts | {"validity": repository.certificates.validity(row)}


@permit(Permission.READ_UNITS, title="Các đơn vị", answers="UnitList", query=["code", "headless"])
async def list_units(request: Request) -> Response:
    """All units; `?code=` finds the one with that identifier, `?headless=1` those without a working head."""
    repository: Repository = request.state.repository
    code = request.query_params.get("code", "")
    if code:
        rows = [await repository.units.by_code(code)]
    elif request.query_params.get("headless"):
        rows = await repository.units.headless()
    else:
        rows = await repository.units.all()
    return answers.listed([shown(repository, row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_UNITS, title="Tạo đơn vị", body=UnitForm, answers="Unit", status=201)
async def create_unit(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = UnitForm.model_validate(await answers.body_of(request))
    row = await repository.units.create(request.state.actor, form)
    return answers.created(f"/api/v1/units/{row['_id']}", shown(repository, row), 1)


@permit(Permission.READ_UNITS, title="Một đơn vị", answers="Unit")
async def show_unit(request: Request) -> Response:
    return _answer(request, await request.state.repository.units.get(request.path_params["id"]))


@permit(
    Permission.ADMINISTER_UNITS,
    title="Sửa thông tin đơn vị",
    body=UnitChange,
    answers="Unit",
    conditional=True,
)
async def edit_unit(request: Request) -> Response:
    form = UnitChange.model_validate(await answers.body_of(request))
    repository: Repository = request.state.repository
    unit, revision = request.path_params["id"], _revision(request)
    return _answer(request, await repository.units.edit(request.state.actor, unit, form, revision=revision))


@permit(
    Permission.ADMINISTER_UNITS,
    title="Đổi tên đơn vị từ một ngày",
    body=RenameForm,
    answers="Unit",
    conditional=True,
)
async def rename_unit(request: Request) -> Response:
    form = RenameForm.model_validate(await answers.body_of(request))
    repository: Repository = request.state.repository
    unit, revision = request.path_params["id"], _revision(request)
    return _answer(request, await repository.units.rename(request.state.actor, unit, form, revision=revision))


@permit(
    Permission.ADMINISTER_UNITS, title="Kết thúc đơn vị, nêu đơn vị kế thừa", body=ClosingForm, answers="Unit",
    conditional=True,
)  # fmt: skip
async def close_unit(request: Request) -> Response:
    form = ClosingForm.model_validate(await answers.body_of(request))
    repository: Repository = request.state.repository
    unit, revision = request.path_params["id"], _revision(request)
    return _answer(request, await repository.units.close(request.state.actor, unit, form, revision=revision))


@permit(
    Permission.ADMINISTER_UNITS, title="Quy định riêng của đơn vị (chỉ được chặt hơn)", body=UnitSettings,
    answers="Unit", conditional=True,
)  # fmt: skip
async def set_unit_rules(request: Request) -> Response:
    form = UnitSettings.model_validate(await answers.body_of(request))
    repository: Repository = request.state.repository
    unit, revision = request.path_params["id"], _revision(request)
    return _answer(
        request, await repository.units.set_rules(request.state.actor, unit, form, revision=revision)
    )


@permit(
    Permission.ADMINISTER_UNITS, title="Thêm chứng thư số của đơn vị", body=CertificateForm, answers="Certificate",
    status=201,
)  # fmt: skip
async def add_certificate(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = CertificateForm.model_validate(await answers.body_of(request))
    unit = request.path_params["id"]
    facts = await repository.certificates.add(request.state.actor, unit, form.certificate.encode())
    return JSONResponse(certificate(repository, facts), 201, {"Location": f"/api/v1/units/{unit}"})


def _revision(request: Request) -> int:
    revision = wanted_revision(request)
    assert revision is not None
    return revision


def _answer(request: Request, row: Row) -> Response:
    return answers.shown(shown(request.state.repository, row), row.get("revision", 1))
