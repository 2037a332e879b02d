"""Fixity: what an object must be like according to the records, and what every difference is called. Rules without I/O.

A finding is told to people, so each kind says what to do next; the words stand in one table.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from repository.blobs import BlobStat, locks

_STORE: Final = (
    "Không xóa gì. Báo tổ CNTT và kiểm tra viên; tìm trong nhật ký của kho ai đã dùng khóa truy cập. "
)
_LOG: Final = (
    "Không sửa gì thêm. Đối chiếu với nhật ký kiểm toán và bản sao lưu; lập biên bản, phục hồi từ bản sao. "
)

SWEPT: Final = timedelta(days=2)
"""An upload that broke off is swept within a day of its lock's end; before so much is over it is no finding."""

ADVICE: Final[dict[str, str]] = {
    "object.missing": _STORE + "Phục hồi tệp từ bản sao lưu; chưa có bản sao thì chạy tangthu restore.",
    "object.changed": _STORE + "Ngừng dùng bản này; phục hồi từ bản sao lưu có đúng SHA-256.",
    "object.short": _STORE + "Ngừng dùng bản này; phục hồi từ bản sao lưu có đúng SHA-256.",
    "object.unreadable": "Kiểm tra ổ đĩa của kho; phục hồi tệp từ bản sao lưu có đúng SHA-256.",
    "object.marked": _STORE + "Bản gốc còn nguyên bên dưới dấu xóa và vẫn đọc được theo mã phiên bản.",
    "object.unknown_version": _STORE
    + "Bản gốc còn nguyên và vẫn được đọc theo mã phiên bản; phiên bản lạ không thuộc hồ sơ nào.",
    "object.unlocked": _STORE
    + "Khóa lại ngay: tangthu work --drain; nếu khóa bị gỡ thì kho không giữ đúng luật.",
    "object.shortened": _STORE
    + "Hạn khóa trong kho ngắn hơn hạn đã ghi: kho đã cho rút ngắn, phải xem lại cấu hình.",
    "object.hold": _STORE + "Đặt lại lệnh phong tỏa theo hồ sơ, rồi tìm ai đã gỡ.",
    "object.orphan": "Tệp được khóa lâu dài mà không hồ sơ nào nhận: cơ sở dữ liệu có thể đã bị lùi hoặc xóa dòng. "
    "So với bản sao lưu trước khi làm gì khác.",
    "object.stale": "Tệp chưa từng được ghi nhận, đã hết khóa quá hai ngày mà chưa được dọn; "
    "xem việc định kỳ “Dọn tệp chưa từng được ghi nhận” có chạy xong không.",
    "object.stray": _STORE + "Tên này không do hệ thống đặt.",
    "row.changed": _LOG + "Dòng đã bị sửa thẳng trong cơ sở dữ liệu.",
    "row.missing": _LOG + "Dòng đã bị xóa thẳng trong cơ sở dữ liệu.",
    "row.unknown": _LOG + "Dòng được chèn thẳng vào cơ sở dữ liệu.",
    "row.old": _LOG + "Dòng đã bị đưa về một trạng thái cũ.",
    "row.malformed": _LOG
    + "Dòng có giá trị sai kiểu hoặc thiếu trường; phần kiểm tra dựa vào nó chưa làm được.",
    "versions.broken": _LOG + "Chuỗi phiên bản của văn bản không liền mạch.",
    "register.gap": _LOG + "Sổ thiếu số; không cấp lại số này.",
    "register.double": _LOG + "Một số có hai dòng.",
    "register.beyond": _LOG + "Sổ có dòng vượt quá số cuối đã cấp.",
    "line.document": _LOG + "Dòng trong sổ và văn bản không khớp nhau.",
    "closing.broken": _LOG + "Mã khóa sổ không còn khớp với các dòng của sổ.",
    "index.gap": "Chạy tangthu reindex; nếu còn, xem tangthu outbox. Bản gốc không bị ảnh hưởng.",
    "index.ghost": "Chạy tangthu reindex: chỉ mục có mục không thuộc văn bản nào.",
    "index.differs": "Chạy tangthu reindex: mục trong chỉ mục khác với văn bản; tìm ai đã ghi vào chỉ mục.",
    "fixity.late": "Vòng kiểm tra kéo dài quá 30 ngày: tăng tốc độ (--rate) hoặc chạy tangthu fixity ngoài giờ.",
    "fixity.many": "Có quá nhiều sự cố cùng loại; xem đủ bằng tangthu fixity --json.",
}
"""Kind of finding → what the reader is to do."""
MENDED: Final = (
    "Tệp đã được phục hồi từ bản sao lưu và khóa lại, không phải làm gì với văn bản. Bản hỏng vẫn nằm bên cạnh: "
    "không xóa; báo tổ CNTT và kiểm tra viên, tìm nguyên nhân trong nhật ký của kho."
)
"""What is left to do when the copy was put back."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What one record says about one object."""

    sha256: str
    version: str
    size: int
    owner: str
    """Id of the document, or of what else keeps the object."""
    kind: str = "documents"
    """The collection of the owner's row."""
    n: int = 0
    until: datetime | None = None
    held: bool = False
    lapses: bool = False
    """Its lock ends with its retention: over, it waits for the council and is no finding."""
    media_type: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is not as it was recorded."""

    kind: str
    subject_kind: str
    subject: str
    found: str
    sha256: str = ""
    mended: bool = False

    @property
    def todo(self) -> str:
        return MENDED if self.mended else ADVICE[self.kind]

    def as_row(self) -> dict[str, object]:
        return vars(self) | {"todo": self.todo}


@dataclass(frozen=True)
class Read:
    """What reading a version through gave: the lock as told, the hash and length of the bytes that came."""

    told: BlobStat
    sha256: str
    size: int


UNFIT: Final = (KeyError, TypeError, ValueError, AttributeError, IndexError)
"""What reading a row raises whose values are not what any change of ours writes: somebody else wrote it."""


def malformed(collection: str, row_id: object, fault: Exception) -> Finding:
    """A check that cannot be made over a row must not end the other checks, and must be told."""
    why = f"{type(fault).__name__}: {fault}"
    return Finding(
        kind="row.malformed", subject_kind=collection, subject=str(row_id),
        found=f"{collection}/{row_id}: có giá trị sai kiểu hoặc thiếu trường ({why})",
    )  # fmt: skip


def of_versions(
    listed: Iterable[BlobStat], claims: list[Claim], retired: frozenset[str] = frozenset()
) -> Iterator[Finding]:
    """What the listing of one key alone shows: markers, versions nobody recorded, versions that are gone."""
    known = {one.version for one in claims}
    seen = set()
    for one in listed:
        if one.marker:
            yield _of(claims[0], "object.marked", f"dấu xóa {one.version} nằm trên tệp {one.digest.short}")
            continue
        seen.add(one.version)
        if one.version not in known and one.version not in retired:
            yield _of(
                claims[0],
                "object.unknown_version",
                f"phiên bản {one.version} ({one.size} byte) của tệp {one.digest.short} không do hệ thống ghi",
            )
    for claim in claims:
        if claim.version not in seen:
            yield missing(claim)


def missing(claim: Claim) -> Finding:
    return _of(claim, "object.missing", f"{_named(claim)} không còn trong kho (phiên bản {claim.version})")


def unreadable(claim: Claim, why: str) -> Finding:
    return _of(claim, "object.unreadable", f"{_named(claim)}: kho không trả lại được nội dung ({why})")


def of_content(claim: Claim, read: Read, now: datetime) -> Iterator[Finding]:
    """What reading one recorded version through shows: bytes, length, lock, hold."""
    name = _named(claim)
    if read.size != claim.size:
        yield _of(claim, "object.short", f"{name}: còn {read.size} byte, khi lưu {claim.size} byte")
    elif read.sha256 != claim.sha256:
        yield _of(claim, "object.changed", f"{name}: SHA-256 hiện là {read.sha256}")
    yield from of_lock(claim, read.told, now)


def of_lock(claim: Claim, told: BlobStat, now: datetime) -> Iterator[Finding]:
    name = _named(claim)
    over = told.locked_until is None or (told.locked_until <= now and not claim.lapses)
    if told.lock_mode != locks.MODE or told.locked_until is None or over:
        how = f"{told.lock_mode or 'không khóa'} đến {told.locked_until or '–'}"
        yield _of(claim, "object.unlocked", f"{name}: {how}")
    elif claim.until and told.locked_until < claim.until - timedelta(seconds=1):
        yield _of(
            claim, "object.shortened", f"{name}: khóa đến {told.locked_until}, đã ghi đến {claim.until}"
        )
    if told.held != claim.held:
        now_words, then = ("đang", "không") if told.held else ("không", "có")
        yield _of(claim, "object.hold", f"{name}: kho {now_words} phong tỏa, hồ sơ ghi {then} phong tỏa")


def unclaimed(told: BlobStat, now: datetime) -> Finding | None:
    """An object without a record: on its way for a day; later swept, unless it is locked as only a record's is."""
    until = told.locked_until
    if told.held or (until is not None and until > now + locks.BIRTH + timedelta(hours=1)):
        kind, words = "object.orphan", f"khóa đến {until}"
    elif until is None or until <= now - SWEPT:
        kind, words = "object.stale", "đã hết khóa"
    else:
        return None
    return Finding(
        kind=kind, subject_kind="object", subject=told.digest.hex, sha256=told.digest.hex,
        found=f"tệp {told.digest.short} ({told.size} byte, {words}) không có hồ sơ nào nhận",
    )  # fmt: skip


def stray(key: str) -> Finding:
    return Finding(
        kind="object.stray", subject_kind="object", subject=key, found=f"kho có đối tượng lạ tên {key!r}"
    )


def _of(claim: Claim, kind: str, found: str) -> Finding:
    return Finding(kind=kind, subject_kind=claim.kind, subject=claim.owner, found=found, sha256=claim.sha256)


def _named(claim: Claim) -> str:
    place = f"phiên bản {claim.n} của {claim.owner}" if claim.n else claim.owner
    return f"tệp {claim.sha256[:12]} ({place})"
