"""Text of the zipped formats: Office Open XML and OpenDocument, read straight from their XML parts.

Paragraphs in document order, tables and headers included, deleted and hidden-by-format text not. Entities
are never resolved, and a part is only opened while it is of a sane size.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final
from xml.etree.ElementTree import ParseError

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from indexers.text.letters import repaired
from indexers.text.pages import Pages, Unreadable

_LARGEST_PART: Final = 48 * 1024**2
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW: Final = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_SKIPPED: Final = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_MC}Fallback"})
_ODF_SKIPPED: Final = frozenset({f"{_TEXT}tracked-changes", f"{_OFFICE}annotation"})
_ODF_BREAKS: Final = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n", f"{_TEXT}s": " "}
_DOCX_PARTS: Final = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_SLIDES: Final = re.compile(r"ppt/slides/slide(\d+)\.xml")


def read_docx(path: Path, pages: Pages) -> None:
    """One page: real pages exist only once Word has laid the document out. The body first, then headers and
    notes.
    """
    pages.by = "ooxml"
    with _archive(path) as archive:
        names = [name for name in archive.namelist() if _DOCX_PARTS.fullmatch(name)]
        names.sort(key=lambda name: (name != "word/document.xml", name))
        if "word/document.xml" not in names:
            raise Unreadable(why="Tệp .docx không có phần văn bản.")
        lines = [line for name in names for line in _paragraphs(_part(archive, name), f"{_W}p")]
    pages.add("layer", repaired("\n".join(lines)))


def read_pptx(path: Path, pages: Pages) -> None:
    """A page a slide."""
    pages.by = "ooxml"
    with _archive(path) as archive:
        found = [match for name in archive.namelist() if (match := _SLIDES.fullmatch(name))]
        for match in sorted(found, key=lambda one: int(one[1])):
            pages.add("layer", repaired("\n".join(_paragraphs(_part(archive, match[0]), f"{_A}p"))))


def read_xlsx(path: Path, pages: Pages) -> None:
    """A page a sheet, a line a row; values, not formulas."""
    pages.by = "openpyxl"
    with _archive(path) as archive:
        if any(one.file_size > _LARGEST_PART for one in archive.infolist()):
            raise Unreadable(why="Bảng tính quá lớn để đọc nội dung.")
    with path.open(
        "rb"
    ) as file:  # by a path openpyxl would judge the extension, which our copies do not keep
        _read_book(file, pages)


def _read_book(file: BinaryIO, pages: Pages) -> None:
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, ParseError) as fault:
        raise Unreadable(why=f"Tệp .xlsx không đọc được: {fault}.") from fault
    for sheet in book.worksheets:
        rows = (
            "\t".join(str(cell) for cell in row if cell is not None)
            for row in sheet.iter_rows(values_only=True)
        )
        pages.add("layer", repaired("\n".join([sheet.title, *(row for row in rows if row)])))
        if pages.full:
            break


def read_odf(path: Path, pages: Pages) -> None:
    """A page a sheet or slide where there are such; otherwise one."""
    pages.by = "odf"
    with _archive(path) as archive:
        root = _part(archive, "content.xml")
    parts = [*root.iter(f"{_TABLE}table")] if root.find(f".//{_OFFICE}spreadsheet") is not None else []
    parts = parts or [*root.iter(f"{_DRAW}page")] or [root]
    for part in parts:
        lines = [part.get(f"{_TABLE}name", ""), *_odf_lines(part)]
        pages.add("layer", repaired("\n".join(line for line in lines if line)))


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as fault:
        raise Unreadable(why="Tệp nén bên trong bị hỏng.") from fault


def _part(archive: zipfile.ZipFile, name: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        with archive.open(name) as part:
            content = part.read(_LARGEST_PART + 1)
        if len(content) > _LARGEST_PART:
            raise Unreadable(why="Một phần của tệp quá lớn để đọc.")
        return etree.fromstring(content, parser)
    except (KeyError, RuntimeError, zipfile.BadZipFile, etree.XMLSyntaxError) as fault:
        raise Unreadable(why=f"Tệp hỏng ở phần {name}.") from fault


def _paragraphs(root: Any, paragraph: str) -> Iterator[str]:
    """The text of each paragraph; one inside another (a text box) comes by itself, after the outer one."""
    for element in root.iter(paragraph):
        if not any(ancestor.tag in _SKIPPED for ancestor in element.iterancestors()):
            line = "".join(_runs(element, paragraph)).strip()
            if line:
                yield line


def _runs(element: Any, paragraph: str) -> Iterator[str]:
    for child in element:
        if child.tag in _SKIPPED or child.tag == paragraph:
            continue
        if child.tag in (f"{_W}t", f"{_A}t"):
            yield child.text or ""
        elif child.tag in (f"{_W}tab", f"{_W}ptab"):
            yield "\t"
        elif child.tag in (f"{_W}br", f"{_W}cr", f"{_A}br"):
            yield "\n"
        elif child.tag == f"{_W}noBreakHyphen":
            yield "-"
        else:
            yield from _runs(child, paragraph)


def _odf_lines(root: Any) -> Iterator[str]:
    for element in root.iter(f"{_TEXT}p", f"{_TEXT}h"):
        if not any(ancestor.tag in _ODF_SKIPPED for ancestor in element.iterancestors()):
            yield "".join(_odf_runs(element)).strip()


def _odf_runs(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag in _ODF_BREAKS:
            yield _ODF_BREAKS[child.tag]
        elif child.tag not in _ODF_SKIPPED and child.tag not in (f"{_TEXT}p", f"{_TEXT}h"):
            yield from _odf_runs(child)
        yield child.tail or ""
