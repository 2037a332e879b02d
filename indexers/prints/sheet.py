"""A4 sheets with a ruled table, drawn line by line: memory stays at one page however many lines a year has."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

import fontpkg_be_vietnam_pro
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

WIDTH, HEIGHT = landscape(A4)
LEFT: Final = 12 * mm
TOP: Final = 12 * mm
BOTTOM: Final = 14 * mm
SIZE: Final = 8.5
LEADING: Final = 10.5
PAD: Final = 1.2 * mm
REGULAR: Final = "TangThu"
BOLD: Final = "TangThu-Bold"


@cache
def fonts() -> None:
    """Be Vietnam Pro has every Vietnamese letter; it is embedded, so that a printer needs none."""
    folder = Path(fontpkg_be_vietnam_pro.ROOT) / "files"
    pdfmetrics.registerFont(TTFont(REGULAR, folder / "BeVietnamPro-Regular.ttf"))
    pdfmetrics.registerFont(TTFont(BOLD, folder / "BeVietnamPro-SemiBold.ttf"))


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands over the table on each page."""

    unit: str
    title: str
    span: str
    form: str = "Mẫu: Phụ lục IV Nghị định 30/2020/NĐ-CP"


class Sheets:
    """A document of landscape pages with the same head; `close` ends it."""

    def __init__(self, target: BinaryIO, *, heading: Heading, heads: tuple[tuple[str, float], ...]) -> None:
        fonts()
        self._canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), pageCompression=1)
        self._canvas.setTitle(heading.title)
        self._canvas.setAuthor(heading.unit)
        self._heading = heading
        self._names = [name for name, _ in heads]
        wide = sum(width for _, width in heads)
        self._widths = [width / wide * (WIDTH - 2 * LEFT) for _, width in heads]
        self._page = 0
        self._y = 0.0
        self._begin()

    def row(self, cells: list[str], *, struck: bool = False) -> None:
        """A line of the book; one that is higher than a page goes on on the next."""
        split = [self._split(cell, width) for cell, width in zip(cells, self._widths, strict=True)]
        while any(split):
            room = int((self._y - BOTTOM - 2 * PAD) / LEADING)
            need = max(map(len, split))
            if room < min(need, 6):
                self.turn()
                continue
            self._draw([one[:room] for one in split], REGULAR, struck=struck)
            split = [one[room:] for one in split]

    def blank(self, height: float = 9 * mm) -> bool:
        """An empty line to write in; False when the page is full."""
        if self._y - height < BOTTOM:
            return False
        self._ruled(height)
        return True

    def close(self) -> int:
        """Ends the document; how many pages it has."""
        self._foot()
        self._canvas.save()
        return self._page

    def _begin(self) -> None:
        self._page += 1
        canvas, heading = self._canvas, self._heading
        self._y = HEIGHT - TOP
        canvas.setFont(BOLD, 9)
        canvas.drawString(LEFT, self._y - 9, heading.unit.upper()[:110])
        canvas.drawRightString(WIDTH - LEFT, self._y - 9, heading.form)
        canvas.setFont(BOLD, 13)
        canvas.drawCentredString(WIDTH / 2, self._y - 26, heading.title)
        canvas.setFont(REGULAR, 9)
        canvas.drawCentredString(WIDTH / 2, self._y - 39, heading.span)
        self._y -= 46
        self._draw(
            [self._split(name, width, BOLD) for name, width in zip(self._names, self._widths, strict=True)],
            BOLD,
        )
        self._draw([[f"({n})"] for n in range(1, len(self._names) + 1)], REGULAR)

    def turn(self) -> None:
        """On to the next page."""
        self._foot()
        self._canvas.showPage()
        self._begin()

    def _foot(self) -> None:
        self._canvas.setFont(REGULAR, 8)
        self._canvas.drawRightString(WIDTH - LEFT, BOTTOM - 16, f"Trang {self._page}")

    def _split(self, value: str, width: float, font: str = REGULAR) -> list[str]:
        """Lines that fit a cell; a word that is wider than the cell is cut."""
        room, lines = width - 2 * PAD, list[str]()
        for line in simpleSplit(value, font, SIZE, room):
            while pdfmetrics.stringWidth(line, font, SIZE) > room:
                fits = max(1, _fitting(line, font, room))
                lines.append(line[:fits])
                line = line[fits:]
            lines.append(line)
        return lines

    def _draw(self, split: list[list[str]], font: str, *, struck: bool = False) -> None:
        canvas = self._canvas
        canvas.setFont(font, SIZE)
        height = max(1, *map(len, split)) * LEADING + 2 * PAD
        x = LEFT
        for lines, width in zip(split, self._widths, strict=True):
            for n, line in enumerate(lines):
                y = self._y - PAD - SIZE - n * LEADING
                centred = font == BOLD or line.startswith("(")
                at = x + (width - pdfmetrics.stringWidth(line, font, SIZE)) / 2 if centred else x + PAD
                canvas.drawString(at, y, line)
                if struck:
                    wide = pdfmetrics.stringWidth(line, font, SIZE)
                    canvas.line(x + PAD, y + SIZE / 3, x + PAD + wide, y + SIZE / 3)
            x += width
        self._ruled(height)

    def _ruled(self, height: float) -> None:
        canvas, x = self._canvas, LEFT
        canvas.setLineWidth(0.5)
        for width in self._widths:
            canvas.rect(x, self._y - height, width, height)
            x += width
        self._y -= height


def _fitting(line: str, font: str, room: float) -> int:
    """How many letters of a word fit."""
    wide = 0.0
    for n, letter in enumerate(line):
        wide += pdfmetrics.stringWidth(letter, font, SIZE)
        if wide > room:
            return n
    return len(line)
