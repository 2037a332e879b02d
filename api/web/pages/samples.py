"""Mẫu kiểm tra: an auditor picks documents at random, verifies them now and takes their evidence away."""

from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from repository import errors
from repository.access.permissions import Permission
from repository.documents.metadata import faults
from repository.evidence.samples import MOST, STEP, SampleForm
from repository.mongo import Row
from repository.text import nfc
from repository.wiring import Repository

_PAGE: Final = 50
_FIELDS: Final = ("size", "seed", "unit", "register_id", "year", "day")


@page(Permission.KEEP_SAMPLES)
async def samples(request: Request) -> Response:
    """The samples that were picked, and the form for another. `register_id` and `day` come with a link of a book."""
    typed = {name: request.query_params.get(name, "")[:64] for name in _FIELDS}
    return await _list(request, typed, {})


@page(Permission.KEEP_SAMPLES)
async def pick(request: Request) -> Response:
    repository: Repository = request.state.repository
    sent = await request.form()
    typed = {name: nfc(str(sent.get(name, ""))).strip() for name in _FIELDS}
    asked: Row = {name: value for name, value in typed.items() if value}
    try:
        if typed["day"]:
            asked["day"] = written.typed_day(typed["day"])
        if typed["day"] and not typed["register_id"]:
            return await _list(
                request, typed, {"register_id": "chọn sổ khi lấy theo ngày vào sổ"}, status=422
            )
        row = await repository.samples.pick(request.state.actor, SampleForm.model_validate(asked))
    except ValidationError as fault:
        wrong = {one["pointer"].strip("/"): one["detail"] for one in faults(fault)}
        return await _list(request, typed, wrong, status=422)
    except ValueError:
        return await _list(request, typed, {"day": "cần dạng ngày/tháng/năm"}, status=422)
    except (errors.Invalid, errors.NotFound) as fault:
        return await _list(request, typed, {}, alert=fault.sentence(), status=422)
    return RedirectResponse(f"/samples/{row['_id']}?done=sample-picked", 303)


@page(Permission.KEEP_SAMPLES)
async def sample(request: Request) -> Response:
    """One sample: what decided it, how far its check is, what was found, document by document."""
    repository: Repository = request.state.repository
    actor = request.state.actor
    row = await repository.samples.get(actor, request.path_params["id"])
    check, found = row["check"], dict[str, list[Row]]()
    for one in check["findings"] if check else []:
        found.setdefault(one["document"], []).append(one)
    facts = {
        "row": row,
        "own": row["created_by"]["id"] == actor.id,
        "units": await unit_names(request),
        "known": await repository.samples.subjects(actor, row),
        "found": found,
        "damaged": sum(any(one["damaged"] for one in told) for told in found.values()),
        "done_so_far": check["done"] if check else 0,
        "step": STEP,
    }
    return answer(request, "sample.html", facts)


@page(Permission.KEEP_SAMPLES)
async def check(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.samples.check(request.state.actor, request.path_params["id"])
    done = "sample-checked" if row["check"]["ended"] else "sample-going"
    return RedirectResponse(f"/samples/{row['_id']}?done={done}", 303)


async def _list(
    request: Request, typed: dict[str, str], wrong: dict[str, str], *, alert: str = "", status: int = 200
) -> Response:
    repository: Repository = request.state.repository
    actor = request.state.actor
    after = request.query_params.get("after", "")[:60]
    rows = await repository.samples.find(actor, limit=_PAGE, after=after)
    units = await repository.units.all()
    names = {one["_id"]: one["name"] for one in units}
    books = await repository.registers.visible(actor)
    facts = {
        "rows": rows,
        "further": rows[-1]["_id"] if len(rows) == _PAGE else "",
        "typed": {**typed, "size": typed.get("size") or "30"},
        "faults": wrong,
        "most": MOST,
        "units": [("", "mọi đơn vị"), *((one["_id"], one["name"]) for one in units)],
        "books": [
            ("", "mọi sổ"),
            *((one["_id"], f"{one['title']} – {names.get(one['unit'], one['unit'])}") for one in books),
        ],
        "alert": alert or ("Chưa lấy được mẫu: xem chỗ ghi ở từng ô." if wrong else ""),
    }
    return answer(request, "samples.html", facts, status=status)
