"""The demonstration's documents: files on disk with the metadata they are registered under and what is to be
expected of their signatures. A file that is already there is kept, so a second run brings the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ops.demo.district import OUTSIDERS, PEOPLE, UNITS, party
from ops.demo.office import image_file, opendocument, scanned, sheet, word
from ops.demo.papers import Paper, Printed, papers, render
from ops.demo.pki import DemoPki
from ops.demo.signing import alter, number_and_date, sign_agency, sign_person

Expected = Literal[
    "agency+person",
    "agency",
    "person",
    "none",
    "altered",
    "expired",
    "revoked",
    "unknown_chain",
    "later_revision",
]
# signature fields, in the order of their revisions
FIELDS: dict[Expected, tuple[str, ...]] = {
    "agency+person": ("person", "agency"),
    "agency": ("agency",),
    "person": ("person",),
    "none": (),
    "altered": ("person", "agency"),
    "expired": ("person", "agency"),
    "revoked": ("person", "agency"),
    "unknown_chain": ("person", "agency"),
    "later_revision": ("person", "agency", "agency", "agency"),
}

_AMOUNT, _TAMPERED = "350.000.000", "850.000.000"


@dataclass(frozen=True)
class Sample:
    """One file, its `metadata` for POST /api/v1/documents, and what its signatures must turn out to be."""

    key: str
    path: Path
    metadata: dict[str, Any]
    expected: Expected
    timestamped: bool = False

    @property
    def signature_kinds(self) -> tuple[str, ...]:
        """`person` or `agency` for each signature, in the order of signing."""
        return FIELDS[self.expected]


@dataclass(frozen=True)
class _Plan:
    """How one paper becomes a sample: who keeps it, who sent it to whom, how it is signed."""

    paper: str
    unit: str
    direction: str
    to: tuple[str, ...]
    expected: Expected
    stamped: bool = False
    form: Literal["pdf", "scan.pdf", "png", "tiff", "docx"] = "pdf"


_WARDS = ("phuong-hoa-sua", "phuong-bang-lang", "phuong-phuong-vi")
_ROOMS = ("noi-vu", "tai-chinh", "van-hoa")
_OFFICE = ("ubnd-quan",)

PLANS: tuple[_Plan, ...] = (
    # what the district sends, 01 to 07 of one yearly series in the order of dates
    _Plan("qd-to-so-hoa", "van-phong", "outgoing", ("noi-vu", *_WARDS), "agency+person"),
    _Plan("ct-cong-tac-van-thu", "van-phong", "outgoing", (*_ROOMS, *_WARDS), "agency+person", stamped=True),
    _Plan("kh-cai-cach-hanh-chinh", "van-phong", "outgoing", ("ubnd-tp", *_ROOMS, *_WARDS), "later_revision"),
    _Plan("cv-don-doc-ho-so", "van-phong", "outgoing", (*_ROOMS, *_WARDS), "agency+person"),
    _Plan(
        "tb-ket-luan-hop",
        "van-phong",
        "outgoing",
        ("phuong-hoa-sua", "tai-chinh"),
        "agency+person",
        stamped=True,
    ),
    _Plan("gm-hop-giao-ban", "van-phong", "outgoing", (*_ROOMS, *_WARDS), "agency"),
    _Plan("bc-quy-mot", "van-phong", "outgoing", ("ubnd-tp",), "person"),
    # what comes in
    _Plan("qd-71-quy-che", "van-phong", "incoming", _OFFICE, "agency+person", stamped=True),
    _Plan("cd-mua-lu", "van-phong", "incoming", _OFFICE, "agency+person"),
    _Plan("cv-huong-dan-luu-tru", "van-phong", "incoming", _OFFICE, "agency+person"),
    _Plan("tb-du-toan", "van-phong", "incoming", _OFFICE, "expired"),
    _Plan("cv-xay-dung", "van-phong", "incoming", _OFFICE, "revoked"),
    _Plan("cv-gioi-thieu", "van-phong", "incoming", _OFFICE, "unknown_chain"),
    _Plan("qd-du-toan-phuong", "van-phong", "incoming", _OFFICE, "altered"),
    _Plan("bc-ngap-ung", "van-phong", "incoming", _OFFICE, "agency+person"),
    _Plan("cv-2019-giay", "van-phong", "incoming", _OFFICE, "none", form="scan.pdf"),
    _Plan("cv-2019-giay", "phuong-phuong-vi", "outgoing", _OFFICE, "none", form="tiff"),
    _Plan("gm-hop-giao-ban", "phuong-hoa-sua", "incoming", ("phuong-hoa-sua",), "none", form="png"),
    # the same bytes in a second place: one object, a second reference
    _Plan("ct-cong-tac-van-thu", "phuong-bang-lang", "incoming", _WARDS, "agency+person", stamped=True),
    # inside the house
    _Plan("ttr-kinh-phi-so-hoa", "noi-vu", "internal", _OFFICE, "agency+person"),
    _Plan("ttr-kinh-phi-so-hoa", "noi-vu", "internal", _OFFICE, "none", form="docx"),
)


def make_samples(folder: Path, pki: DemoPki) -> list[Sample]:
    """All samples, made where they are missing. Blocking: from async code call it in a thread."""
    folder.mkdir(parents=True, exist_ok=True)
    _forget_other_signers(folder, pki)
    made = [_planned(folder, plan, pki) for plan in PLANS]
    return [*made, *_office_files(folder)]


def _planned(folder: Path, plan: _Plan, pki: DemoPki) -> Sample:
    paper = papers()[plan.paper]
    path = folder / f"{plan.paper}.{plan.form}"
    _keep(path, lambda: _made(paper, plan, pki))
    return Sample(
        key=f"{plan.unit}/{path.name}",
        path=path,
        metadata=_metadata(paper, plan),
        expected=plan.expected,
        timestamped=plan.stamped,
    )


def _metadata(paper: Paper, plan: _Plan) -> dict[str, Any]:
    return {
        "unit": plan.unit,
        "direction": plan.direction,
        "symbol": paper.symbol,
        "issued_on": paper.date.isoformat(),
        "document_type": paper.type,
        "subject": _subject(paper),
        "issuer": party(paper.issuer),
        "recipients": [party(key) for key in plan.to],
        "urgency": paper.urgency,
        "classification": "thuong",
    }


def _subject(paper: Paper) -> str:
    bare = paper.subject.removeprefix("V/v ")
    return bare[0].upper() + bare[1:]


def _made(paper: Paper, plan: _Plan, pki: DemoPki) -> bytes:
    if plan.form == "docx":
        return word(paper)
    # the tampered paper is printed uncompressed, so that one changed byte is one changed figure
    amount = {"amount": _AMOUNT} if plan.expected == "altered" else {}
    printed = render(
        paper, blank=plan.expected == "later_revision", compress=plan.expected != "altered", **amount
    )
    if plan.form != "pdf":
        wet = _signed(printed, paper, "agency+person", pki, stamped=False)
        return image_file(scanned(wet), {"scan.pdf": "PDF"}.get(plan.form, plan.form.upper()))
    signed = _signed(printed, paper, plan.expected, pki, stamped=plan.stamped)
    if plan.expected == "altered":
        return alter(signed, _AMOUNT, _TAMPERED)
    return signed


def _signed(printed: Printed, paper: Paper, expected: Expected, pki: DemoPki, *, stamped: bool) -> bytes:
    kinds = FIELDS[expected]
    pdf = printed.pdf
    if "person" in kinds:
        pdf = sign_person(pdf, paper, printed, pki, _holder(paper), stamped=stamped)
    if "agency" in kinds:
        name = party(paper.issuer)["name"]
        pdf = sign_agency(pdf, paper, printed, pki, paper.issuer, name=name, stamped=stamped)
    if expected == "later_revision":
        pdf = number_and_date(pdf, paper, printed, pki, paper.issuer)
    return pdf


def _holder(paper: Paper) -> str:
    """Whose certificate signs: the account of the district, or the one person of an outside agency."""
    if any(row.id == paper.issuer for row in OUTSIDERS):
        return f"{paper.issuer}.ld"
    return next(row.username for row in PEOPLE if row.full_name == paper.signer)


def _office_files(folder: Path) -> list[Sample]:
    table, note = folder / "du-toan-so-hoa-2026.xlsx", folder / "ghi-chu-hop-van-hoa.odt"
    title = "Bảng dự toán kinh phí số hóa tài liệu lưu trữ năm 2026"
    head = ("STT", "Nội dung", "Khối lượng", "Đơn giá", "Thành tiền (đồng)")
    rows = (
        (1, "Chỉnh lý và số hóa hồ sơ hộ tịch", "60.000 trang", 5000, 300_000_000),
        (2, "Số hóa hồ sơ đất đai", "36.000 trang", 5500, 198_000_000),
        (3, "Kiểm tra chất lượng, ký số xác nhận", "96.000 trang", 900, 86_400_000),
        (4, "Hộp, bìa hồ sơ và vận chuyển", "1.460 hồ sơ", 18_904, 27_600_000),
    )
    lines = (
        "Thành phần: bà Phan Thị Tường Vy, ông Đinh Công Thành và đại diện ba phường.",
        "Thống nhất tổ chức Ngày hội đọc sách tại công viên Xuân Mai vào cuối tháng 4 năm 2026.",
        "Phường Phượng Vĩ lo sân khấu; Phòng Văn hóa và Thông tin mời diễn giả và làm áp phích.",
    )
    _keep(table, lambda: sheet(title, head, rows))
    _keep(note, lambda: opendocument("Ghi chú cuộc họp chuẩn bị Ngày hội đọc sách", lines))
    return [
        _loose(table, "tai-chinh", "BB", "2026-02-10", title),
        _loose(
            note,
            "van-hoa",
            "BB",
            "2026-04-02",
            "Biên bản họp chuẩn bị Ngày hội đọc sách quận Hòa Mai năm 2026",
        ),
    ]


def _loose(path: Path, unit: str, kind: str, day: str, subject: str) -> Sample:
    symbol = next(row.short_symbol for row in UNITS if row.id == unit)
    metadata = {
        "unit": unit,
        "direction": "internal",
        "symbol": f"01/{kind}-{symbol}",
        "issued_on": day,
        "document_type": kind,
        "subject": subject,
        "issuer": party(unit),
        "recipients": [],
        "urgency": 0,
        "classification": "thuong",
    }
    return Sample(key=f"{unit}/{path.name}", path=path, metadata=metadata, expected="none")


def _forget_other_signers(folder: Path, pki: DemoPki) -> None:
    """Papers signed under a PKI since thrown away would all be strangers: they are made again."""
    marker, root = folder / ".anchors.pem", pki.anchors.read_bytes()
    if marker.exists() and marker.read_bytes() == root:
        return
    for plan in PLANS:
        (folder / f"{plan.paper}.{plan.form}").unlink(missing_ok=True)
    marker.write_bytes(root)


def _keep(path: Path, make: Callable[[], bytes]) -> None:
    """Writes what is missing; a torn write leaves no half file under the real name."""
    if not path.exists():
        part = path.with_name(path.name + ".part")
        part.write_bytes(make())
        part.rename(path)
