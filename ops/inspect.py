"""`tangthu inspect FILE…`: what would happen to each file, storing nothing and asking no store.

The same front door, reader and judge as for a real intake, over a store that keeps nothing. A scanner is
asked only where one is configured or runs for the data folder; otherwise the verdict is `not_scanned`.
Exit 0; 1 when a file would be refused; 2 bad usage.
"""

import argparse
import asyncio
import dataclasses
import json
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.text import Text

from indexers import texts
from ops.opening import console, data_argument, demo_anchors
from ops.reading import pieces
from ops.stack import find_running
from repository import errors, mongo
from repository.blobs.digest import Digest
from repository.blobs.memory import MemoryBlobs
from repository.blobs.store import BlobStat, Source
from repository.clock import SystemClock, local, local_date
from repository.ingest import ClamdScanner, MalwareFound, ReceivedFile, Receiver, Scan, Staging
from repository.journal import Journal
from repository.policy.formats import Formats
from repository.sandbox import Failure, Limits, Sandbox
from repository.settings import Settings, from_environment
from repository.signatures.judging.judge import Judge

Row = dict[str, Any]

_FIRST_WORDS: Final = 240
_HOW: Final = {"layer": "có sẵn chữ", "ocr": "nhận dạng từ ảnh (OCR)", "none": "chưa đọc được"}
_SCANS: Final = {"clean": "sạch", "infected": "CÓ MÃ ĐỘC", "not_scanned": "CHƯA QUÉT"}
_VALUES: Final = {"valid": "có giá trị pháp lý như bản giấy", "reference": "chỉ để tham khảo"}
_STATUSES: Final = {
    "TOTAL-PASSED": "hợp lệ",
    "TOTAL-FAILED": "KHÔNG hợp lệ",
    "INDETERMINATE": "chưa đủ căn cứ",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="tệp cần xem")
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON, mỗi tệp một phần tử")
    parser.add_argument(
        "--issuer", default="", help="tên cơ quan ban hành (bỏ trống: theo chữ ký số cơ quan trong tệp)"
    )


async def run(options: argparse.Namespace) -> int:
    settings = _settings(options.data, os.environ)
    found = []
    async with opened(settings) as inspector:
        for path in options.files:
            one = await inspector.inspect(path, issuer=options.issuer)
            found.append(one)
            if not options.json:
                _show(one)
    if options.json:
        console.file.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    return 1 if any(one["refused"] for one in found) else 0


def _settings(data: Path | None, environment: Mapping[str, str]) -> Settings:
    """The environment's, with the scanner and the test PKI of the data folder where they are not set."""
    settings = from_environment(environment, data=data)
    folder = settings.data.absolute()
    running = None if settings.clamd_url or not folder.is_dir() else find_running(folder)
    return dataclasses.replace(
        settings,
        clamd_url=settings.clamd_url or (running.clamd if running else None) or "",
        trust_anchors=settings.trust_anchors or demo_anchors(folder),
    )


class _Nowhere(MemoryBlobs):
    """Takes every file and keeps none."""

    async def put(self, digest: Digest, source: Source, size: int, media_type: str) -> BlobStat:
        return BlobStat(digest=digest, size=size, version="")


