"""What the permission matrix asks of dossiers, their lists and the retention schedules."""

from repository.dossiers.catalogues import CatalogueForm, IssueForm, Line
from repository.dossiers.closing import ClosingForm
from repository.dossiers.custody import TransferForm
from repository.mongo import Row
from tests.api.asking import REASON, Ask, asks
from tests.api.district import Caller, World

TABLE = "Số và ký hiệu,Tiêu đề hồ sơ,Thời hạn bảo quản\n01,Hồ sơ một,10 năm\n"
YEARS = iter(range(1946, 2200))


async def _filled(world: World, unit: str) -> tuple[Row, Row]:
    row, dossier = await world.document(unit), await world.dossier(unit)
    await world.repository.dossiers.file(world.clerks[unit], dossier["_id"], row["_id"])
    return dossier, row


async def _closed(world: World, unit: str, period: str) -> Row:
    row = await world.dossier(unit)
    form = ClosingForm(retention=period)
    return await world.repository.dossiers.close(world.clerks[unit], row["_id"], form)


async def _catalogue(world: World, unit: str, *, issued: bool = False) -> Row:
    form = CatalogueForm(year=next(YEARS), lines=[Line(code="01", title="Hồ sơ", retention="10 năm")])
    catalogues = world.repository.dossier_work.catalogues
    row = await catalogues.draft(world.clerks[unit], form)
    if issued:
        act = IssueForm.model_validate({"symbol": "1/QĐ", "issued_on": "2026-01-05"})
        row = await catalogues.issue(world.clerks[unit], row["_id"], act)
    return row


@asks("PATCH /api/v1/dossiers/{id}/documents/{document}")
async def _place(world: World, unit: str, caller: Caller) -> Ask:
    dossier, row = await _filled(world, unit)
    return Ask({"id": dossier["_id"], "document": row["_id"]}, {"json": {"sheets": 2}})


@asks("POST /api/v1/dossiers/{id}/documents/{document}/removal")
async def _remove(world: World, unit: str, caller: Caller) -> Ask:
    dossier, row = await _filled(world, unit)
    return Ask({"id": dossier["_id"], "document": row["_id"]}, {"json": REASON})


@asks("GET /api/v1/dossiers/{id}/closing", "GET /api/v1/dossiers/{id}/print", "GET /dossiers/{id}/closing")
async def _look(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await world.dossier(unit))["_id"]})


@asks("GET /api/v1/dossiers/{id}/package", "GET /dossiers/{id}/package")
async def _package(world: World, unit: str, caller: Caller) -> Ask:
    dossier, _ = await _filled(world, unit)
    await world.repository.dossiers.close(world.clerks[unit], dossier["_id"], ClosingForm(retention="10 năm"))
    return Ask({"id": dossier["_id"]})


@asks("POST /api/v1/dossiers/{id}/transfer", "POST /dossiers/{id}/transfer")
async def _transfer(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _closed(world, unit, "10 năm"))["_id"]}, {"json": {"to": unit}})


async def _handed(world: World, unit: str) -> Row:
    row = await _closed(world, unit, "10 năm")
    custody = world.repository.dossier_work.custody
    return await custody.transfer(world.clerks[unit], row["_id"], TransferForm(to=unit))


@asks("POST /api/v1/dossiers/{id}/receipt", "POST /dossiers/{id}/receipt")
async def _receive(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _handed(world, unit))["_id"]}, {"json": {"note": "đủ"}})


@asks("POST /api/v1/dossiers/{id}/send-back")
async def _send_back(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _handed(world, unit))["_id"]}, {"json": REASON})


@asks("POST /dossiers/{id}/send-back")
async def _send_back_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _handed(world, unit))["_id"]}, {"data": REASON})


@asks("POST /api/v1/dossiers/{id}/keep-back")
async def _keep_back(world: World, unit: str, caller: Caller) -> Ask:
    row = await _closed(world, unit, "10 năm")
    form = {"until": row["handover"]["latest"], "approval": "CV 1/VP ngày 1/1"} | REASON
    return Ask({"id": row["_id"]}, {"json": form})


@asks("POST /api/v1/dossiers/{id}/retention", "POST /dossiers/{id}/retention")
async def _determine(world: World, unit: str, caller: Caller) -> Ask:
    row = await _closed(world, unit, "10 năm")
    return Ask({"id": row["_id"]}, {"json": {"retention": "20 năm"}})


@asks("POST /catalogues", unitless=True)
async def _draft_page(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"data": {"year": str(next(YEARS))}})


@asks("POST /api/v1/catalogues")
async def _draft(world: World, unit: str, caller: Caller) -> Ask:
    return Ask(carried={"json": {"unit": unit, "year": next(YEARS)}})


@asks("GET /catalogues/{id}", "GET /api/v1/catalogues/{id}", "GET /api/v1/catalogues/{id}/print")
async def _read(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _catalogue(world, unit))["_id"]})


@asks("POST /api/v1/catalogues/{id}/lines")
async def _import(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _catalogue(world, unit))["_id"]}, {"json": {"table": TABLE, "dry_run": True}})


@asks("POST /catalogues/{id}/lines")
async def _import_page(world: World, unit: str, caller: Caller) -> Ask:
    files = {"file": ("danh-muc.csv", TABLE.encode(), "text/csv")}
    return Ask({"id": (await _catalogue(world, unit))["_id"]}, {"files": files})


@asks("POST /dossiers/{id}/place", "POST /dossiers/{id}/take-out")
async def _order_page(world: World, unit: str, caller: Caller) -> Ask:
    dossier, row = await _filled(world, unit)
    return Ask({"id": dossier["_id"]}, {"data": {"document": row["_id"], "after": ""} | REASON})


@asks("POST /dossiers/{id}/keep-back")
async def _keep_back_page(world: World, unit: str, caller: Caller) -> Ask:
    row = await _closed(world, unit, "10 năm")
    form = {"until": row["handover"]["latest"], "approval": "CV 1/VP ngày 1/1"} | REASON
    return Ask({"id": row["_id"]}, {"data": form})


@asks("POST /api/v1/catalogues/{id}/issue", "POST /catalogues/{id}/issue")
async def _issue(world: World, unit: str, caller: Caller) -> Ask:
    row = await _catalogue(world, unit)
    return Ask({"id": row["_id"]}, {"json": {"symbol": "1/QĐ", "issued_on": "2026-01-05"}})


@asks("POST /api/v1/catalogues/{id}/dossiers", "POST /catalogues/{id}/open")
async def _open_line(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": (await _catalogue(world, unit, issued=True))["_id"]}, {"json": {"code": "01"}})


SCHEDULE = {"id": "thu-nghiem", "name": "Bảng thử", "source": "thử nghiệm", "in_force": "2026-01-01"}


@asks("POST /api/v1/retention/schedules", unitless=True)
async def _schedule(world: World, unit: str, caller: Caller) -> Ask:
    table = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\n"
    return Ask(carried={"json": SCHEDULE | {"table": table, "dry_run": True}})


@asks("POST /schedules/new", unitless=True)
async def _schedule_page(world: World, unit: str, caller: Caller) -> Ask:
    table = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\n".encode()
    fields = SCHEDULE | {"in_force": "01/01/2026", "csrf": caller.headers.get("x-csrf-token", "")}
    return Ask(carried={"data": fields, "files": {"file": ("bang.csv", table, "text/csv")}})


@asks("POST /api/v1/retention/schedules/{id}/apply", unitless=True)
async def _apply(world: World, unit: str, caller: Caller) -> Ask:
    return Ask({"id": "tt09-2011"}, {"json": {}})
