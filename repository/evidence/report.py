"""The summary that people read: the same facts as HTML and as PDF, in Vietnamese, with nothing of the moment in it.

It proves nothing by itself; it says what the files beside it are, and where the proof of each lies.
"""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import fontpkg_be_vietnam_pro
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from repository.audit.actions import WORDS, Action
from repository.clock import local
from repository.evidence import report_disposal
from repository.evidence.draft import Draft
from repository.evidence.gather import Gathered, plain_name
from repository.mongo import Row

_FONT: Final = "ChungCu"
_BOLD: Final = "ChungCu-Dam"
_VALUES: Final = {
    "valid": "Có giá trị pháp lý như bản giấy",
    "reference": "Chỉ để tham khảo",
    "pending": "Chưa kết luận",
}
_SIGNED: Final = {
    "none": "không có chữ ký số", "intact": "chữ ký nguyên vẹn", "mixed": "có chữ ký cần xem lại",
    "broken": "chữ ký bị phá vỡ", "pending": "chưa kiểm tra", "unreadable": "không đọc được chữ ký",
    "not_checked": "chưa kiểm tra được",
}  # fmt: skip
_STATUSES: Final = {
    "TOTAL-PASSED": "hợp lệ",
    "TOTAL-FAILED": "không hợp lệ",
    "INDETERMINATE": "chưa đủ căn cứ",
}
_STATES: Final = {"open": "đang mở", "closed": "đã kết thúc", "handed_over": "đã nộp lưu"}
_PIECE: Final = 100
"""Rows of a table that are laid out together."""


@dataclass(frozen=True)
class Section:
    """A heading with facts, or with a table, under it."""

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    heads: tuple[str, ...] = ()
    lines: tuple[tuple[str, ...], ...] = ()
    widths: tuple[int, ...] = ()


def write(draft: Draft, found: Gathered, checkpoint: Row) -> None:
    """`data/summary.html` and `data/summary.pdf`."""
    title, sections = _title(found), list(_sections(found, checkpoint))
    draft.add("data/summary.html", _page(title, sections).encode())
    with draft.file("data/summary.pdf") as out:
        _print(out, title, sections)


def _title(found: Gathered) -> str:
    if disposal := found.of("disposals"):
        return report_disposal.title_of(disposal[0])
    thing = found.rows.get(("dossiers", found.subject["id"]))
    if thing is not None:
        return f"Gói chứng cứ hồ sơ {thing['code']}: {thing['title']}"
    row = found.documents[0]
    return f"Gói chứng cứ văn bản {row['symbol'] or row['_id']}: {row['subject']}"


def _sections(found: Gathered, checkpoint: Row) -> Iterator[Section]:
    names = found.subject["names"]
    files = sum(len(one["versions"]) for one in found.documents)
    held = f"{len(found.documents)} văn bản, {files} tệp gốc, {len(found.sealed)} bản ghi nhật ký"
    yield Section("Gói này chứng minh điều gì", (
        ("Nội dung", held),
        ("Nhật ký", f"bản ký {checkpoint['size']} lá lúc {_moment(checkpoint['at'])}, gốc {checkpoint['root']}"),
        ("Dấu thời gian", f"RFC 3161, {_moment(checkpoint['timestamp']['at'])}" if checkpoint["timestamp"]
                          else "bản ký này chưa có"),
        ("Chưa niêm phong", f"{len(found.unsealed)} bản ghi" if found.unsealed else "không có"),
        ("Cách kiểm tra", "tangthu verify TỆP; hoặc sha256sum, openssl, pyhanko như README hướng dẫn"),
    ))  # fmt: skip
    for disposal in found.of("disposals"):
        yield from (Section(*one) for one in report_disposal.parts(found, disposal))
    for dossier in found.of("dossiers"):
        yield _dossier(dossier, names)
        listed = tuple(
            (
                str(n),
                one["symbol"] or "–",
                _day(one["issued_on"]),
                one["subject"],
                _VALUES[one["legal_value"]["status"]],
            )
            for n, one in enumerate(found.documents, start=1)
        )
        heads = ("STT", "Số, ký hiệu", "Ngày", "Trích yếu", "Giá trị pháp lý")
        yield Section("Văn bản trong hồ sơ", (), heads, listed, (12, 32, 22, 76, 40))
    entries: dict[str, list[Row]] = {}
    for one in found.of("entries"):
        entries.setdefault(one["document"], []).append(one)
    for row in found.documents if not found.of("disposals") else []:
        yield from _document(found, row, [_entry(one, names) for one in entries.get(row["_id"], [])])
    lines = tuple(
        (
            str(one.leaf) if one.leaf is not None else "chờ",
            _moment(one.at),
            one.actor,
            WORDS[Action(one.action)],
            one.subject,
        )
        for one in [*found.sealed, *found.unsealed]
    )
    heads = ("Lá", "Lúc", "Người thực hiện", "Việc", "Đối tượng")
    yield Section("Lịch sử theo nhật ký", (), heads, lines, (14, 34, 42, 52, 40))


