"""Administrative papers as PDF, laid out after annex I of Decree 30/2020/NĐ-CP, with the places where
signatures go. The texts are data (papers.yaml); the same paper always gives the same bytes.
"""

import io
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import fontpkg_be_vietnam_pro
import yaml
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from ops.demo.district import OUTSIDERS, UNITS, party

TYPE_NAMES = {
    "QĐ": "QUYẾT ĐỊNH",
    "CT": "CHỈ THỊ",
    "KH": "KẾ HOẠCH",
    "TB": "THÔNG BÁO",
    "GM": "GIẤY MỜI",
    "BC": "BÁO CÁO",
    "TTr": "TỜ TRÌNH",
    "CĐ": "CÔNG ĐIỆN",
}
URGENCY_STAMPS = ("", "KHẨN", "THƯỢNG KHẨN", "HỎA TỐC")

_LEFT_COLUMN, _RIGHT_COLUMN = 72 * mm, 88 * mm
# Decree 30 asks for Times New Roman, but the Liberation Serif of Debian 12 has no Vietnamese letters; the
# wheel's font has them all and is the same everywhere. It runs wide, so sizes are taken down a little.
_SCALE = 0.88
_BLANK = "\u00a0" * 6

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Paper:
    """One paper's text as it stands in papers.yaml."""

    key: str
    type: str
    symbol: str
    date: date
    issuer: str
    subject: str
    body: tuple[str, ...]
    title: str
    signer: str
    recipients: tuple[str, ...]
    shown: str = ""
    above: str = ""
    authority: str = ""
    basis: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    urgency: int = 0


@dataclass
class Printed:
    """The PDF and where on it things can be signed: field name -> (page counted from 0, box in points)."""

    pdf: bytes = b""
    places: dict[str, tuple[int, Box]] = field(default_factory=dict)


@cache
def papers() -> dict[str, Paper]:
    """All papers of the demonstration by key."""
    rows = yaml.safe_load(resources.files("ops.demo").joinpath("papers.yaml").read_text(encoding="utf-8"))
    lists = ("body", "recipients", "basis", "to")
    found: dict[str, Paper] = {}
    for row in rows:
        values: dict[str, Any] = {name: tuple(v) if name in lists else v for name, v in row.items()}
        found[row["key"]] = Paper(**values)
    return found


@cache
def font_files() -> dict[str, Path]:
    """Font file by style: regular, bold, italic, bolditalic."""
    styles = {"regular": "Regular", "bold": "Bold", "italic": "Italic", "bolditalic": "BoldItalic"}
    wheel = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
    return {key: wheel / f"BeVietnamPro-{name}.ttf" for key, name in styles.items()}


@cache
def _styles() -> dict[str, ParagraphStyle]:
    for key, path in font_files().items():
        pdfmetrics.registerFont(TTFont(f"paper-{key}", str(path)))
    pdfmetrics.registerFontFamily(
        "paper-regular", "paper-regular", "paper-bold", "paper-italic", "paper-bolditalic"
    )

    def style(name: str, size: float, font: str = "regular", **more: Any) -> ParagraphStyle:
        given = {"fontName": f"paper-{font}", "fontSize": size * _SCALE, "leading": size * 1.25, **more}
        return ParagraphStyle(name, **given)

    centre = {"alignment": TA_CENTER}
    body = {"alignment": TA_JUSTIFY, "firstLineIndent": 10 * mm, "spaceAfter": 5, "leading": 18}
    return {
        "plain": style("plain", 12, **centre),
        "strong": style("strong", 12, "bold", **centre),
        "motto": style("motto", 13, "bold", **centre),
        "number": style("number", 13, **centre),
        "place": style("place", 13, "italic", **centre),
        "type": style("type", 14, "bold", **centre),
        "to": style("to", 13.5, leftIndent=28 * mm, spaceAfter=3),
        "basis": style("basis", 13.5, "italic", **body),
        "body": style("body", 13.5, **body),
        "head": style("head", 13.5, "bold", **body),
        "copies": style("copies", 12, "bolditalic"),
        "copy": style("copy", 11),
        "stamp": style("stamp", 13, "bold", textColor="#b3131b", borderColor="#b3131b", borderWidth=1.2,
                       borderPadding=(3, 2, 5, 2), **centre),
    }  # fmt: skip