@dataclass(frozen=True, kw_only=True)
class Inspector:
    """What an intake would be made of, opened."""

    receiver: Receiver
    reader: Sandbox
    judge: Judge

    async def inspect(self, path: Path, *, issuer: str = "") -> Row:
        """One file's answer; a file that cannot be read or is refused says why and does not raise."""
        row: Row = {
            "file": os.fsencode(path).decode("utf-8", "replace"), "refused": None,
            "sha256": None, "size": None, "media_type": None, "warnings": [],
            "scan": None, "text": None, "signatures": None, "legal_value": None,
        }  # fmt: skip
        if not await asyncio.to_thread(path.is_file):
            return row | {"refused": f"{row['file']} không phải là tệp đọc được."}
        try:
            today = local_date(SystemClock().now())
            received = await self.receiver.receive(pieces(path), filename=path.name, on=today)
        except errors.TangThuError as fault:
            scan = fault.facts.get("scan") if isinstance(fault, MalwareFound) else None
            return row | {"refused": str(fault), "scan": _scan(scan) if isinstance(scan, Scan) else None}
        except OSError as fault:
            return row | {"refused": f"Không đọc được tệp: {errors.reason(fault)}."}
        report = await self.judge.inspect(path)
        return row | _taken(received) | {
            "text": await self._text(path, received),
            "signatures": {
                "status": report["status"], "count": len(report["signatures"]), "items": report["signatures"],
                "report": report,
            },
            "legal_value": self._legal_value(report, issuer),
        }  # fmt: skip

    async def _text(self, path: Path, received: ReceivedFile) -> Row:
        if received.size > texts.LARGEST:
            found = texts.unread(f"Tệp lớn hơn {texts.LARGEST // 1024**2} MiB nên không đọc nội dung.")
        else:
            answer = await self.reader.run(path, {"media_type": received.media_type, "ocr": True})
            found = (
                texts.unread(f"{answer.reason}: {answer.detail}") if isinstance(answer, Failure) else answer
            )
        words = " ".join(texts.joined(found).split())
        pages = [{"n": one["n"], "how": one["how"], "characters": len(one["text"])} for one in found["pages"]]
        return {
            "pages": pages, "words": words[:_FIRST_WORDS], "characters": len(words), "note": found["note"],
            "by": found["by"],
        }  # fmt: skip

    def _legal_value(self, report: Row, issuer: str) -> Row:
        """Nobody has described the file yet: the issuer is as told, else the agency that signed first."""
        agencies = [
            one["signer"]["name"] for one in report["signatures"] if one["signer"]["kind"] == "agency"
        ]
        name = issuer or next(iter(agencies), "")
        value = self.judge.legal_value(report, issuer=name, scan_declared=False)
        return value.as_row() | {"issuer": name, "issuer_assumed": not issuer}


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Inspector]:
    """An inspector. Database and store are named, as the judge wants them, but never asked."""
    clock = SystemClock()
    blobs = _Nowhere(clock=clock)
    database = mongo.connect(settings.mongo_url, settings.mongo_database)
    with tempfile.TemporaryDirectory(prefix="tangthu-inspect-") as folder:
        try:
            async with (
                Sandbox(function=texts.FUNCTION, size=1, limits=texts.LIMITS) as reader,
                Sandbox(
                    function="repository.signatures.verify:validate", size=1, limits=Limits()
                ) as validator,
            ):
                yield Inspector(
                    receiver=Receiver(
                        staging=Staging(folder=Path(folder)), blobs=blobs, formats=Formats.shipped(),
                        scanner=ClamdScanner(url=settings.clamd_url, clock=clock), clock=clock,
                        max_size=settings.max_file_size,
                    ),
                    reader=reader,
                    judge=Judge(
                        database=database, blobs=blobs, journal=Journal(database=database, clock=clock),
                        sandbox=validator, staging=Path(folder), clock=clock,
                        trust_anchors=[Path(one) for one in settings.trust_anchors.split(":") if one],
                    ),
                )  # fmt: skip
        finally:
            await mongo.close(database)


def _taken(received: ReceivedFile) -> Row:
    return {
        "filename": received.filename, "sha256": received.digest.hex, "size": received.size,
        "media_type": received.media_type, "warnings": received.warnings, "scan": _scan(received.scan),
    }  # fmt: skip


def _scan(scan: Scan) -> Row:
    return vars(scan) | {"at": local(scan.at).isoformat()}


def _show(one: Row) -> None:
    """One block a file."""
    _say(one["file"], style="bold")
    if one["refused"]:
        _say(f"  SẼ TỪ CHỐI: {one['refused']}", style="red")
        return
    policy = Formats.shipped().on(local_date(SystemClock().now()))
    _say(f"  Sẽ nhận: {one['media_type']}, {one['size']:,} byte, SHA-256 {one['sha256']}")
    for code in one["warnings"]:
        _say(f"  Lưu ý: {policy.warning(code)}", style="yellow")
    scan = one["scan"]
    _say(f"  Quét mã độc: {_SCANS[scan['verdict']]} ({scan['engine'] or scan['reason']})")
    _say(f"  Nội dung: {_pages(one['text'])}")
    if one["text"]["note"]:
        _say(f"  Lưu ý: {one['text']['note']}", style="yellow")
    if one["text"]["words"]:
        _say(f"    «{one['text']['words']}»", style="dim")
    _show_signatures(one["signatures"])
    value = one["legal_value"]
    assumed = f" (nếu cơ quan ban hành là {value['issuer']})" if value["issuer"] else ""
    _say(f"  Giá trị pháp lý: {_VALUES.get(value['status'], value['status'])}{assumed}")
    for reason in value["reasons"]:
        _say(f"    {reason['clause']}: {reason['text']}")


def _show_signatures(found: Row) -> None:
    for finding in found["report"]["findings"]:
        _say(f"  Chữ ký số: {finding}", style="yellow")
    if found["status"] == "none":
        _say("  Chữ ký số: không có")
    for one in found["items"]:
        why = f" ({one['sub_indication']})" if one["sub_indication"] else ""
        at = datetime.fromisoformat(one["signed_at"]) if one["signed_at"] else None
        when = f", ký {local(at):%d/%m/%Y %H:%M}" if at else ""
        _say(f"  Chữ ký số: {one['signer']['name'] or '(không rõ)'}: {_STATUSES[one['status']]}{why}{when}")


def _pages(text: Row) -> str:
    """`2 trang có sẵn chữ, 1 trang chưa đọc được; 3,514 ký tự`."""
    hows = [page["how"] for page in text["pages"]]
    counted = [f"{hows.count(how)} trang {words}" for how, words in _HOW.items() if how in hows]
    return f"{', '.join(counted)}; {text['characters']:,} ký tự"


def _say(line: str, *, style: str = "") -> None:
    """Names and words of files are shown as they are, never as markup, and cannot move the cursor."""
    shown = "".join(c if c.isprintable() else "�" for c in line.encode("utf-8", "replace").decode())
    console.print(Text(shown, style=style), soft_wrap=True, highlight=False)