def _dossier(row: Row, names: Row) -> Section:
    return Section("Hồ sơ", (
        ("Số, ký hiệu hồ sơ", row["code"]), ("Tiêu đề", row["title"]),
        ("Đơn vị", names["units"].get(row["unit"], row["unit"])),
        ("Trạng thái", _STATES.get(row["state"], str(row["state"]))),
        ("Mở", f"{_moment(row['opened_at'])}, {row['opened_by']['name']}"),
        ("Kết thúc", _moment(row["closed_at"]) if row["closed_at"] else "chưa"),
    ))  # fmt: skip


def _document(found: Gathered, row: Row, entries: list[tuple[str, str]]) -> Iterator[Section]:
    names, gone = found.subject["names"], row.get("disposed")
    reasons = "; ".join(one["text"] for one in row["legal_value"]["reasons"])
    value = _VALUES[row["legal_value"]["status"]]
    yield Section(f"Văn bản {row['symbol'] or row['_id']}", (
        ("Mã trong hệ thống", row["_id"]), ("Trích yếu", row["subject"]),
        ("Số, ký hiệu; ngày", f"{row['symbol'] or 'không có'}; {_day(row['issued_on'])}"),
        ("Cơ quan ban hành", (row["issuer"] or {}).get("name", "") or "không ghi"),
        ("Đơn vị giữ", names["units"].get(row["unit"], row["unit"])),
        *entries,
        *((("Đã tiêu hủy", f"{_moment(gone['at'])}; chỉ còn mô tả và mã băm"),) if gone else ()),
        ("Giá trị pháp lý", f"{value}{f' ({reasons})' if reasons else ''}"),
    ))  # fmt: skip
    lines = []
    for version in row["versions"]:
        lock = found.locks[row["_id"], version["n"]]
        until = _moment(datetime.fromisoformat(lock["until"])) if lock["until"] else "không khóa"
        told = found.reports.get((row["_id"], version["n"]))
        path = f"files/{row['_id']}/{version['n']}/{plain_name(version['filename'])}"
        held = ", đang phong tỏa" if lock["held"] else ""
        lines.append((str(version["n"]), path, version["sha256"], _signatures(told), f"{until}{held}"))
    heads = ("Bản", "Tệp", "SHA-256", "Chữ ký số", "Khóa lưu giữ đến")
    yield Section("", (), heads, tuple(lines), (10, 48, 58, 40, 26))


def _entry(line: Row, names: Row) -> tuple[str, str]:
    struck = " (đã hủy số)" if line["annulled"] else ""
    book = names["registers"].get(line["register"], line["register"])
    return "Dòng trong sổ", f"số {line['number']}, {book}, ngày {_day(line.get('day'))}{struck}"


def _signatures(verdict: Row | None) -> str:
    if verdict is None:
        return "chưa kiểm tra"
    report = verdict["report"]
    each = [
        f"{one['signer']['name'] or 'không rõ'}: {_STATUSES[one['status']]}" for one in report["signatures"]
    ]
    return "; ".join([_SIGNED.get(report["status"], report["status"]), *each])


def _moment(value: datetime) -> str:
    return f"{local(value):%d/%m/%Y %H:%M:%S}"


def _day(value: str | None) -> str:
    return f"{date.fromisoformat(value):%d/%m/%Y}" if value else "không ghi"


