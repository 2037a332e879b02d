"""Office packages and detached signatures: honest ones intact, each kind of tampering told (Đ8.1)."""

import base64
import hashlib
import re

import pytest
from lxml import etree

from repository.signatures.report import Report
from repository.signatures.verdict.detached import joined
from tests.repository.signatures.forge import AGENCY, PERSON
from tests.repository.signatures.office_signer import (
    docx,
    odt,
    packed,
    parts_of,
    sign_detached,
    sign_odf,
    sign_ooxml,
    signature,
)

pytestmark = pytest.mark.clause("Đ8.1")


@pytest.fixture(scope="module")
def word(forge):
    return sign_ooxml(docx(), forge.holders["person"], forge.issuer)


@pytest.fixture(scope="module")
def writer(forge):
    return sign_odf(odt(), forge.holders["agency"], forge.issuer)


def only(found):
    assert len(found["signatures"]) == 1, found
    return found["signatures"][0]


def test_a_signed_word_file_is_intact(check, word):
    found = check(word)
    one = only(found)
    assert (found["status"], found["file"]["kind"]) == ("intact", "package"), one
    assert (one["status"], one["intact"], one["covers_whole_document"]) == ("TOTAL-PASSED", True, True), one
    assert (one["signer"]["name"], one["signer"]["kind"]) == (PERSON, "person")
    assert (one["signed_at"], one["signed_at_source"]) == ("2026-03-02T02:00:00Z", "attribute")
    assert one["trust"]["known"] and one["digest_algorithm"] == "sha256"


def test_a_signed_odf_file_is_intact(check, writer):
    one = only(check(writer))
    assert (one["status"], one["intact"], one["covers_whole_document"]) == ("TOTAL-PASSED", True, True), one
    assert (one["signer"]["name"], one["signer"]["kind"]) == (AGENCY, "agency")


def test_an_unsigned_package_has_none(check):
    assert check(docx())["status"] == "none"
    assert check(odt())["status"] == "none"


def changed(package, name, was, becomes):
    parts = parts_of(package)
    assert was in parts[name]
    return packed(parts | {name: parts[name].replace(was, becomes)})


@pytest.mark.parametrize("kind", ["word", "writer"])
def test_a_changed_part_breaks_the_signature(check, request, kind):
    package = request.getfixturevalue(kind)
    part = "word/document.xml" if kind == "word" else "content.xml"
    one = only(check(changed(package, part, b"1.000.000", b"9.000.000")))
    assert (one["status"], one["sub_indication"], one["intact"]) == ("TOTAL-FAILED", "HASH_FAILURE", False)
    assert part in one["findings"][0]
    assert one["signer"]["name"]


@pytest.mark.parametrize("kind", ["word", "writer"])
def test_a_removed_part_breaks_the_signature(check, request, kind):
    parts = parts_of(request.getfixturevalue(kind))
    del parts["word/styles.xml" if kind == "word" else "styles.xml"]
    assert only(check(packed(parts)))["sub_indication"] == "HASH_FAILURE"


@pytest.mark.parametrize("kind", ["word", "writer"])
def test_a_part_that_is_not_covered_is_told(check, request, kind):
    parts = parts_of(request.getfixturevalue(kind))
    name = "word/media/image9.png" if kind == "word" else "Pictures/them.png"
    one = only(check(packed(parts | {name: b"PNG"})))
    assert (one["status"], one["intact"], one["covers_whole_document"]) == ("INDETERMINATE", None, False)
    assert any(name in said for said in one["findings"])


def test_a_part_left_out_by_the_signer_is_told(check, forge):
    package = sign_ooxml(docx(), forge.holders["person"], forge.issuer, leave=("word/document.xml",))
    assert only(check(package))["intact"] is None
    package = sign_odf(odt(), forge.holders["agency"], forge.issuer, leave=("content.xml",))
    assert only(check(package))["intact"] is None


def test_an_added_relationship_is_told(check, word):
    added = b'<Relationship Id="rId99" Type="http://x/frame" Target="http://evil.example/"'
    added += b' TargetMode="External"/></Relationships>'
    package = changed(word, "word/_rels/document.xml.rels", b"</Relationships>", added)
    one = only(check(package))
    assert (one["status"], one["intact"]) == ("INDETERMINATE", None)
    assert any("evil.example" in said for said in one["findings"])


def test_a_redirected_relationship_breaks_the_signature(check, word):
    package = changed(word, "word/_rels/document.xml.rels", b'Target="styles.xml"', b'Target="other.xml"')
    assert only(check(package))["sub_indication"] == "HASH_FAILURE"


def test_another_content_type_is_told(check, word):
    package = changed(
        word, "[Content_Types].xml", b"wordprocessingml.styles+xml", b"wordprocessingml.footer+xml"
    )
    one = only(check(package))
    assert one["intact"] is None and any("Kiểu nội dung" in said for said in one["findings"])


