"""A small made-up urban district, its people and its correspondents. Nothing here exists: the city, the wards
and every code under H99 are invented (the level-one codes in use stop well below 99).
Codes have the four-group form of QCVN 102:2016: XXX.YY.ZZ.CNN, read from right to left.
"""

from dataclasses import dataclass
from typing import Literal

UnitKind = Literal["district", "office", "department", "ward"]
Role = Literal["clerk", "officer", "leader", "unit_admin", "it", "auditor"]
Direction = Literal["incoming", "outgoing"]
CertificateState = Literal["good", "expired", "revoked", "stranger"]

CITY = "thành phố Sao Mai"
DISTRICT = "quận Hòa Mai"


@dataclass(frozen=True)
class UnitRow:
    """An organisational unit; parents stand before their children, `head` is a username."""

    id: str
    name: str
    short_symbol: str
    organ_id: str
    kind: UnitKind
    parent: str | None
    head: str


@dataclass(frozen=True)
class PersonRow:
    """An account of the demonstration: who it is, where, and what the person does there."""

    username: str
    full_name: str
    unit: str
    roles: tuple[Role, ...]
    title: str


@dataclass(frozen=True)
class RegisterRow:
    """One book of one unit for one year."""

    id: str
    unit: str
    year: int
    direction: Direction
    name: str


@dataclass(frozen=True)
class OutsiderRow:
    """An agency or firm that writes to the district, and the one person there who signs."""

    id: str
    name: str
    organ_id: str
    place: str
    signer: str
    signer_title: str
    certificate: CertificateState = "good"


UNITS: tuple[UnitRow, ...] = (
    UnitRow(
        "ubnd-quan", "Ủy ban nhân dân quận Hòa Mai", "UBND", "000.00.21.H99", "district", None, "ld.chutich"
    ),
    UnitRow(
        "van-phong",
        "Văn phòng Ủy ban nhân dân quận Hòa Mai",
        "VP",
        "000.01.21.H99",
        "office",
        "ubnd-quan",
        "ld.vanphong",
    ),
    UnitRow(
        "noi-vu", "Phòng Nội vụ quận Hòa Mai", "NV", "000.02.21.H99", "department", "ubnd-quan", "ld.noivu"
    ),
    UnitRow(
        "tai-chinh",
        "Phòng Tài chính - Kế hoạch quận Hòa Mai",
        "TCKH",
        "000.03.21.H99",
        "department",
        "ubnd-quan",
        "ld.taichinh",
    ),
    UnitRow(
        "van-hoa",
        "Phòng Văn hóa và Thông tin quận Hòa Mai",
        "VHTT",
        "000.04.21.H99",
        "department",
        "ubnd-quan",
        "ld.vanhoa",
    ),
    UnitRow(
        "phuong-hoa-sua",
        "Ủy ban nhân dân phường Hoa Sữa",
        "UBND",
        "000.11.21.H99",
        "ward",
        "ubnd-quan",
        "ld.hoasua",
    ),
    UnitRow(
        "phuong-bang-lang",
        "Ủy ban nhân dân phường Bằng Lăng",
        "UBND",
        "000.12.21.H99",
        "ward",
        "ubnd-quan",
        "ld.banglang",
    ),
    UnitRow(
        "phuong-phuong-vi",
        "Ủy ban nhân dân phường Phượng Vĩ",
        "UBND",
        "000.13.21.H99",
        "ward",
        "ubnd-quan",
        "ld.phuongvi",
    ),
)

