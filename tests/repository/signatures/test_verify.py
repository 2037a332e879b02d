"""Verdicts on files signed and forged at run time: what is whole passes, what is forged never does."""

import io
import random
import re
import threading
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field
from pyhanko.sign.signers import PdfTimeStamper
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from repository.sandbox import Sandbox
from repository.signatures.report import Report, Signature
from repository.signatures.revisions.permissions import Permissions
from repository.signatures.revisions.steps import Step
from repository.signatures.revisions.walking import Difference, Kind
from repository.signatures.verdict.verdict import Examined
from repository.signatures.verdict.weighing import Author, weigh
from tests.repository.signatures import forge as made
from tests.repository.signatures.forge import AGENCY, NOW, PERSON, SIGNED, paper


def verdicts(report):
    return [(one["status"], one["sub_indication"], one["intact"]) for one in report["signatures"]]


PASSED = ("TOTAL-PASSED", None, True)
UNKNOWN = ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND", True)


@pytest.mark.clause("Đ8.1")
def test_person_then_agency_both_pass(check, full):
    report = check(full)
    person, agency = report["signatures"]
    assert report["status"] == "intact"
    assert verdicts(report) == [PASSED, PASSED]
    assert (person["signer"]["kind"], person["signer"]["name"]) == ("person", PERSON)
    assert (agency["signer"]["kind"], agency["signer"]["name"]) == ("agency", AGENCY)
    assert [later["by"] for later in person["later_revisions"]] == [AGENCY]
    assert not person["later_revisions"][0]["changes_content"]
    assert (person["covers_whole_document"], agency["covers_whole_document"]) == (False, True)
    told = {
        "known": True, "purpose": "thu-nghiem", "anchor": "RootCA thử nghiệm", "claimed": "unknown",
        "revocation": "good",
    }  # fmt: skip
    assert told.items() <= agency["trust"].items()
    assert datetime.fromisoformat(person["signed_at"]) == SIGNED
    assert Report.model_validate(report).model_dump(mode="json") == report


def test_agency_alone(check, forge):
    report = check(forge.sign(paper(), "agency"))
    assert verdicts(report) == [PASSED]


def test_two_serial_signatures_of_one_agency(check, forge, full):
    report = check(forge.sign(forge.sign(full, "agency"), "agency"))
    assert verdicts(report) == [PASSED] * 4
    assert [len(one["later_revisions"]) for one in report["signatures"]] == [3, 2, 1, 0]


def test_an_invisible_signature_field_is_no_harm(check, forge, full):
    assert verdicts(check(forge.sign(full, "agency", box=False))) == [PASSED] * 3


@pytest.mark.clause("Đ8.1")
def test_one_altered_byte_breaks_every_signature(check, full):
    forged = full.replace(b"350.000.000", b"850.000.000")
    assert forged != full
    report = check(forged)
    assert report["status"] == "broken"
    assert verdicts(report) == [("TOTAL-FAILED", "HASH_FAILURE", False)] * 2
    assert report["signatures"][0]["signer"]["name"] == PERSON


def test_a_broken_signature_hides_no_other(check, full):
    start = full.rindex(b"/Contents <") + len(b"/Contents <")
    report = check(full[:start] + b"00" * 400 + full[start + 800 :])
    assert report["status"] == "mixed"
    assert sorted(one["status"] for one in report["signatures"]) == ["INDETERMINATE", "TOTAL-FAILED"]


def test_a_flipped_signature_value(check, forge):
    signed = forge.sign(paper(), "agency")
    contents = re.search(rb"/Contents <([0-9a-fA-F]+?)0*>", signed)
    at = contents.end(1) - 8
    flipped = signed[:at] + (b"a" if signed[at : at + 1] not in b"aA" else b"b") + signed[at + 1 :]
    assert verdicts(check(flipped))[0][0] == "TOTAL-FAILED"


