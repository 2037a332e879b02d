"""Weighs what came after each signature: by whom, whether that signature allowed it, and what it leaves of it.

An honest later revision is told ("intact, later revision by X"). What nobody answers for, or what takes away
something that was signed, is never intact.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Final

from cryptography.exceptions import InvalidSignature
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.reader import PdfFileReader

from repository.signatures import report
from repository.signatures.report import LaterRevision
from repository.signatures.revisions.overlap import covers_something
from repository.signatures.revisions.steps import Step, Steps
from repository.signatures.revisions.walking import Kind
from repository.signatures.verdict.verdict import Examined, failed, unsure

_SHORT_TAIL: Final = 4096
_MARKS: Final = b"%%EOF"
_NO_CHANGES, _FILLING, _REMARKS = 1, 2, 3

Limit = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Author:
    """The later signer who covers a step, and how far that signer's word goes for the signature at hand."""

    examined: Examined
    verified: bool
    equal: bool
    """At least as well known as the signature at hand: verified, or vouched for by the same authority."""

    @property
    def name(self) -> str:
        return self.examined.signature.signer.name or self.examined.signature.field


def weigh_all(reader: PdfFileReader, examined: list[Examined], limit: Limit) -> None:
    """Oldest signature first. Never raises: what cannot be compared cannot be called intact."""
    steps = Steps(reader=reader)
    passed = {id(one): one.signature.status == report.PASSED for one in examined}
    for one in examined:
        if not one.authentic or one.signature.covers_whole_document:
            continue
        try:
            with limit():
                later = steps.after(one.revision)
        except Exception as fault:  # noqa: BLE001  see above
            one.signature.intact = None
            words = f"Không xác định được nội dung bổ sung sau khi ký ({type(fault).__name__}: {fault})."
            unsure(one.signature, "SIG_CONSTRAINTS_FAILURE", words[:240])
            continue
        _weigh_tail(one, reader.stream, bool(later))
        for step in later:
            weigh(one, step, _author(one, step, examined, passed), reader)


def _author(one: Examined, step: Step, examined: list[Examined], passed: dict[int, bool]) -> Author | None:
    """The first authentic signature that covers the step; a time stamp answers for nobody."""
    covering = (x for x in examined if x.authentic and not x.is_timestamp and x.revision >= step.revision)
    found = next(covering, None)
    if found is None:
        return None
    verified = passed[id(found)]
    return Author(found, verified, verified or _vouched_alike(one, found))


def _vouched_alike(one: Examined, other: Examined) -> bool:
    """Whether one authority, known or not, issued both certificates: then they stand or fall together."""
    a, b = one.certificate, other.certificate
    if a is None or b is None:
        return False
    if a.dump() == b.dump():
        return True
    for authority in (*one.others, *other.others):
        if authority.subject != a.issuer or authority.subject != b.issuer or not authority.ca:
            continue
        try:
            issuer = load_der_x509_certificate(authority.dump())
            for issued in (a, b):
                load_der_x509_certificate(issued.dump()).verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return True
    return False


def _weigh_tail(one: Examined, stream: IO[bytes], later: bool) -> None:
    """Bytes that belong to no revision: white space is what a mail gateway adds, no more."""
    size = stream.seek(0, 2)
    start = one.end
    if later:
        stream.seek(max(one.end, size - _SHORT_TAIL))
        end = stream.read().rfind(_MARKS)
        if end < 0:
            _doubt(one, "Tệp có dữ liệu nối thêm sau phiên bản cuối, không rõ là gì.")
            return
        start = max(one.end, size - _SHORT_TAIL) + end
    stream.seek(start)
    rest = stream.read(_SHORT_TAIL).replace(_MARKS, b"").strip(b"\0\t\n\f\r ")
    if rest or stream.read(1):
        failed(one.signature, "FORMAT_FAILURE", "Tệp có dữ liệu nối thêm sau phần đã ký, không rõ là gì.")
    elif not later:
        one.signature.findings.append("Sau phần đã ký chỉ có thêm khoảng trắng.")