def test_a_wrapped_reference_does_not_pass(check, word):
    """The signed object moves aside, unsigned, and a forged one takes its name."""
    parts = parts_of(word)
    content = parts["_xmlsignatures/sig1.xml"].decode()
    signed = re.search(r'<Object Id="idPackageObject">.*?</Object>', content, re.DOTALL)[0]
    forged = signed.replace("<DigestValue>", "<DigestValue>AAAA", 1)
    for wrapped in (
        content.replace(signed, f"{forged}<Object><x>{signed}</x></Object>"),
        content.replace(signed, f"{forged}<Object>{signed.replace('idPackageObject', 'other')}</Object>"),
        content.replace(signed, ""),
    ):
        one = only(check(packed(parts | {"_xmlsignatures/sig1.xml": wrapped.encode()})))
        assert (one["status"], one["intact"]) == ("TOTAL-FAILED", False), one


def test_a_forged_manifest_beside_the_signed_one_covers_nothing(check, word):
    parts = parts_of(word)
    content = b'<x xmlns="y"/>'
    extra = (
        '<Object Id="more"><Manifest><Reference URI="/word/extra.xml?ContentType=application/xml">'
        '<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>'
        + base64.b64encode(hashlib.sha256(content).digest()).decode()
        + "</DigestValue></Reference></Manifest></Object></Signature>"
    )
    sig = parts["_xmlsignatures/sig1.xml"].decode().replace("</Signature>", extra)
    one = only(check(packed(parts | {"_xmlsignatures/sig1.xml": sig.encode(), "word/extra.xml": content})))
    assert one["intact"] is None and any("word/extra.xml" in said for said in one["findings"])


def test_a_swapped_certificate_of_somebody_else_is_refused(check, forge, word):
    parts = parts_of(word)
    other = etree.fromstring(signature([], "<Object/>", forge.holders["agency"], forge.issuer))
    theirs = other.find(".//{*}X509Certificate").text
    sig = etree.fromstring(parts["_xmlsignatures/sig1.xml"])
    sig.find(".//{*}X509Certificate").text = theirs
    one = only(check(packed(parts | {"_xmlsignatures/sig1.xml": etree.tostring(sig)})))
    assert (one["status"], one["intact"]) == ("TOTAL-FAILED", False)


def test_the_reference_reaches_nothing_outside_the_package(check, word):
    package = changed(word, "_xmlsignatures/sig1.xml", b"/word/document.xml?", b"file:///etc/passwd?")
    assert only(check(package))["status"] == "TOTAL-FAILED"


def test_entities_and_noise_are_answered(check, word, writer):
    parts = parts_of(writer)
    bomb = b'<!DOCTYPE a [<!ENTITY x "y">]>' + parts["META-INF/documentsignatures.xml"]
    assert check(packed(parts | {"META-INF/documentsignatures.xml": bomb}))["status"] in (
        "unreadable",
        "broken",
    )
    for size in (10, 500, len(word) // 2, len(word) - 30):
        assert check(word[:size])["status"] in ("unreadable", "none")
    assert check(packed(parts_of(word) | {"_xmlsignatures/sig1.xml": b"<a"}))["status"] == "unreadable"


def test_who_signed_is_judged_like_in_a_pdf(check, forge):
    for holder, status in (
        ("stranger", "INDETERMINATE"),
        ("expired", "TOTAL-FAILED"),
        ("revoked", "TOTAL-FAILED"),
    ):
        one = only(check(sign_ooxml(docx(), forge.holders[holder], forge.issuer)))
        assert (one["status"], one["intact"]) == (status, True), (holder, one)


def test_a_detached_signature_is_bound_to_the_bytes_it_signs(check, forge):
    content = "Nội dung bất kỳ".encode()
    made = sign_detached(content, forge.holders["agency"], forge.issuer)
    found = check(made)
    one = only(found)
    assert (found["file"]["kind"], one["status"], one["intact"]) == ("detached", "TOTAL-PASSED", True), one
    name = hashlib.sha256(content).hexdigest()
    assert one["field"] == f"sha256:{name}"
    beside = Report.model_validate(found)
    mine = Report.model_validate(check(b"text"))
    signed = joined(mine, {"sha256": name}, {2: beside})
    assert (signed.status, [each.signer.name for each in signed.signatures]) == ("intact", [AGENCY])
    other = joined(mine, {"sha256": "0" * 64}, {2: beside})
    assert other.signatures == []
    assert joined(beside, {"sha256": hashlib.sha256(made).hexdigest()}, {1: beside}).signatures == []


def test_a_tampered_detached_signature_is_told(check, forge):
    made = bytearray(sign_detached(b"abc", forge.holders["agency"], forge.issuer))
    digest = hashlib.sha256(b"abc").digest()
    place = bytes(made).index(digest)
    made[place] ^= 1
    one = only(check(bytes(made)))
    assert (one["status"], one["intact"]) == ("TOTAL-FAILED", False)
    assert check(bytes(made[: len(made) // 2]))["status"] == "unreadable"
