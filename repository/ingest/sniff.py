"""What a file really is: its content decides, its name may only agree (Đ6.2). And what is worth a warning.

Only directories and first bytes are read here, in a thread. What has to be parsed to be judged (a PDF whose
cross-reference table is broken) is opened in a sandboxed process.
"""

import asyncio
import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from repository.blobs.store import Source
from repository.ingest.containers import (
    Bomb,
    Damaged,
    OleDirectory,
    ZipDirectory,
    ole_directory,
    zip_directory,
)
from repository.ingest.refusals import FormatRefused, refused
from repository.policy.formats import Format, FormatPolicy
from repository.sandbox import Limits, Sandbox

ARCHIVE: Final = b"PK\3\4"
"""How a zip, and with it every OOXML and ODF file, begins."""
_WINDOW: Final = 1 << 17  # larger pieces cost more in fresh memory than they save in turns
_HEAD: Final = 1 << 16
_DECLARED: Final = 1 << 20  # how far into XML a document type is looked for
_OVERLAP: Final = 32
_MAGIC: Final = (
    (ARCHIVE, "zip"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"{\\rtf", "rtf"),
    (b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"),
    (b"II*\0", "tiff"), (b"MM\0*", "tiff"), (b"II+\0", "tiff"), (b"MM\0+", "tiff"), (b"BM", "bmp"),
)  # fmt: skip
_FOREIGN: Final = (
    (b"MZ", "tệp chạy Windows (EXE)"), (b"\x7fELF", "tệp chạy Linux (ELF)"), (b"Rar!", "tệp nén RAR"),
    (b"7z\xbc\xaf", "tệp nén 7-Zip"), (b"\x1f\x8b", "tệp nén GZIP"), (b"PK\5\6", "tệp nén ZIP rỗng"),
    (b"#!", "kịch bản lệnh"), (b"%!PS", "PostScript"), (b"<?php", "mã PHP"), (b"\xca\xfe\xba\xbe", "mã Java"),
    (b"SQLite format 3", "cơ sở dữ liệu SQLite"),
)  # fmt: skip
_MARKUP: Final = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(!doctype\s+html|html|script|svg|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))
_STRAY: Final = 0.01
"""Share of stray control characters (marks of old word processors) that text may hold; never a NUL."""
_PDF_SIGNS: Final = (
    (b"/JavaScript", "javascript"), (b"/Launch", "launch"), (b"/EmbeddedFile", "embedded"),
    (b"/RichMedia", "embedded"), (b"/Encrypt", "encrypted"),
)  # fmt: skip
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_STARTXREF: Final = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
_XREF: Final = re.compile(rb"\s*(?:xref\b|\d+\s+\d+\s+obj\b)")
_OOXML: Final = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_OLE_STREAMS: Final = (
    ("WordDocument", "doc"),
    ("Workbook", "xls"),
    ("Book", "xls"),
    ("PowerPoint Document", "ppt"),
)
_EXECUTABLE: Final = re.compile(
    r"\.(exe|dll|scr|com|bat|cmd|ps1|vbs|vbe|js|jse|wsf|hta|msi|jar|lnk|apk)$", re.IGNORECASE
)
_PDF_LIMITS: Final = Limits(seconds=20, memory=1024**3, written=0)


@dataclass(frozen=True, kw_only=True)
class Sniffed:
    """What the file is, and the codes of its warnings."""

    format: Format
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Look:
    """A first answer: a format's name or words for another; `doubt` asks for a closer look."""

    name: str
    warnings: tuple[str, ...] = ()
    doubt: bool = False


async def sniff(source: Source, size: int, filename: str, policy: FormatPolicy) -> Sniffed:
    """Raises FormatRefused with what was found and what the name says."""
    look = await asyncio.to_thread(_looked, source, size, filename, policy)
    if look.doubt:
        async with Sandbox(function=f"{__name__}:opens_as_pdf", size=1, limits=_PDF_LIMITS) as sandbox:
            if await sandbox.run(Path(await asyncio.to_thread(os.fspath, source))) is not True:
                raise refused("damaged", filename=filename, found="PDF")
    return Sniffed(format=_agreed(look.name, filename, policy), warnings=tuple(dict.fromkeys(look.warnings)))