def test_a_truncated_file_is_no_crash_and_not_intact(check, full):
    for cut in (1, 10, 500, len(full) // 2, len(full) - 100):
        report = check(full[: len(full) - cut])
        assert report["status"] in ("unreadable", "broken", "mixed", "none"), cut
        assert report["findings"] or report["signatures"], cut


def test_a_byte_range_beyond_the_file_fails(check, forge):
    signed = forge.sign(paper(), "agency")
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)( *)\]", signed)
    wider = b"/ByteRange [%s %s %s %d" % (found[1], found[2], found[3], int(found[4]) + 5000)
    forged = signed[: found.start()] + wider.ljust(len(found[0]) - 1) + b"]" + signed[found.end() :]
    report = check(forged)
    assert verdicts(report) == [("TOTAL-FAILED", "FORMAT_FAILURE", False)]
    assert "vượt quá" in report["signatures"][0]["findings"][0]


def test_a_byte_range_that_leaves_out_more_than_the_signature_fails(check, forge):
    signed = forge.sign(paper(), "agency")
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)( *)\]", signed)
    less = b"/ByteRange [%s %s %d %d" % (found[1], found[2], int(found[3]) + 50, int(found[4]) - 50)
    forged = signed[: found.start()] + less.ljust(len(found[0]) - 1) + b"]" + signed[found.end() :]
    assert verdicts(check(forged)) == [("TOTAL-FAILED", "FORMAT_FAILURE", False)]


@pytest.mark.clause("Đ8.1")
@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (lambda pdf: made.written(made.overlay(pdf)), "nội dung trang 1"),
        (made.annotated, "chú thích"),
        (made.refilled, "trường biểu mẫu “so_tien”"),
    ],
)
def test_unsigned_changes_after_signing_are_never_intact(check, full, attack, words):
    report = check(attack(full))
    assert report["status"] == "broken"
    for one in report["signatures"]:
        assert (one["status"], one["intact"]) == ("TOTAL-FAILED", False)
        assert words in one["findings"][-1]
        assert one["later_revisions"][-1]["by"] is None


def test_content_changed_and_signed_by_a_stranger_is_in_doubt_not_forged(check, forge, full):
    report = check(made.sign_revision(made.overlay(full), forge.signer("stranger"), "La", SIGNED))
    assert report["status"] == "mixed"
    assert verdicts(report)[:2] == [("INDETERMINATE", "SIG_CONSTRAINTS_FAILURE", None)] * 2
    assert verdicts(report)[2] == UNKNOWN
    assert "nội dung trang 1" in report["signatures"][0]["findings"][-1]


def test_content_changed_and_signed_by_the_agency_stays_intact_and_is_told(check, forge):
    signed = forge.sign(paper(), "person")
    report = check(made.sign_revision(made.overlay(signed), forge.signer("agency"), "CoQuan", SIGNED))
    assert (report["status"], verdicts(report)) == ("intact", [PASSED, PASSED])
    later = report["signatures"][0]["later_revisions"]
    assert [(one["by"], one["changes_content"], one["verified"]) for one in later] == [(AGENCY, True, True)]


def test_data_appended_after_the_end(check, full):
    report = check(full + b"\n% appended")
    assert report["status"] != "intact"
    assert verdicts(report)[-1][:2] == ("TOTAL-FAILED", "FORMAT_FAILURE")


@pytest.mark.clause("Đ8.2")
def test_an_unknown_root_is_said_plainly(check, forge, full):
    assert verdicts(check(forge.sign(paper(), "stranger"))) == [UNKNOWN]
    assert verdicts(check(full, anchors=False)) == [UNKNOWN, UNKNOWN]


def test_signed_after_the_certificate_expired(check, forge):
    report = check(forge.sign(paper(), "expired"))
    assert verdicts(report) == [("TOTAL-FAILED", "EXPIRED", True)]
    assert "hết hạn" in report["signatures"][0]["findings"][0]


@pytest.mark.clause("Đ8.4")
def test_a_certificate_that_expired_later_needs_proof_of_the_time(check, forge):
    before = datetime(2025, 6, 1, 2, 0, tzinfo=UTC)
    signed = forge.sign(paper(), "expired", at=before)
    assert verdicts(check(signed)) == [("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE", True)]
    known = (before + timedelta(days=1)).isoformat()
    assert verdicts(check(signed, known_since=known)) == [PASSED]
    stamped = check(forge.sign(paper(), "expired", at=before, stamped=True))
    assert verdicts(stamped) == [PASSED]
    assert stamped["signatures"][0]["timestamped"]
    assert stamped["signatures"][0]["signed_at_source"] == "timestamp"