PEOPLE: tuple[PersonRow, ...] = (
    PersonRow("ld.chutich", "Nguyễn Thị Minh Hòa", "ubnd-quan", ("leader",), "Chủ tịch UBND quận"),
    PersonRow("ld.phochutich", "Trần Quốc Bảo", "ubnd-quan", ("leader",), "Phó Chủ tịch UBND quận"),
    PersonRow("ld.vanphong", "Võ Hoàng Sơn", "van-phong", ("leader",), "Chánh Văn phòng"),
    PersonRow("vt.vanphong", "Lê Thị Thanh Thúy", "van-phong", ("clerk",), "Văn thư UBND quận"),
    PersonRow("cv.vanphong", "Phạm Đức Anh", "van-phong", ("officer",), "Chuyên viên tổng hợp"),
    PersonRow("qt.vanphong", "Đặng Ngọc Quỳnh", "van-phong", ("unit_admin", "officer"), "Quản trị đơn vị"),
    PersonRow("it.cntt", "Bùi Tiến Dũng", "van-phong", ("it",), "Tổ Công nghệ thông tin"),
    PersonRow("kt.kiemtra", "Hoàng Thị Mỹ Lệ", "ubnd-quan", ("auditor",), "Kiểm tra viên"),
    PersonRow("ld.noivu", "Huỳnh Văn Phước", "noi-vu", ("leader",), "Trưởng phòng Nội vụ"),
    PersonRow("cv.noivu", "Ngô Khánh Linh", "noi-vu", ("officer", "clerk"), "Chuyên viên văn thư, lưu trữ"),
    PersonRow("ld.taichinh", "Đỗ Thị Kim Oanh", "tai-chinh", ("leader",), "Trưởng phòng TC-KH"),
    PersonRow("cv.taichinh", "Lý Gia Huy", "tai-chinh", ("officer", "clerk"), "Chuyên viên ngân sách"),
    PersonRow("ld.vanhoa", "Phan Thị Tường Vy", "van-hoa", ("leader",), "Trưởng phòng VH&TT"),
    PersonRow("cv.vanhoa", "Đinh Công Thành", "van-hoa", ("officer", "clerk"), "Chuyên viên chuyển đổi số"),
    PersonRow("ld.hoasua", "Dương Thế Vinh", "phuong-hoa-sua", ("leader",), "Chủ tịch UBND phường"),
    PersonRow("vt.hoasua", "Trương Ái Nhi", "phuong-hoa-sua", ("clerk", "officer"), "Văn phòng - Thống kê"),
    PersonRow("ld.banglang", "Mai Xuân Trường", "phuong-bang-lang", ("leader",), "Chủ tịch UBND phường"),
    PersonRow(
        "vt.banglang", "Hồ Diễm Hương", "phuong-bang-lang", ("clerk", "officer"), "Văn phòng - Thống kê"
    ),
    PersonRow("ld.phuongvi", "Tô Vĩnh Khang", "phuong-phuong-vi", ("leader",), "Chủ tịch UBND phường"),
    PersonRow("vt.phuongvi", "Cao Thị Bích Ngọc", "phuong-phuong-vi", ("clerk",), "Văn phòng - Thống kê"),
)

OUTSIDERS: tuple[OutsiderRow, ...] = (
    OutsiderRow(
        "ubnd-tp", "Ủy ban nhân dân thành phố Sao Mai", "000.00.00.H99", "Sao Mai", "Lâm Chí Công", "CHỦ TỊCH"
    ),
    OutsiderRow(
        "so-noi-vu",
        "Sở Nội vụ thành phố Sao Mai",
        "000.00.05.H99",
        "Sao Mai",
        "Châu Thị Ngọc Diệp",
        "GIÁM ĐỐC",
    ),
    OutsiderRow(
        "so-tai-chinh",
        "Sở Tài chính thành phố Sao Mai",
        "000.00.06.H99",
        "Sao Mai",
        "Tạ Hữu Nghĩa",
        "GIÁM ĐỐC",
        "expired",
    ),
    OutsiderRow(
        "so-xay-dung",
        "Sở Xây dựng thành phố Sao Mai",
        "000.00.07.H99",
        "Sao Mai",
        "Quách Đình Lộc",
        "GIÁM ĐỐC",
        "revoked",
    ),
    OutsiderRow(
        "cty-anh-duong",
        "Công ty TNHH Giải pháp Số Ánh Dương",
        "",
        "Sao Mai",
        "Vương Tấn Phát",
        "GIÁM ĐỐC",
        "stranger",
    ),
)


def registers(year: int) -> tuple[RegisterRow, ...]:
    """The books opened on the first of January: one incoming, one outgoing for every unit."""
    books: list[RegisterRow] = []
    for unit in UNITS:
        if unit.id == "ubnd-quan":  # its books are kept by the office, as everywhere
            continue
        keeper = "UBND quận Hòa Mai" if unit.id == "van-phong" else unit.name
        books += [
            RegisterRow(
                f"{unit.id}-{year}-den", unit.id, year, "incoming", f"Sổ văn bản đến {year} - {keeper}"
            ),
            RegisterRow(
                f"{unit.id}-{year}-di", unit.id, year, "outgoing", f"Sổ văn bản đi {year} - {keeper}"
            ),
        ]
    return tuple(books)


def party(key: str) -> dict[str, str]:
    """Name and code of a unit or an outside agency, as metadata wants issuers and recipients."""
    rows: tuple[UnitRow | OutsiderRow, ...] = (*UNITS, *OUTSIDERS)
    row = next(row for row in rows if row.id == key)
    return {"name": row.name, "organ_id": row.organ_id}


def person(username: str) -> PersonRow:
    """The person of an account."""
    return next(row for row in PEOPLE if row.username == username)