class _Rule(Flowable):  # type: ignore[misc]  # reportlab ships no types
    """The short line under the agency, the motto and the subject."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def wrap(self, available: float, _height: float) -> tuple[float, float]:
        self.width = available
        return available, 5

    def draw(self) -> None:
        half = self.width * self.share / 2
        self.canv.setLineWidth(0.7)
        self.canv.line(self.width / 2 - half, 3, self.width / 2 + half, 3)


class _Place(Flowable):  # type: ignore[misc]  # reportlab ships no types
    """Empty room that remembers where it landed, so that a signature field can be put there."""

    def __init__(self, printed: Printed, height: float, **boxes: Box) -> None:
        super().__init__()
        self.printed, self.room, self.boxes = printed, height, boxes

    def wrap(self, available: float, _height: float) -> tuple[float, float]:
        self.width = available
        return available, self.room

    def draw(self) -> None:
        x, y = self.canv.absolutePosition(self.width / 2, 0)
        page = self.canv.getPageNumber() - 1
        for name, (left, bottom, right, top) in self.boxes.items():
            self.printed.places[name] = (page, (x + left, y + bottom, x + right, y + top))


def render(paper: Paper, *, blank: bool = False, compress: bool = True, **filled: str) -> Printed:
    """The paper as PDF. `blank` leaves number and date to the clerk; `filled` replaces {names}."""
    printed = Printed()
    story = [_header(paper, blank, printed), Spacer(1, 10), *_opening(paper)]
    look = _styles()
    for line in paper.body:
        text = line.format(**filled) if filled else line
        if text.startswith("# "):
            story.append(Paragraph(text[2:], look["head"]))
        elif text.startswith("Điều "):
            head, _, rest = text.partition(". ")
            story.append(Paragraph(f"<b>{head}.</b> {rest}", look["body"]))
        else:
            story.append(Paragraph(text, look["body"]))
    story += [Spacer(1, 8), KeepTogether(_closing(paper, printed))]
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=28 * mm, rightMargin=17 * mm, topMargin=18 * mm, bottomMargin=20 * mm,
        title=f"{paper.symbol} {paper.subject}", author=party(paper.issuer)["name"], lang="vi-VN",
        invariant=1, pageCompression=int(compress),
    )  # fmt: skip
    document.build(story, onLaterPages=_page_number)
    printed.pdf = out.getvalue()
    return printed


def _page_number(canvas: Any, document: Any) -> None:
    canvas.setFont("paper-regular", 13)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 14 * mm, str(document.page))


def _header(paper: Paper, blank: bool, printed: Printed) -> Table:
    look = _styles()
    number = f"Số: {paper.symbol}"
    day = f"{paper.date.day:02d}"
    # the decree: January and February take a leading zero, the other months none
    month = f"{paper.date.month:02d}" if paper.date.month < 3 else str(paper.date.month)
    ends = (f"{_town(paper)}, ngày {day} tháng {month} năm {paper.date.year}", number)
    if blank:
        ends = (f"{_town(paper)}, ngày {_BLANK} tháng {_BLANK} năm {paper.date.year}", f"Số: {_BLANK}/")
        ends = (ends[0], ends[1] + paper.symbol.partition("/")[2])
    left: list[Flowable] = [Paragraph(paper.above, look["plain"])] if paper.above else []
    left += [Paragraph(_agency(paper), look["strong"]), _Rule(0.4), Spacer(1, 3)]
    left += [Paragraph(ends[1], look["number"]), _Place(printed, 0, number=_gap(ends[1], 1))]
    if not paper.shown:  # a công văn: the subject stands under its number
        left.append(Paragraph(paper.subject, look["plain"]))
    if paper.urgency:
        left += [Spacer(1, 10), Paragraph(URGENCY_STAMPS[paper.urgency], look["stamp"])]
    right: list[Flowable] = [
        Paragraph("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", look["strong"]),
        Paragraph("Độc lập - Tự do - Hạnh phúc", look["motto"]),
        _Rule(0.62),
        Spacer(1, 18 if paper.above else 5),
        Paragraph(ends[0], look["place"]),
        _Place(printed, 0, date=_gap(ends[0], 2)),
    ]
    return _columns(left, right)


def _agency(paper: Paper) -> str:
    """The agency in capitals, broken where printers break it rather than before its last syllable."""
    name = party(paper.issuer)["name"].upper()
    if pdfmetrics.stringWidth(name, "paper-bold", 12 * _SCALE) < _LEFT_COLUMN:
        return name
    for kind in ("ỦY BAN NHÂN DÂN ", "CÔNG TY TNHH "):
        name = name.replace(kind, f"{kind.rstrip()}<br/>")
    return name


def _gap(line: str, count: int) -> Box:
    """Where the blanks of a centred line lie, measured from its middle."""
    font = "paper-italic" if count > 1 else "paper-regular"
    size = 13 * _SCALE
    width = pdfmetrics.stringWidth(line, font, size)
    first, last = line.find(_BLANK), line.rfind(_BLANK) + len(_BLANK)
    left = pdfmetrics.stringWidth(line[: max(first, 0)], font, size) - width / 2
    right = pdfmetrics.stringWidth(line[:last], font, size) - width / 2
    return (left, 2.5, right, 18.5)


def _town(paper: Paper) -> str:
    places = {row.id: row.place for row in OUTSIDERS}
    wards = {row.id: row.name.rpartition("phường ")[2] for row in UNITS if row.kind == "ward"}
    return places.get(paper.issuer) or wards.get(paper.issuer) or "Hòa Mai"


def _opening(paper: Paper) -> list[Flowable]:
    look = _styles()
    story: list[Flowable] = []
    if paper.shown:
        story += [Spacer(1, 6), Paragraph(TYPE_NAMES[paper.type], look["type"])]
        story += [Paragraph(paper.shown, look["type"]), _Rule(0.3), Spacer(1, 8)]
    if paper.to:
        story.append(Spacer(1, 8))
        story += [
            Paragraph(f"Kính gửi: {line}" if len(paper.to) == 1 else f"- {line}", look["to"])
            for line in paper.to
        ]
        if len(paper.to) > 1:
            story.insert(-len(paper.to), Paragraph("Kính gửi:", look["to"]))
        story.append(Spacer(1, 8))
    if paper.authority:
        story += [Paragraph(paper.authority, look["type"]), Spacer(1, 6)]
    story += [Paragraph(line, look["basis"]) for line in paper.basis]
    if paper.type == "QĐ":
        story += [Spacer(1, 4), Paragraph("QUYẾT ĐỊNH:", look["type"]), Spacer(1, 6)]
    return story


def _closing(paper: Paper, printed: Printed) -> Table:
    look = _styles()
    left: list[Flowable] = [Paragraph("Nơi nhận:", look["copies"])]
    left += [Paragraph(f"- {line}", look["copy"]) for line in paper.recipients]
    right: list[Flowable] = [Paragraph(line, look["type"]) for line in paper.title.split("\n")]
    # the seal, 36 mm across, covers about a third of the signature, on its left
    right.append(_Place(printed, 72, person=(-55, 8, 65, 64), agency=(-117, -12, -15, 90)))
    right.append(Paragraph(paper.signer, look["type"]))
    return _columns(left, right)


def _columns(left: list[Flowable], right: list[Flowable]) -> Table:
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    style += [("RIGHTPADDING", (0, 0), (-1, -1), 0), ("TOPPADDING", (0, 0), (-1, -1), 0)]
    return Table([[left, right]], colWidths=[_LEFT_COLUMN, _RIGHT_COLUMN], style=style)