def test_a_revoked_certificate(check, forge):
    early = datetime(2026, 1, 5, tzinfo=UTC)
    assert verdicts(check(forge.sign(paper(), "revoked"))) == [("TOTAL-FAILED", "REVOKED", True)]
    assert verdicts(check(forge.sign(paper(), "revoked", at=early))) == [
        ("INDETERMINATE", "REVOKED_NO_POE", True)
    ]
    assert verdicts(check(forge.sign(paper(), "revoked", at=early, stamped=True))) == [PASSED]


def test_local_time_marked_utc_is_read_from_the_dictionary(check, forge):
    local = datetime(2026, 3, 2, 9, 0, tzinfo=made.UTC)
    right = datetime.fromisoformat("2026-03-02T09:00:00+07:00")
    one = check(forge.sign(paper(), "agency", attribute=local, written=right))["signatures"][0]
    assert (one["signed_at_source"], datetime.fromisoformat(one["signed_at"])) == ("dictionary", SIGNED)


def test_sha1_is_reported_and_not_refused(check, forge):
    report = check(forge.sign(paper(), "agency", md="sha1"))
    assert verdicts(report) == [PASSED]
    assert any("SHA1" in finding for finding in report["signatures"][0]["findings"])


def test_a_stamp_without_a_field_is_no_signature(check, full):
    report = check(full.replace(b"/AcroForm", b"/AcroNone"))
    assert (report["status"], report["signatures"]) == ("none", [])
    assert "dấu vết" in report["findings"][-1]


def test_an_unsigned_paper(check):
    report = check(paper())
    assert (report["status"], report["signatures"], report["findings"]) == ("none", [], [])


def test_an_unsupported_subfilter_is_not_passed_over(check, forge):
    signed = forge.sign(paper(), "agency").replace(b"/adbe.pkcs7.detached", b"/adbe.pkcs7.detachet")
    assert verdicts(check(signed)) == [("INDETERMINATE", "GENERIC", None)]


def test_a_field_whose_value_is_nonsense(check, full):
    writer = IncrementalPdfFileWriter(io.BytesIO(full))
    entries = {"/FT": pdf_name("/Sig"), "/T": generic.TextStringObject("Gia"), "/V": generic.NumberObject(7)}
    bad = generic.DictionaryObject({pdf_name(key): value for key, value in entries.items()})
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(writer.add_object(bad))
    writer.update_container(fields)
    report = check(made.written(writer))
    assert len(report["signatures"]) == 3
    assert ("TOTAL-FAILED", "FORMAT_FAILURE", False) in verdicts(report)
    assert {one["signer"]["name"] for one in report["signatures"]} >= {PERSON, AGENCY}


def test_other_files(check):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as out:
        out.writestr("_xmlsignatures/sig1.xml", "<x/>")
    assert check(package.getvalue())["status"] == "none"
    assert check(b"PK\x03\x04 broken")["status"] == "unreadable"
    assert check(b"just text")["status"] == "none"
    assert check(b"")["status"] == "none"
    assert check(b"%PDF-1.7 and nothing else")["status"] == "unreadable"


def test_outside_the_main_thread(check, full):
    found = []
    thread = threading.Thread(target=lambda: found.append(check(full)))
    thread.start()
    thread.join()
    assert verdicts(found[0]) == [PASSED, PASSED]


def test_a_hundred_mutations_never_crash_and_never_look_better(check, full):
    random_source = random.Random(71)
    for number in range(100):
        mutated = bytearray(full)
        for _ in range(random_source.choice((1, 1, 1, 4, 40))):
            at = random_source.randrange(len(mutated))
            act = random_source.randrange(3)
            if act == 0:
                mutated[at] ^= 1 << random_source.randrange(8)
            elif act == 1:
                del mutated[at : at + random_source.randrange(1, 30)]
            else:
                mutated[at:at] = bytes(
                    random_source.randrange(256) for _ in range(random_source.randrange(1, 9))
                )
        report = check(bytes(mutated))
        passed = [one for one in report["signatures"] if one["status"] == "TOTAL-PASSED" and one["intact"]]
        # Bytes inside the hole that pads a signature, or white space after the end, may change without harm.
        if len(passed) == 2:
            assert _signed_bytes(bytes(mutated)) == _signed_bytes(full), number