def weigh(one: Examined, step: Step, author: Author | None, reader: PdfFileReader | None = None) -> None:
    """Notes the step, and takes back the intactness that it spoils."""
    by = author.name if author else None
    one.signature.later_revisions.append(
        LaterRevision(
            revision=step.revision, by=by, field=author.examined.signature.field if author else None,
            what=step.what, changes_content=step.content, verified=author is not None and author.verified,
        )
    )  # fmt: skip
    if step.harmless:
        return
    locked = sorted({x.field for x in step.differences if x.field and one.permissions.locks(x.field)})
    if one.permissions.level == _NO_CHANGES:
        _forbidden(one, step)
    elif step.kind == Kind.SIGNATURE:
        _signed_again(one, step, author)
    elif locked and step.kind == Kind.FILL:
        failed(one.signature, "FORMAT_FAILURE", f"Trường “{locked[0]}” đã khóa khi ký vẫn bị sửa.")
    elif _allowed(one, step, reader):
        who = f" ({by} ký sau đó)" if by else ", không kèm chữ ký"
        one.signature.findings.append(f"Chữ ký cho phép và sau đó tệp được bổ sung: {step.what}{who}.")
    elif author is None:
        _unanswered(one, step)
    else:
        _answered(one, step, author)


def _forbidden(one: Examined, step: Step) -> None:
    if step.content:
        words = f"Chữ ký này không cho phép thay đổi gì, nhưng sau đó tệp bị sửa: {step.what}."
        failed(one.signature, "FORMAT_FAILURE", words)
    else:
        _doubt(one, "Chữ ký này không cho phép bổ sung gì, nhưng tệp vẫn được ký tiếp.")


def _signed_again(one: Examined, step: Step, author: Author | None) -> None:
    if author is None:
        _doubt(one, f"Sau khi ký có người {step.what} mà không có chữ ký hợp lệ kèm theo.")
    elif not author.equal and (one.signature.status == report.PASSED or one.permissions.level):
        _doubt(one, f"Sau khi ký, {author.name} (chưa xác minh được) {step.what}.")


def _allowed(one: Examined, step: Step, reader: PdfFileReader | None) -> bool:
    """Whether the signature itself allows the step to anybody, and the step hides nothing."""
    if step.kind == Kind.FILL:
        return one.permissions.level >= _FILLING
    if step.kind != Kind.NOTE or one.permissions.level != _REMARKS or reader is None:
        return False
    boxes = [(x.page, x.box) for x in step.differences if x.box is not None]
    return not boxes or not covers_something(reader.stream, one.end, boxes)


def _unanswered(one: Examined, step: Step) -> None:
    """Changed by nobody who can be named. An empty field filled in may still be honest; the rest is not."""
    if step.kind == Kind.FILL:
        _doubt(one, f"Sau khi ký có người {step.what} mà không ký xác nhận.")
    elif step.kind == Kind.NOTE and one.permissions.level == _REMARKS:
        _doubt(one, f"Sau khi ký có người {step.what}, che lên nội dung đã ký, mà không ký xác nhận.")
    else:
        words = f"Sau khi ký, tệp bị sửa mà không ai ký xác nhận: {step.what}."
        failed(one.signature, "FORMAT_FAILURE", words)


def _answered(one: Examined, step: Step, author: Author) -> None:
    if one.permissions.level and step.kind > Kind.FILL:
        _doubt(one, f"Chữ ký này không cho phép, nhưng sau đó {author.name} {step.what} và ký tiếp.")
    elif not author.equal:
        _doubt(one, f"Sau khi ký, {author.name} (chưa xác minh được) {step.what} rồi ký tiếp.")
    elif step.kind == Kind.ALTERS:
        _doubt(one, f"Sau khi ký, {author.name} {step.what}: nội dung đã ký không còn nguyên như khi ký.")
    else:
        one.signature.findings.append(f"Sau đó {author.name} {step.what} và ký xác nhận.")


def _doubt(one: Examined, finding: str) -> None:
    if one.signature.intact:
        one.signature.intact = None
    unsure(one.signature, "SIG_CONSTRAINTS_FAILURE", finding)
