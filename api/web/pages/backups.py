"""Sao lưu: the sets, their age, the last drill and how the copies grow, for the IT group."""

from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.permit import page
from api.web.rendering import answer
from api.web.words import State
from repository.access.permissions import Permission
from repository.backups.register import Standing
from repository.wiring import Repository

Row = dict[str, Any]
_STATES: Final = {
    "good": State("tốt", "ok"), "damaged": State("hỏng", "bad"), "rotated": State("đã hết hạn giữ", "idle"),
}  # fmt: skip
_BARS: Final = 31


@page(Permission.OPERATE)
async def backups(request: Request) -> Response:
    repository: Repository = request.state.repository
    sets = await repository.backups.find(limit=100)
    standing = await repository.backups.standing()
    facts = {
        "sets": [(one, _STATES[one["state"]]) for one in sets],
        "copies": standing,
        "place": repository.settings.backup_to,
        "verdict": _verdict(standing, repository.settings.backup_to),
        "drills": await repository.backups.drills(limit=10),
        "bars": bars(sets),
        "age": _age(standing.age),
        "mega": _mega,
    }
    return answer(request, "backups.html", facts)


def _mega(size: int) -> str:
    return f"{size / 1e6:,.1f}".translate(str.maketrans(",.", ".,"))


def bars(sets: list[Row]) -> list[Row]:
    """The last sets, oldest first, each as high as its share of the largest."""
    shown = list(reversed(sets[:_BARS]))
    most = max((one["bytes"] for one in shown), default=0) or 1
    return [
        {
            "x": 20 * place + 2, "height": max(2, round(100 * one["bytes"] / most)),
            "new": round(100 * one["new_bytes"] / most), "set": one,
        }
        for place, one in enumerate(shown)
    ]  # fmt: skip


def _verdict(standing: Standing, place: str) -> State:
    if not place:
        return State("chưa đặt nơi sao lưu (TANGTHU_BACKUP_TO): không có bản sao lưu nào được lập", "bad")
    if standing.late:
        return State("quá 24 giờ chưa có bản sao lưu tốt (Đ10.5)", "bad")
    if standing.drill is None:
        return State("có bản sao lưu trong 24 giờ qua, chưa diễn tập khôi phục lần nào", "warn")
    if not standing.drill["passed"]:
        return State("lần diễn tập khôi phục gần nhất không đạt", "bad")
    return State("có bản sao lưu tốt trong 24 giờ qua, diễn tập khôi phục gần nhất đạt", "ok")


def _age(age: timedelta | None) -> str:
    if age is None:
        return "chưa có"
    hours = int(age.total_seconds() // 3600)
    return f"{hours} giờ trước" if hours else f"{int(age.total_seconds() // 60)} phút trước"
