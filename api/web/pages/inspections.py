"""Kiểm tra: fixity runs, drills and selfchecks with their outcomes, and the digests of the books, for auditors."""

from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.permit import page
from api.web import written
from api.web.rendering import answer, unit_names
from api.web.words import State
from repository.access.permissions import Permission
from repository.evidence.inspections import KINDS, Inspection
from repository.mongo import Row
from repository.wiring import Repository

KIND_WORDS: Final = {
    "fixity": "Kiểm tra toàn vẹn", "attack": "Diễn tập tấn công", "restore": "Diễn tập khôi phục",
    "selfcheck": "Tự kiểm tra hệ thống",
}  # fmt: skip
_JOB_WORDS: Final = {
    "fixity": KIND_WORDS["fixity"],
    "attack": KIND_WORDS["attack"],
    "drill": KIND_WORDS["restore"],
}
_PAGE: Final = 50
_BARS: Final = 31
_BOOKS: Final = 200


@page(Permission.READ_INSPECTIONS)
async def inspections(request: Request) -> Response:
    """Newest first, a page at a time; of one kind when `kind` names it."""
    repository: Repository = request.state.repository
    actor = request.state.actor
    asked = request.query_params.get("kind", "")
    kind = asked if asked in KINDS else ""
    before = request.query_params.get("before", "")[:60]
    rows = await repository.inspections.find(actor, kind=kind, limit=_PAGE, before=before)
    older = {"kind": kind, "before": rows[-1].id} if len(rows) == _PAGE else {}
    latest = await repository.inspections.latest(actor)
    round_ = await repository.fixity.last()
    facts: dict[str, Any] = {
        "rows": [(one, KIND_WORDS[one.kind], _measured(one), outcome(one)) for one in rows],
        "kind": kind,
        "kinds": KIND_WORDS,
        "latest": [(KIND_WORDS[name], one, one and outcome(one)) for name, one in latest.items()],
        "bars": bars(await repository.inspections.find(actor, kind="fixity", limit=_BARS)),
        "round": round_,
        "gone": _share(round_),
        "jobs": [(one, _JOB_WORDS[one["_id"]]) for one in await repository.inspections.jobs(actor)],
        "open": sum((await repository.incidents.kinds()).values()),
        "older": f"/inspections?{urlencode(older)}" if older else "",
        "paged": bool(before),
        "units": await unit_names(request),
    }
    facts |= await _digests(request)
    return answer(request, "inspections.html", facts)


async def _digests(request: Request) -> dict[str, Any]:
    """For who may read books: those with a closing, the newest years first, and the digests of the day asked for."""
    repository: Repository = request.state.repository
    actor, typed = request.state.actor, request.query_params.get("day", "").strip()[:10]
    facts: dict[str, Any] = {"books": [], "typed": {"day": typed}, "faults": {}, "digests": None}
    if not actor.may(Permission.READ_REGISTERS):
        return facts
    books = await repository.registers.visible(actor)
    facts["books"] = [one for one in books if (one.get("head") or {}).get("n")][:_BOOKS]
    try:
        day = written.typed_day(typed) if typed else None
    except ValueError:
        return facts | {"faults": {"day": "ngày phải có dạng ngày/tháng/năm, ví dụ 05/11/2026"}}
    if day:
        named = {one["_id"]: one for one in books}
        rows = await repository.closings.of_day(actor, day)
        facts["digests"] = [(one, named[one["register"]]) for one in rows if one["register"] in named]
    return facts


def outcome(one: Inspection) -> State:
    if one.passed:
        return State("đạt" if one.kind != "fixity" else "không có sai lệch", "ok")
    return State(f"{sum(one.findings.values())} điều không đúng", "bad")


def bars(runs: list[Inspection]) -> list[Row]:
    """The last fixity runs, oldest first, each as high as its share of the largest; one that found something is
    marked above its bar.
    """
    shown = list(reversed(runs))
    most = max((one.measured["bytes"] for one in shown), default=0) or 1
    return [
        {"x": 20 * place + 2, "height": max(2, round(100 * one.measured["bytes"] / most)), "run": one,
         "words": f"{written.moment(one.at)}: {_measured(one)}, {outcome(one).words}"}
        for place, one in enumerate(shown)
    ]  # fmt: skip


def _share(round_: Row | None) -> int:
    """How far the round of fixity has come, in the hundredths of all hashes."""
    cursor = str(round_["cursor"]) if round_ else ""
    return int(cursor[:4] or "0", 16) * 100 // 0x10000


def _measured(one: Inspection) -> str:
    """What an inspection went through, in a sentence."""
    told = one.measured
    if one.kind == "attack":
        refused = f"{told['attempts']} đòn: {told['refused']} bị từ chối"
        return f"{refused}, {told['added']} chỉ thêm phiên bản lạ, {told['succeeded']} thành công"
    if one.kind == "restore":
        return f"bản sao lưu {told['set']}"
    if one.kind == "selfcheck":
        return f"{told['parts']} phần"
    how = "hết vòng" if told["whole"] else "mẫu ngẫu nhiên" if told["sample"] else "một phần vòng"
    resumed = ", đi tiếp vòng đang dở" if told["resumed"] else ""
    read = f"{written.number(told['objects'])} tệp ({written.size(told['bytes'])})"
    rows, records = written.number(told["rows"]), written.number(told["records"])
    return f"{read}, {rows} dòng dữ liệu, {records} bản ghi; {how}{resumed}"
