"""The certificate of disposal on paper: who decided, what was erased, what was kept back and why, what remains."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from indexers.prints.sheet import Heading, Sheets
from repository.clock import local

_HEADS: Final = (
    ("Số TT", 12), ("Số, ký hiệu", 32), ("Trích yếu", 84), ("Hết hạn", 22), ("Kết quả", 56), ("SHA-256 của tệp", 76),
)  # fmt: skip


async def write_certificate(content: bytes, target: Path) -> int:
    """From the certificate's own bytes, so that both say the same; how many pages."""
    return await asyncio.to_thread(_write, json.loads(content), target)


def _write(said: dict[str, Any], target: Path) -> int:
    made = f"{local(datetime.fromisoformat(said['made_at'])):%H:%M %d/%m/%Y}"
    heading = Heading(
        unit=said["unit_name"] or said["unit"], title="CHỨNG NHẬN TIÊU HỦY TÀI LIỆU HẾT GIÁ TRỊ",
        span=f"Quyết định {said['id']} · lập lúc {made} · {said['basis']}", form="Lưu vĩnh viễn",
    )  # fmt: skip
    with target.open("wb") as out:
        sheets = Sheets(out, heading=heading, heads=_HEADS)
        for n, one in enumerate(said["documents"], start=1):
            sheets.row(_cells(n, one))
        for words, value in _notes(said):
            sheets.row(["", words, value, "", "", ""])
        return sheets.close()


def _cells(n: int, one: dict[str, Any]) -> list[str]:
    result = f"Giữ lại: {one['why']}" if one["state"] == "kept" else "Đã xóa"
    if any(v["shared"] for v in one["versions"]):
        result += "; tệp còn thuộc văn bản khác nên không xóa khỏi kho"
    hashes = " ".join(v["sha256"] for v in one["versions"])
    return [str(n), one["symbol"] or "", one["subject"], one["kept_until"], result, hashes]


def _notes(said: dict[str, Any]) -> list[tuple[str, str]]:
    votes = [(f"Hội đồng ({n})", _vote(one)) for n, one in enumerate(said["votes"], start=1)]
    dossiers = [(f"Hồ sơ {one['code']}", f"{one['title']}; {one['retention']}") for one in said["dossiers"]]
    proposed = said["proposed"]
    return [
        ("Người đề nghị", f"{proposed['by']['name']} lúc {proposed['at']}"), *votes, *dossiers,
        ("Bản sao lưu", f"{len(said['backups']['sets'])} bản còn chứa. {said['backups']['said']}"),
        ("Còn lại", said["remains"]), ("Mã danh sách", said["items"]),
    ]  # fmt: skip


def _vote(one: dict[str, Any]) -> str:
    said = "đồng ý" if one["approve"] else "không đồng ý"
    return f"{one['by']['name']}, {one['by']['title']}: {said} lúc {one['at']}. {one['reason']}"