def _signed_bytes(pdf):
    """What the last signature covers."""
    _, first, second, length = (int(n) for n in re.findall(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf)[-1])
    return pdf[:first] + pdf[second : second + length]


async def test_a_call_from_a_running_loop_is_a_mistake_not_a_verdict(check, full):
    with pytest.raises(AssertionError):
        check(full)


async def test_in_the_sandbox(forge, full, tmp_path):
    path = tmp_path / "tep.pdf"
    path.write_bytes(full)
    async with Sandbox(function="repository.signatures.verify:validate", size=1) as sandbox:
        report = await sandbox.run(path, forge.options(at=NOW))
    assert verdicts(report) == [PASSED, PASSED]


def test_white_space_after_the_end_is_told_and_no_harm(check, full):
    report = check(full + b"\r\n\n")
    assert verdicts(report) == [PASSED, PASSED]
    assert any("khoảng trắng" in finding for finding in report["signatures"][1]["findings"])


def test_an_unsigned_empty_stamp_field_leaves_doubt(check, full):
    """A later revision that draws through the appearance of an empty signature field."""
    writer = IncrementalPdfFileWriter(io.BytesIO(full))
    spec = SigFieldSpec("Trong", on_page=0, box=(90, 690, 300, 720))
    append_signature_field(writer, spec)
    report = check(made.written(writer))
    assert report["status"] == "mixed"
    assert {one["intact"] for one in report["signatures"]} == {None}
    assert all(one["status"] == "INDETERMINATE" for one in report["signatures"])


def test_many_fields_are_limited_and_the_limit_is_told(check, full, monkeypatch):
    monkeypatch.setattr("repository.signatures.verify.MOST_FIELDS", 1)
    report = check(full)
    assert len(report["signatures"]) == 1
    assert report["limits"]


def test_a_certification_that_forbids_changes(check, forge):
    """Signing tools refuse to sign after it, so the step is weighed by itself."""
    assert verdicts(check(forge.sign(paper(), "agency", certify=True))) == [PASSED]
    certified = Examined(
        Signature(field="a", status="TOTAL-PASSED", intact=True), authentic=True, permissions=Permissions(1)
    )
    later = Examined(Signature(field="b", status="TOTAL-PASSED", intact=True), authentic=True, revision=1)
    step = Step(1, (Difference(Kind.SIGNATURE, "thêm ô chữ ký", "b"),))
    weigh(certified, step, Author(later, verified=True, equal=True))
    assert (certified.signature.status, certified.signature.intact) == ("INDETERMINATE", None)


def test_a_later_hybrid_table_is_content(check, forge, full):
    """Two readers could see two documents: one follows /XRefStm, the other does not."""
    writer = made.overlay(full)
    changed = made.written(writer)
    hybrid = changed[: len(full)] + changed[len(full) :].replace(b"/Prev", b"/XRefStm 9 /Prev", 1)
    report = check(hybrid)
    assert report["status"] in ("broken", "unreadable")


def test_an_encrypted_file_is_said_to_be(check):
    pdf = io.BytesIO()
    canvas = Canvas(pdf, encrypt=StandardEncryption("bi-mat", ownerPassword="khac", strength=128))
    canvas.drawString(100, 100, "x")
    canvas.save()
    report = check(pdf.getvalue())
    assert (report["status"], report["file"]["encrypted"]) == ("unreadable", True)
    assert "mật khẩu" in report["findings"][0]


@pytest.mark.clause("Đ8.4")
def test_a_document_time_stamp_is_evidence_and_not_a_signature(check, forge, full):
    at = SIGNED + timedelta(days=1)
    out = PdfTimeStamper(forge.stamper(at)).timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(full)), "sha256", validation_context=None
    )
    report = check(out.read())
    assert (report["status"], verdicts(report)) == ("intact", [PASSED, PASSED])
    (stamp,) = report["document_timestamps"]
    assert (stamp["intact"], stamp["trusted"], datetime.fromisoformat(stamp["at"])) == (True, True, at)
    assert report["signatures"][1]["later_revisions"][-1]["by"] is None
