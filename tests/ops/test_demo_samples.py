"""The demonstration: its papers open and read as Vietnamese, and are signed as they claim."""

import io
import logging
import re
import shutil
import stat
import unicodedata
import zipfile

import docx
import openpyxl
import pypdfium2
import pytest
from PIL import Image
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from ops.demo.district import OUTSIDERS, PEOPLE, UNITS, registers
from ops.demo.papers import papers, render
from ops.demo.pki import DemoPki
from ops.demo.samples import PLANS, make_samples

SIGNED = sorted({f"{plan.unit}/{plan.paper}.pdf" for plan in PLANS if plan.form == "pdf"})
# intact, trusted, why not trusted; a broken signature's chain is not looked at
STATUSES = {
    "altered": (False, False, None),
    "expired": (True, False, "OUT_OF_BOUNDS_NO_POE"),
    "revoked": (True, False, "REVOKED_NO_POE"),
    "unknown_chain": (True, False, "NO_CERTIFICATE_CHAIN_FOUND"),
}
ALL_ROLES = {"clerk", "officer", "leader", "unit_admin", "it", "auditor"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def pki(home):
    return DemoPki.open(home / "pki")


@pytest.fixture(scope="module")
def samples(home, pki):
    return {sample.key: sample for sample in make_samples(home / "files", pki)}


def verdicts(path, pki):
    """(field, status) of each signature, trusting the demonstration's root and nothing else."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # expected failures are logged with a traceback
    root = load_cert_from_pemder(str(pki.anchors))
    found = []
    for signature in PdfFileReader(io.BytesIO(path.read_bytes())).embedded_signatures:
        context = ValidationContext(trust_roots=[root], crls=[one.read_bytes() for one in pki.crls])
        status = validate_pdf_signature(signature, context, ts_validation_context=context)
        found.append((signature, status))
    return found


def words(path):
    with pypdfium2.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return re.sub(r"\s+", " ", " ".join(pages)).replace("\ufffe", "")


# --- the district ---


def test_the_district_is_whole():
    ids = [unit.id for unit in UNITS]
    assert [unit.kind for unit in UNITS].count("ward") == 3
    assert [unit.kind for unit in UNITS].count("department") == 3
    for index, unit in enumerate(UNITS):
        assert unit.parent is None or unit.parent in ids[:index]  # parents stand before their children
        assert unit.head in {one.username for one in PEOPLE if "leader" in one.roles}
    assert {role for one in PEOPLE for role in one.roles} == ALL_ROLES
    assert {one.unit for one in PEOPLE} <= set(ids)
    assert len({one.username for one in PEOPLE}) == len(PEOPLE)


def test_organ_codes_are_unique_and_in_four_groups():
    codes = [row.organ_id for row in (*UNITS, *OUTSIDERS) if row.organ_id]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert re.fullmatch(r"\d{3}\.\d{2}\.\d{2}\.H99", code)


def test_every_unit_has_its_two_books():
    books = registers(2026)
    assert len({book.id for book in books}) == len(books) == 2 * (len(UNITS) - 1)
    assert all("2026" in book.name for book in books)


def test_all_words_are_nfc():
    texts = [unit.name for unit in UNITS] + [one.full_name for one in PEOPLE]
    texts += [line for paper in papers().values() for line in (paper.subject, *paper.body)]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)


# --- the PKI ---


def test_pki_is_made_once_and_kept_private(pki, home):
    before = pki.certificate("ubnd-quan").dump()
    assert DemoPki.open(home / "pki").certificate("ubnd-quan").dump() == before
    keys = list((home / "pki" / "keys").iterdir())
    assert len(keys) > len(UNITS) + len(PEOPLE)
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}
    assert b"PRIVATE" not in pki.anchors.read_bytes() + pki.intermediates.read_bytes()


def test_an_interrupted_making_starts_anew(tmp_path):
    (tmp_path / "pki.part" / "keys").mkdir(parents=True)
    (tmp_path / "pki.part" / "keys" / "ubnd-quan.pem").write_text("torn")
    assert DemoPki.open(tmp_path / "pki").signer("ubnd-quan").signing_cert.subject


def test_agency_and_person_are_told_apart_by_the_certificate(pki):
    agency, person = pki.certificate("noi-vu").subject.native, pki.certificate("ld.noivu").subject.native
    assert agency["common_name"] == "Phòng Nội vụ quận Hòa Mai"
    assert agency["user_id"].startswith("MST:")
    assert person["common_name"] == "Huỳnh Văn Phước"
    assert person["email_address"].startswith("ld.noivu@")
    assert person["organizational_unit_name"] == agency["common_name"]
    assert "user_id" not in person


# --- the papers and their signatures ---


@pytest.mark.parametrize("key", SIGNED)
def test_the_text_layer_is_the_papers_vietnamese(samples, key):
    sample = samples[key]
    text = words(sample.path)
    paper = papers()[sample.path.name.removesuffix(".pdf")]
    assert unicodedata.is_normalized("NFC", text)
    assert (paper.shown or paper.subject) in text
    assert paper.body[-1] in text
    assert paper.signer in text
    if sample.expected != "later_revision":  # there the number is part of a signature's picture
        assert f"Số: {paper.symbol}" in text


@pytest.mark.parametrize("key", SIGNED)
def test_signatures_are_what_the_sample_says(samples, pki, key):
    sample = samples[key]
    found = verdicts(sample.path, pki)
    kinds = tuple("agency" if "user_id" in s.signer_cert.subject.native else "person" for s, _ in found)
    assert kinds == sample.signature_kinds
    assert {signature.sig_object["/SubFilter"] for signature, _ in found} == {"/ETSI.CAdES.detached"}
    statuses = {
        (status.intact, status.trusted, getattr(status.trust_problem_indic, "name", None))
        for _, status in found
    }
    assert statuses == {STATUSES.get(sample.expected, (True, True, None))}
    assert all((status.timestamp_validity is not None) == sample.timestamped for _, status in found)
    day = sample.metadata["issued_on"]
    assert all(status.signer_reported_dt.date().isoformat() == day for _, status in found)
    names = {s.signer_cert.subject.native["common_name"] for s, _ in found}
    assert "agency" not in kinds or sample.metadata["issuer"]["name"] in names


def test_later_revisions_are_honest_and_the_last_covers_all(samples, pki):
    found = verdicts(samples["van-phong/kh-cai-cach-hanh-chinh.pdf"].path, pki)
    assert [signature.field_name for signature, _ in found] == [
        "ChuKyNguoiKy", "ChuKyCoQuan", "SoVanBan", "NgayVanBan",
    ]  # fmt: skip
    assert all(status.modification_level <= ModificationLevel.FORM_FILLING for _, status in found)
    assert found[-1][1].modification_level == ModificationLevel.NONE


def test_the_forged_paper_differs_in_one_byte_and_shows_the_forged_sum(samples):
    sample = samples["van-phong/qd-du-toan-phuong.pdf"]
    assert "tổng kinh phí 850.000.000 đồng" in words(sample.path)
    honest = render(papers()["qd-du-toan-phuong"], compress=False, amount="350.000.000").pdf
    forged = sample.path.read_bytes()[: len(honest)]
    assert sum(a != b for a, b in zip(honest, forged, strict=True)) == 1


def test_the_seal_covers_about_a_third_of_the_hand(samples):
    reader = PdfFileReader(io.BytesIO(samples["van-phong/qd-to-so-hoa.pdf"].path.read_bytes()))
    boxes = {s.field_name: [float(edge) for edge in s.sig_field["/Rect"]] for s in reader.embedded_signatures}
    hand, seal = boxes["ChuKyNguoiKy"], boxes["ChuKyCoQuan"]
    covered = (min(hand[2], seal[2]) - max(hand[0], seal[0])) / (hand[2] - hand[0])
    assert seal[0] < hand[0]
    assert 0.28 < covered < 0.4
    assert seal[2] - seal[0] == pytest.approx(36 / 25.4 * 72, abs=2)  # real size: 36 mm across


# --- the other files, and all of them together ---


def test_scans_are_pictures_without_words(samples):
    scan = samples["van-phong/cv-2019-giay.scan.pdf"].path
    assert words(scan).strip() == ""
    assert not PdfFileReader(io.BytesIO(scan.read_bytes())).embedded_signatures
    for key in ("phuong-phuong-vi/cv-2019-giay.tiff", "phuong-hoa-sua/gm-hop-giao-ban.png"):
        with Image.open(samples[key].path) as picture:
            assert round(picture.info["dpi"][0]) == 200
            assert picture.size == (1654, 2339)  # A4
            low, high = picture.convert("L").getextrema()
            assert (low < 80, high) == (True, 255)


def test_office_files_open_and_carry_their_words(samples):
    draft = docx.Document(samples["noi-vu/ttr-kinh-phi-so-hoa.docx"].path)
    assert "Kính trình Ủy ban nhân dân quận xem xét, quyết định./." in [p.text for p in draft.paragraphs]
    book = openpyxl.load_workbook(samples["tai-chinh/du-toan-so-hoa-2026.xlsx"].path, read_only=True)
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[-1][-1] == 612_000_000  # the sum the department's submission asks for
    book.close()
    with zipfile.ZipFile(samples["van-hoa/ghi-chu-hop-van-hoa.odt"].path) as pack:
        assert pack.infolist()[0].filename == "mimetype"
        assert "Ngày hội đọc sách" in pack.read("content.xml").decode()


def test_metadata_has_exactly_the_fields_of_the_api(samples):
    fields = {"unit", "direction", "symbol", "issued_on", "document_type", "subject", "issuer", "recipients"}
    fields |= {"urgency", "classification"}
    for sample in samples.values():
        assert set(sample.metadata) == fields
        assert sample.metadata["unit"] in {unit.id for unit in UNITS}
        assert sample.metadata["direction"] in {"incoming", "outgoing", "internal"}
        assert 3 < len(sample.metadata["subject"]) <= 500
        assert sample.path.stat().st_size > 500
    types = {sample.metadata["document_type"] for sample in samples.values()}
    assert types >= {"QĐ", "CT", "KH", "CV", "TB", "GM", "BC", "TTr", "CĐ"}
    assert {sample.metadata["urgency"] for sample in samples.values()} == {0, 1, 2, 3}
    assert any(sample.metadata["subject"].startswith("Quyết định ") for sample in samples.values())


def test_what_the_district_sends_is_numbered_without_gap(samples):
    numbers = [
        (sample.metadata["issued_on"], int(sample.metadata["symbol"].split("/")[0]))
        for sample in samples.values()
        if sample.metadata["unit"] == "van-phong" and sample.metadata["direction"] == "outgoing"
    ]
    assert [number for _, number in sorted(numbers)] == list(range(1, len(numbers) + 1))


def test_a_second_run_keeps_every_byte(samples, home, pki):
    before = {sample.path: sample.path.read_bytes() for sample in samples.values()}
    for sample in make_samples(home / "files", pki):
        assert sample.path.read_bytes() == before[sample.path]


def test_another_pki_signs_the_papers_anew(samples, home, tmp_path):
    shutil.copytree(home / "files", tmp_path / "files")
    other = DemoPki.open(tmp_path / "pki")
    second = {one.key: one for one in make_samples(tmp_path / "files", other)}
    paper, draft = second["van-phong/qd-to-so-hoa.pdf"], second["noi-vu/ttr-kinh-phi-so-hoa.docx"]
    assert all(status.trusted for _, status in verdicts(paper.path, other))
    assert draft.path.read_bytes() == samples[draft.key].path.read_bytes()  # nothing signed, nothing changed


def test_printing_is_repeatable():
    paper = papers()["qd-71-quy-che"]
    assert render(paper).pdf == render(paper).pdf
    with pypdfium2.PdfDocument(render(paper).pdf) as document:
        assert len(document) == 2  # one paper runs over the page