async def refuse_bomb(source: Source, size: int, filename: str, policy: FormatPolicy) -> None:
    """Raises FormatRefused for an archive out of proportion: asked before a scanner is made to unpack it."""
    await asyncio.to_thread(_weighed, source, size, filename, policy)


def _weighed(source: Source, size: int, filename: str, policy: FormatPolicy) -> None:
    with source.open("rb") as file:
        if file.read(4) != ARCHIVE:
            return
    try:
        zip_directory(source, size, policy.zip_limits)
    except Damaged:
        return  # told later, with what it is
    except Bomb as fault:
        raise refused("bomb", filename=filename, found=str(fault)) from fault


def opens_as_pdf(path: str, options: dict[str, Any]) -> bool:
    """Whether a reader that repairs can open it; runs in the sandbox."""
    import pypdfium2

    return len(pypdfium2.PdfDocument(path)) > 0


def _agreed(found: str, filename: str, policy: FormatPolicy) -> Format:
    """The format, if the list has it and the name does not contradict it."""
    named = Path(filename).suffix[1:].lower()
    allowed = policy.formats.get(found)
    if allowed is None:
        raise refused("not_allowed", filename=filename, found=found, named=named, source=policy.source)
    if named and named not in allowed.extensions:
        raise refused("contradiction", filename=filename, found=allowed.label, named=named)
    return allowed


def _looked(source: Source, size: int, filename: str, policy: FormatPolicy) -> _Look:
    with source.open("rb") as file:
        head = file.read(_HEAD)
        kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
        kind = "pdf" if b"%PDF-" in head[:1024] and kind in ("", "bmp") else kind
        kind = kind or ("p7s" if _is_signed_data(head) else "")
        try:
            if kind == "zip":
                return _zip(zip_directory(source, size, policy.zip_limits), filename)
            if kind == "ole":
                return _ole(ole_directory(source), filename)
        except Damaged as fault:
            raise refused("damaged", filename=filename, found=kind.upper()) from fault
        except Bomb as fault:
            raise refused("bomb", filename=filename, found=str(fault)) from fault
        if kind == "pdf":
            return _pdf(file, size, filename)
        if kind == "rtf":
            return _Look("rtf", ("embedded",) if _contains(file, (b"\\objdata",)) else ())
        if kind == "bmp" and not _is_bitmap(head):
            kind = ""
        return _Look(kind) if kind else _text(file, head, filename)


def _zip(found: ZipDirectory, filename: str) -> _Look:
    if found.encrypted:
        raise refused("password", filename=filename, found="ZIP")
    warnings = []
    if any(name.rpartition("/")[2].lower() == "vbaproject.bin" for name in found.names):
        warnings.append("macro")
    if any(_EXECUTABLE.search(name) for name in found.names):
        warnings.append("executable")
    if found.mimetype.startswith("application/vnd.oasis.opendocument."):
        kind = found.mimetype.removeprefix("application/vnd.oasis.opendocument.")
        if any(name.startswith(("Basic/", "Scripts/")) and not name.endswith("/") for name in found.names):
            warnings.append("macro")
        named = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}.get(kind, f"OpenDocument {kind}")
        return _Look(named, tuple(warnings))
    if "[Content_Types].xml" in found.names:
        if any("/embeddings/" in name for name in found.names):
            warnings.append("embedded")
        for folder, kind in _OOXML:
            if any(name.startswith(folder) for name in found.names):
                return _Look(kind, tuple(warnings))
    return _Look("zip", ("archive", *warnings))


def _ole(found: OleDirectory, filename: str) -> _Look:
    if "EncryptedPackage" in found.root:
        raise refused("password", filename=filename, found="Office")
    warnings = []
    if found.anywhere & {"_VBA_PROJECT", "VBA", "Macros", "_VBA_PROJECT_CUR"}:
        warnings.append("macro")
    if found.anywhere & {"\1Ole10Native", "Package", "ObjectPool"}:
        warnings.append("embedded")
    kind = next((kind for stream, kind in _OLE_STREAMS if stream in found.root), "tệp OLE không rõ loại")
    return _Look(kind, tuple(warnings))


