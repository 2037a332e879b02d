"""Validates a file's signatures; runs in the sandbox and never raises for what is in the file (Đ8.1).

Each signature field gets its own verdict under its own time limit, so one bad field cannot hide the others.
Then the later revisions are weighed: added by a later signer, or by nobody. Offline: nothing is fetched.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from typing import IO, Any, Final

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.errors import SignatureValidationError

from repository.clock import local_date
from repository.signatures import report
from repository.signatures.packages import packages
from repository.signatures.report import FileFacts, Report, Signature, Timestamp
from repository.signatures.trust.trust import Anchors, Authority, Rules
from repository.signatures.verdict import detached
from repository.signatures.verdict.limits import BUDGET, SECONDS_A_FIELD, at_most
from repository.signatures.verdict.proofs import Field, Proofs, evidence_of_file, outermost_first, weakens_on
from repository.signatures.verdict.verdict import Examined, Moment, examine, failed, unsure
from repository.signatures.verdict.weighing import weigh_all

MOST_FIELDS: Final = 64
_DEEPEST: Final = 32

logging.getLogger("pyhanko").setLevel(
    logging.CRITICAL
)  # its warnings quote the file; the report says what matters
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def engine() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("pyHanko", "pyhanko-certvalidator", "cryptography")}


def validate(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """A `Report` as JSON. Options: `trust_anchors` (paths), `at` and `known_since` (ISO 8601)."""
    with suppress(RuntimeError):  # which is how asyncio says that there is no loop
        raise AssertionError(f"validate blocks; it must not run inside {asyncio.get_running_loop()}")
    at = datetime.fromisoformat(options["at"]) if options.get("at") else datetime.now(UTC)
    known = datetime.fromisoformat(options["known_since"]) if options.get("known_since") else None
    anchors = Anchors.load(options.get("trust_anchors", []), options.get("trust_bundle") or "")
    rules = replace(Rules.on(local_date(at)), revocation_required=options.get("revocation") == "required")
    authority = Authority(rules, anchors)
    found = Report(file=FileFacts(size=os.path.getsize(path)), engine=engine(), judged_at=at)
    BUDGET.start()
    with open(path, "rb") as stream:
        head = stream.read(1024)
        if b"%PDF-" in head:
            found.file.kind = "pdf"
            _read_pdf(stream, found, authority, Moment(at, known))
        elif head[:4] == b"PK\x03\x04":
            found.file.kind = "package"
            packages.read(path, found, authority, Moment(at, known))
        elif detached.looks_like(head):
            found.file.kind = "detached"
            stream.seek(0)
            detached.read(stream.read(detached.LARGEST), found, authority, Moment(at, known))
        else:
            found.status = "none"
    return found.model_dump(mode="json")


def _read_pdf(stream: IO[bytes], found: Report, authority: Authority, moment: Moment) -> None:
    """The catch-all is the point: whatever a file does to the parser becomes a report with a reason."""
    try:
        with at_most(SECONDS_A_FIELD):
            reader = PdfFileReader(stream, strict=False)
            found.file.revisions = int(reader.xrefs.total_revisions)
            found.file.hybrid = bool(reader.xrefs.hybrid_xrefs_present)
            found.file.encrypted = reader.encrypted
            if reader.encrypted and reader.decrypt("").status == AuthStatus.FAILED:
                found.status = "unreadable"
                found.findings.append("Tệp đặt mật khẩu nên không kiểm tra được chữ ký.")
                return
            fields = list(_fields(reader, found))
    except Exception as fault:  # noqa: BLE001  see above
        found.status = "unreadable"
        found.findings.append(f"Cấu trúc tệp PDF bị hỏng, không kiểm tra được chữ ký ({_short(fault)}).")
        if _has_traces(stream):
            found.findings.append("Tệp có dấu vết chữ ký số nhưng không đọc được; hãy xin lại tệp gốc.")
        return
    if found.file.hybrid:
        found.findings.append(
            "Tệp dùng bảng tham chiếu lai (hybrid); chữ ký được kiểm tra theo bảng đầy đủ nhất."
        )
    with asyncio.Runner() as runner:  # pyHanko is a coroutine here and there; nothing waits for anything
        examined = _examine_all(reader, fields, authority, moment, runner)
    examined.sort(key=lambda one: one.revision)
    _refuse_shared_values(fields, examined)
    weigh_all(reader, examined, lambda: at_most(SECONDS_A_FIELD))
    found.signatures = [one.signature for one in examined if not one.is_timestamp]
    found.document_timestamps = [_stamp(one, found) for one in examined if one.is_timestamp]
    found.status = report.overall_status(found)
    found.weakens_on = weakens_on(found)
    if not examined and _has_traces(stream):
        found.findings.append(
            "Tệp còn dấu vết chữ ký cũ nhưng không có chữ ký số hợp lệ nào (không có trường chữ ký)."
        )


def _fields(reader: PdfFileReader, found: Report) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """Every filled signature field once, in the order of the form; an unreadable one is reported."""
    if "/AcroForm" not in reader.root:
        return
    waiting: list[tuple[Any, str, Any, int]] = [
        (one, "", None, 0) for one in _items(reader.root["/AcroForm"], "/Fields")
    ]
    seen: set[Any] = set()
    taken = 0
    while waiting:
        raw, prefix, kind, depth = waiting.pop(0)
        reference = raw.reference if isinstance(raw, generic.IndirectObject) else None
        if reference in seen or depth > _DEEPEST:
            continue
        if reference is not None:
            seen.add(reference)
        try:
            field = raw.get_object() if isinstance(raw, generic.IndirectObject) else raw
            kind = field.get("/FT", kind)
            name = ".".join(part for part in (prefix, str(field["/T"]) if "/T" in field else "") if part)
            filled = kind == "/Sig" and "/V" in field
            waiting.extend((one, name, kind, depth + 1) for one in _items(field, "/Kids"))
        except Exception as fault:  # noqa: BLE001  one unreadable field must not hide the others
            found.findings.append(f"Một trường của biểu mẫu không đọc được ({_short(fault)}).")
            continue
        if filled and taken == MOST_FIELDS:
            found.limits.append(f"Chỉ kiểm tra {MOST_FIELDS} chữ ký đầu tiên.")
            return
        if filled:
            taken += 1
            yield name, field


def _items(holder: Any, key: str) -> list[Any]:
    array = holder[key] if key in holder else None  # noqa: SIM401  a PDF dictionary resolves references in []
    return (
        [array.raw_get(index) for index in range(len(array))]
        if isinstance(array, generic.ArrayObject)
        else []
    )


def _examine_all(
    reader: PdfFileReader, fields: list[Field], authority: Authority, moment: Moment, runner: asyncio.Runner
) -> list[Examined]:
    """From the outermost document time stamp inwards: each proves the time of what it covers."""
    authority, proofs, examined = authority.told(evidence_of_file(reader)), Proofs(), []
    for name, field in outermost_first(fields):
        proven = replace(moment, stamped=proofs.of(field))
        one = _examine(reader, name, field, authority, proven, runner)
        if one.is_timestamp:
            proofs.learn(field, one.signature.timestamp, one.authentic)
        examined.append(one)
    return examined


def _refuse_shared_values(fields: list[Field], examined: list[Examined]) -> None:
    """One signature belongs to one field; the others only pretend to be signed by the same signer."""
    owners: set[Any] = set()
    by_name = {one.signature.field: one for one in examined}
    for name, field in fields:
        written = field.raw_get("/V")
        ref = (written.idnum, written.generation) if isinstance(written, generic.IndirectObject) else None
        one = by_name[name]
        if ref in owners and one.signature.status != report.FAILED:
            one.authentic = False
            failed(one.signature, "FORMAT_FAILURE", "Ô này dùng lại chữ ký của một ô khác.")
        elif ref is not None and one.authentic:
            owners.add(ref)


def _stamp(one: Examined, found: Report) -> Timestamp:
    """A document time stamp as it is reported; one that is broken is told, not left out."""
    signature = one.signature
    stamp = signature.timestamp or Timestamp(field=signature.field, problem=signature.sub_indication or "")
    if signature.intact is False:
        stamp.intact = stamp.trusted = False
        words = " ".join(signature.findings)
        found.findings.append(f"Dấu thời gian “{signature.field}” không còn giá trị. {words}".strip())
    return stamp


def _examine(
    reader: PdfFileReader,
    name: str,
    field: generic.DictionaryObject,
    authority: Authority,
    moment: Moment,
    runner: asyncio.Runner,
) -> Examined:
    try:
        with at_most(SECONDS_A_FIELD):
            embedded = EmbeddedPdfSignature(reader, field, name)
            return runner.run(examine(embedded, _evidence(reader), authority, moment))
    except SignatureValidationError as fault:
        bad, words = Examined(Signature(field=name)), "Cấu trúc chữ ký không hợp lệ."
        if isinstance(fault.ades_subindication, AdESIndeterminate):
            unsure(bad.signature, fault.ades_subindication.standard_name, words)
        else:
            failed(bad.signature, getattr(fault.ades_subindication, "name", "FORMAT_FAILURE"), words)
    except (TimeoutError, MemoryError) as fault:
        bad = Examined(Signature(field=name))
        unsure(bad.signature, "GENERIC", f"Chữ ký này quá nặng để kiểm tra ({type(fault).__name__}).")
    except Exception as fault:  # noqa: BLE001  one bad field must not hide the others
        bad = Examined(Signature(field=name))
        failed(bad.signature, "FORMAT_FAILURE", f"Không đọc được chữ ký này ({_short(fault)}).")
    return bad


def _evidence(reader: PdfFileReader) -> list[x509.Certificate]:
    """Certificates of the document security store; an unreadable one is as good as none."""
    try:
        streams = _items(reader.root["/DSS"], "/Certs")[:MOST_FIELDS]
        return [x509.Certificate.load(one.get_object().data, strict=True) for one in streams]
    except Exception:  # noqa: BLE001  the store is optional and unsigned
        return []


def _has_traces(stream: IO[bytes]) -> bool:
    """Whether the bytes speak of a signature that no field owns."""
    stream.seek(0)
    tail = b""
    while chunk := stream.read(1 << 20):
        if b"/ByteRange" in tail + chunk:
            return True
        tail = chunk[-16:]
    return False


def _short(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"[:160]
