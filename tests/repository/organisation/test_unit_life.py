"""A unit through its life: codes, dated names, heads, certificates, its end and its successor."""

from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.clock import local_date
from repository.dossiers.dossiers import DossierForm
from repository.organisation.certificates import CertificateRefused
from repository.organisation.people.postings import TransferForm
from repository.organisation.units.units import ClosingForm, RenameForm, UnitChange, UnitForm, name_on
from repository.wiring import Repository
from tests.factories import PASSWORD, District, stored

ROOT = operator("test")


def form(**fields) -> UnitForm:
    return UnitForm.model_validate({"id": "noi-vu", "name": "Phòng Nội vụ", "symbol": "NV"} | fields)


@pytest.mark.parametrize(
    "code", ["00.55.H29", "000.00.55.H29", "H37.DN.001", "vxp.saas.03", "0312345678", "A" * 35]
)
async def test_a_unit_is_found_by_any_of_its_codes(repository: Repository, code: str) -> None:
    await repository.units.create(ROOT, form(organ_id="H29.55", aliases=[code]))
    for asked in (code, code.lower(), "H29.55"):
        assert (await repository.units.by_code(asked))["_id"] == "noi-vu"
    with pytest.raises(errors.NotFound):
        await repository.units.by_code("H29")
    with pytest.raises(errors.Conflict):
        await repository.units.create(ROOT, form(id="khac", organ_id=code))