def _pdf(file: BinaryIO, size: int, filename: str) -> _Look:
    signs = dict(_PDF_SIGNS)
    warnings = [signs[sign] for sign in _contains(file, tuple(signs))]
    file.seek(max(0, size - 4096))
    ends = list(_STARTXREF.finditer(file.read(4096)))
    if ends:
        # Readers count from the header, which may stand some bytes into the file.
        file.seek(0)
        shift = file.read(1024).find(b"%PDF-")
        for start in {int(ends[-1].group(1)), int(ends[-1].group(1)) + shift}:
            file.seek(min(start, size))
            if _XREF.match(file.read(64)):
                return _Look("pdf", tuple(warnings))
    return _Look("pdf", (*warnings, "repaired"), doubt=True)


def _is_signed_data(head: bytes) -> bool:
    """A detached signature (CMS): a DER sequence that begins with the name of signed data, or its armor."""
    return head.startswith(b"-----BEGIN PKCS7-----") or (head[:1] == b"0" and _SIGNED_DATA in head[:20])


def _is_bitmap(head: bytes) -> bool:
    return len(head) > 18 and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 64, 108, 124)


def _text(file: BinaryIO, head: bytes, filename: str) -> _Look:
    """Text of some encoding, or words for what else it is. The name chooses between txt, csv and xml."""
    foreign = next((words for magic, words in _FOREIGN if head.startswith(magic)), None)
    if foreign is not None:
        return _Look(foreign)
    markup = _MARKUP.match(head[:4096].removeprefix(codecs.BOM_UTF8))
    if markup is not None:
        return _Look("ảnh SVG" if markup.group(1).lower() == b"svg" else "trang HTML")
    encoding = _encoding(file)
    if encoding is None:
        return _Look("dữ liệu nhị phân không rõ loại")
    warnings = ("legacy_text",) if encoding == "legacy" else ()
    named = Path(filename).suffix[1:].lower()
    if named not in ("xml", "edxml"):
        return _Look(named if named == "csv" else "txt", warnings)
    file.seek(0)
    text = file.read(_DECLARED).decode("utf-16" if encoding == "utf-16" else "utf-8-sig", "replace")
    if not text.lstrip().startswith("<"):
        return _Look("txt", warnings)
    if re.search(r"<!(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise refused("dtd", filename=filename, found="XML", named=named)
    return _Look("xml", warnings)


def _encoding(file: BinaryIO) -> str | None:
    """`utf-8`, `utf-16` (by its mark), `legacy` (some 8-bit code), or None: not text."""
    file.seek(0)
    utf16 = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    decoder = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8")()
    unicode = True
    stray = size = 0
    for window in _windows(file, overlap=0):
        if unicode:
            try:
                text = decoder.decode(window)
            except UnicodeDecodeError:
                unicode = False
            else:
                if utf16 and "\0" in text:
                    return None
        if not utf16 and b"\0" in window:
            return None
        size += len(window)
        stray += len(window) - len(window.translate(None, _CONTROLS))
    if unicode:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            unicode = False
    if utf16:
        return "utf-16" if unicode else None
    if unicode:
        return "utf-8" if stray <= size * _STRAY else None
    return None if stray else "legacy"


def _contains(file: BinaryIO, signs: tuple[bytes, ...]) -> list[bytes]:
    """Which of the signs occur anywhere; windows overlap, so that none is cut. One search for all of them."""
    wanted = re.compile(b"|".join(map(re.escape, signs)))
    found: set[bytes] = set()
    for window in _windows(file, overlap=_OVERLAP):
        found.update(wanted.findall(window))
    return [sign for sign in signs if sign in found]


def _windows(file: BinaryIO, *, overlap: int) -> Iterator[bytes]:
    file.seek(0)
    kept = b""
    while fresh := file.read(_WINDOW):
        yield kept + fresh
        kept = fresh[-overlap:] if overlap else b""


__all__ = ["FormatRefused", "Sniffed", "opens_as_pdf", "refuse_bomb", "sniff"]
