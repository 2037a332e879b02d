"""The part of the summary that tells of a disposal: who proposed and judged, what was erased, what was kept and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from repository.clock import local
from repository.evidence.gather import Gathered
from repository.mongo import Row

_KEPT: Final = {"erased": "đã xóa", "kept": "giữ lại"}
Part = tuple[str, tuple[tuple[str, str], ...], tuple[str, ...], tuple[tuple[str, ...], ...], tuple[int, ...]]
"""Title, facts, heads, lines and widths of a section."""


def title_of(row: Row) -> str:
    return f"Gói chứng cứ tiêu hủy {row['_id']}: {row['documents']} văn bản, {len(row['dossiers'])} hồ sơ"


def parts(found: Gathered, row: Row) -> Iterator[Part]:
    """Nothing of the bytes: they are gone, and the certificate lies beside this summary."""
    proposed, votes = row["proposed"], row["votes"]
    yield "Quyết định tiêu hủy", (
        ("Mã", row["_id"]), ("Đơn vị giữ", found.subject["names"]["units"].get(row["unit"], row["unit"])),
        ("Người đề nghị", f"{_who(proposed['by'])}, {_moment(proposed['at'])}"),
        *((f"Hội đồng ({n})", _vote(one)) for n, one in enumerate(votes, start=1)),
        ("Mã danh sách đã xét", row["items"]), ("Thực hiện xong", _moment(row["done_at"])),
        *(("Chứng nhận", f"{one['name']}, SHA-256 {one['sha256']}") for one in row["certificate"]["files"]),
    ), (), (), ()  # fmt: skip
    dossiers = tuple((one["code"], one["title"], one["retention"], one["ends_on"]) for one in row["dossiers"])
    yield "Hồ sơ", (), ("Số, ký hiệu", "Tiêu đề", "Thời hạn", "Hết hạn"), dossiers, (36, 90, 30, 26)
    items = sorted(found.of("erasures"), key=lambda one: str(one["document"]))
    lines = tuple((str(n), *_item(one)) for n, one in enumerate(items, start=1))
    heads = ("STT", "Số, ký hiệu", "Trích yếu", "Hết hạn", "Kết quả", "SHA-256")
    yield "Văn bản", (), heads, lines, (10, 28, 46, 20, 32, 46)


def _item(one: Row) -> tuple[str, ...]:
    why = f": {one['why']}" if one["why"] else ""
    shared = "; tệp còn thuộc văn bản khác" if one.get("shared") else ""
    hashes = " ".join(v["sha256"] for v in one["objects"])
    result = f"{_KEPT.get(one['state'], one['state'])}{why}{shared}"
    return one["symbol"] or "–", one["subject"], one["kept_until"], result, hashes


def _vote(one: Row) -> str:
    said = "đồng ý" if one["approve"] else "không đồng ý"
    return f"{_who(one['by'])}: {said}, {_moment(one['at'])}. {one['reason']}".strip()


def _who(by: Row) -> str:
    return f"{by['name'] or by['id']}{', ' + by['title'] if by.get('title') else ''}"


def _moment(value: datetime) -> str:
    return f"{local(value):%d/%m/%Y %H:%M:%S}"