@pytest.mark.parametrize("code", ["A" * 36, "H29..55", ".H29", "H29 55", "H29/55", "<b>", "Đ29"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        form(organ_id=code)


async def test_a_name_holds_from_its_day(repository: Repository) -> None:
    await repository.units.create(ROOT, form())
    first, second = date(2025, 7, 1), date(2026, 3, 1)
    for revision, day, name in ((1, first, "Phòng Nội vụ – Lao động"), (2, second, "Phòng Tổ chức")):
        renamed = RenameForm(name=name, symbol="NVLĐ", since=day, reason="NQ 01")
        await repository.units.rename(ROOT, "noi-vu", renamed, revision=revision)
    row = await repository.units.get("noi-vu")
    told = [name_on(row, day) for day in (date(2020, 1, 1), first, second - timedelta(days=1), second)]
    assert told == ["Phòng Nội vụ", "Phòng Nội vụ – Lao động", "Phòng Nội vụ – Lao động", "Phòng Tổ chức"]
    for wrong in (first, local_date(repository.clock.now()) + timedelta(days=2)):
        with pytest.raises(errors.Invalid):
            late = RenameForm(name="Tên nữa", symbol="X", since=wrong, reason="NQ 02")
            await repository.units.rename(ROOT, "noi-vu", late, revision=3)
    with pytest.raises(errors.Stale):
        late = RenameForm(name="Tên nữa", symbol="X", since=date(2026, 4, 1), reason="NQ 02")
        await repository.units.rename(ROOT, "noi-vu", late, revision=1)


async def test_the_tree_has_no_loops_and_no_dead_ends(repository: Repository) -> None:
    await repository.units.create(ROOT, form())
    await repository.units.create(ROOT, form(id="to-a", parent="noi-vu"))
    for parent in ("noi-vu", "to-a", "khong-co"):
        with pytest.raises(errors.Invalid):
            await repository.units.edit(ROOT, "noi-vu", UnitChange(parent=parent), revision=1)
    with pytest.raises(errors.Invalid):
        await repository.units.create(ROOT, form(id="to-b", parent="khong-co"))


async def test_units_without_a_working_head_are_reported(repository: Repository, district: District) -> None:
    assert [one["_id"] for one in await repository.units.headless()] == ["phuong-a", "van-phong"]
    await repository.units.edit(ROOT, "van-phong", UnitChange(head="vt.vanphong"), revision=1)
    assert [one["_id"] for one in await repository.units.headless()] == ["phuong-a"]
    with pytest.raises(errors.Invalid):
        await repository.units.edit(ROOT, "phuong-a", UnitChange(head="khong.co"), revision=1)
    await repository.people.disable(ROOT, district.clerk.id, "nghỉ")
    assert len(await repository.units.headless()) == 2


@pytest.mark.clause("Đ1.p2")
async def test_a_closed_unit_is_read_by_its_successor_and_written_by_nobody(
    repository: Repository,
    district: District,
) -> None:
    gone, heir = district.foreign_clerk, district.clerk
    paper = await stored(repository, gone)
    dossier = await repository.dossiers.open(gone, DossierForm(code="01", title="Việc của phường cũ"))
    await repository.dossiers.close(gone, dossier["_id"])
    closing = ClosingForm(successor="van-phong", on=date(2025, 7, 1), reason="Bỏ cấp quận")
    with pytest.raises(errors.Conflict):
        await repository.units.close(ROOT, "phuong-a", closing, revision=1)
    with pytest.raises(errors.NotFound):
        await repository.documents.get(heir, paper["_id"])

    move = TransferForm(unit="van-phong", title="Chuyên viên", roles=[Role.OFFICER], reason="sắp xếp lại")
    await repository.postings.transfer(ROOT, gone.id, move)
    for wrong in ("phuong-a", "khong-co"):
        with pytest.raises(errors.Invalid):
            await repository.units.close(
                ROOT,
                "phuong-a",
                closing.model_copy(update={"successor": wrong}),
                revision=1,
            )
    await repository.units.close(ROOT, "phuong-a", closing, revision=1)

    assert await repository.credentials.of_token(district.foreign_token) is None
    secret, _ = await repository.credentials.log_in("vt.vanphong", PASSWORD)
    reader = await repository.credentials.of_session(secret)
    assert reader is not None and reader.units == ["van-phong", "phuong-a"]
    assert (await repository.documents.get(reader, paper["_id"]))["unit"] == "phuong-a"
    assert (await repository.dossiers.get(reader, dossier["_id"]))["title"] == "Việc của phường cũ"
    book = await repository.registers.get(reader, district.foreign_incoming["_id"])
    assert book["closed"] and book["_id"] in [
        one["_id"] for one in await repository.registers.visible(reader)
    ]
    with pytest.raises(errors.Forbidden):
        await repository.dossiers.reopen(reader, dossier["_id"], "thử")
    machine = await repository.credentials.of_token(district.token)
    assert machine is not None and machine.units == ["van-phong", "phuong-a"]

    with pytest.raises(errors.Invalid):
        await repository.credentials.issue_token(
            ROOT,
            system="x",
            unit="phuong-a",
            scopes=[Permission.SEARCH],
            lasts=timedelta(1),
        )
    with pytest.raises(errors.Invalid):
        await repository.postings.transfer(ROOT, gone.id, move.model_copy(update={"unit": "phuong-a"}))
    with pytest.raises(errors.Conflict):
        await repository.units.close(ROOT, "phuong-a", closing, revision=2)


def certificate(encoding: serialization.Encoding, *, days: int = 365) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ủy ban nhân dân phường Hoa Sữa")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(0xABC)
        .not_valid_before(start).not_valid_after(start + timedelta(days=days)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(encoding)


@pytest.mark.parametrize("encoding", [serialization.Encoding.PEM, serialization.Encoding.DER])
async def test_a_certificates_facts_are_kept(repository: Repository, encoding) -> None:
    await repository.units.create(ROOT, form())
    content = certificate(encoding)
    facts = await repository.certificates.add(ROOT, "noi-vu", content)
    assert facts["serial"] == "ABC" and facts["subject"] == "CN=Ủy ban nhân dân phường Hoa Sữa"
    kept = (await repository.units.get("noi-vu"))["certificates"]
    assert kept[0]["sha256"] == facts["sha256"] and kept[0]["not_after"] == datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(errors.Conflict):
        await repository.certificates.add(ROOT, "noi-vu", content)


async def test_neither_keys_nor_junk_are_kept(repository: Repository) -> None:
    await repository.units.create(ROOT, form())
    marker = b"-----BEGIN " + b"PRIVATE KEY-----\nx"
    for junk in (
        b"",
        b"x",
        b"\x30\x82",
        marker,
        certificate(serialization.Encoding.PEM) + marker,
        b"A" * 70_000,
    ):
        with pytest.raises(CertificateRefused):
            await repository.certificates.add(ROOT, "noi-vu", junk)
    assert (await repository.units.get("noi-vu"))["certificates"] == []
