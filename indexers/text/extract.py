"""The function that the sandbox runs: a file and its media type in, pages of text out.

`Sandbox(function="indexers.text.extract:extract", limits=texts.LIMITS)`; options: `media_type`, and `ocr`
(default true). What cannot be read is one page read `none` with a note, never an empty success.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from indexers.text.legacy import read_doc, read_rtf, read_xls
from indexers.text.ocr import Ocr
from indexers.text.office import read_docx, read_odf, read_pptx, read_xlsx
from indexers.text.pages import Pages, Unreadable
from indexers.text.pdf import read_pdf
from indexers.text.plain import read_plain

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_READERS: Final[dict[str, Callable[[Path, Pages], None]]] = {
    f"{_OOXML}wordprocessingml": read_docx,
    f"{_OOXML}spreadsheetml": read_xlsx,
    f"{_OOXML}presentationml": read_pptx,
    "application/vnd.ms-word": read_docx,  # .docm
    _ODF: read_odf,
    "application/msword": read_doc,
    "application/vnd.ms-excel": read_xls,
    "application/rtf": read_rtf,
    "text/rtf": read_rtf,
    "text/": read_plain,
    "application/xml": read_plain,
    "application/json": read_plain,
}
"""The longest beginning of a media type that is here decides."""


def extract(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """{pages: [{n, how, text}], text, note, by}"""
    media_type = str(options["media_type"]).split(";")[0].strip().lower()
    pages = Pages()
    ocr = Ocr(wanted=bool(options.get("ocr", True)))
    try:
        _read(Path(path), media_type, pages, ocr)
    except Unreadable as fault:
        pages.note(str(fault))
    return pages.answer()


def _read(path: Path, media_type: str, pages: Pages, ocr: Ocr) -> None:
    if media_type == "application/pdf":
        return read_pdf(path, pages, ocr)
    if media_type.startswith("image/"):
        return _read_image(path, pages, ocr)
    beginnings = [one for one in _READERS if media_type.startswith(one)]
    if not beginnings:
        raise Unreadable(why=f"Chưa đọc được nội dung của định dạng {media_type}.")
    return _READERS[max(beginnings, key=len)](path, pages)


def _read_image(path: Path, pages: Pages, ocr: Ocr) -> None:
    text = ocr.read(path.read_bytes())
    if text is None:
        raise Unreadable(why=ocr.why)
    pages.by = "tesseract"
    pages.add("ocr", text)