# --- HTML -------------------------------------------------------------------------------------------------------

_STYLE: Final = (
    "body{font:16px/1.6 'Be Vietnam Pro',system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}dt{font-weight:600}dd{margin:0 0 .5rem}h2{margin-top:2rem}"
)


def _page(title: str, sections: list[Section]) -> str:
    body = "\n".join(part for one in sections for part in _html(one))
    return (
        f'<!doctype html>\n<html lang="vi"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><main>\n<h1>{html.escape(title)}</h1>\n{body}\n</main></body></html>\n"
    )


def _html(section: Section) -> Iterator[str]:
    if section.title:
        yield f"<h2>{html.escape(section.title)}</h2>"
    if section.facts:
        yield "<dl>"
        for name, value in section.facts:
            yield f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        yield "</dl>"
    if section.heads:
        heads = "".join(f'<th scope="col">{html.escape(one)}</th>' for one in section.heads)
        yield f"<table><thead><tr>{heads}</tr></thead><tbody>"
        for line in section.lines:
            yield f"<tr>{''.join(f'<td>{_cell(one)}</td>' for one in line)}</tr>"
        yield "</tbody></table>"


def _cell(value: str) -> str:
    told = html.escape(value)
    return f'<a href="{told}">{told}</a>' if value.startswith("files/") else told


# --- PDF --------------------------------------------------------------------------------------------------------


@cache
def _styles() -> dict[str, ParagraphStyle]:
    """Be Vietnam Pro has every Vietnamese letter; it is embedded."""
    folder = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
    pdfmetrics.registerFont(TTFont(_FONT, folder / "BeVietnamPro-Regular.ttf"))
    pdfmetrics.registerFont(TTFont(_BOLD, folder / "BeVietnamPro-SemiBold.ttf"))
    return {
        "title": ParagraphStyle("title", fontName=_BOLD, fontSize=15, leading=21, spaceAfter=8),
        "head": ParagraphStyle(
            "head", fontName=_BOLD, fontSize=11.5, leading=16, spaceBefore=10, spaceAfter=4
        ),
        "cell": ParagraphStyle("cell", fontName=_FONT, fontSize=8, leading=11.5, splitLongWords=1),
        "bold": ParagraphStyle("bold", fontName=_BOLD, fontSize=8, leading=11.5),
    }


def _print(out: BinaryIO, title: str, sections: list[Section]) -> None:
    template = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=14 * mm, rightMargin=14 * mm, topMargin=14 * mm, bottomMargin=14 * mm,
        title=title, author="Tàng Thư", lang="vi", invariant=1,
    )  # fmt: skip
    styles = _styles()
    story: list[Flowable] = [_paragraph(title, styles["title"])]
    for one in sections:
        story += _flowables(one, styles)
    template.build(story)


def _flowables(section: Section, styles: dict[str, ParagraphStyle]) -> Iterator[Flowable]:
    if section.title:
        yield _paragraph(section.title, styles["head"])
    if section.facts:
        rows = [[_paragraph(n, styles["bold"]), _paragraph(v, styles["cell"])] for n, v in section.facts]
        yield _table(rows, (40, 142), heads=0)
    for start in range(0, len(section.lines), _PIECE):
        head = [[_paragraph(one, styles["bold"]) for one in section.heads]]
        part = section.lines[start : start + _PIECE]
        yield _table(
            head + [[_paragraph(one, styles["cell"]) for one in line] for line in part],
            section.widths,
            heads=1,
        )
    yield Spacer(1, 2 * mm)


def _table(rows: list[list[Flowable]], widths: tuple[int, ...], *, heads: int) -> Table:
    style = [("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    padding = [
        (name, (0, 0), (-1, -1), 2) for name in ("TOPPADDING", "BOTTOMPADDING", "LEFTPADDING", "RIGHTPADDING")
    ]
    return Table(rows, [one * mm for one in widths], repeatRows=heads, style=TableStyle([*style, *padding]))


def _paragraph(value: str, style: ParagraphStyle) -> Paragraph:
    plain = "".join(c if c.isprintable() else " " for c in value)
    return Paragraph(html.escape(plain, quote=False), style)
