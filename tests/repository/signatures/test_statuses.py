"""Every way a certificate can fail a signature, told apart offline from stored evidence (Đ8.1; EN 319 102-1)."""

import io
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl as asn1_crl
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.validation.dss import DocumentSecurityStore

from tests.repository.signatures.forge import AGENCY, NOW, SIGNED, _name, issue, paper, written
from tests.repository.signatures.test_trust_store import listing

LATER = NOW.replace(year=2029)
ENDED = datetime(2028, 1, 1, tzinfo=UTC)
PASSED, INDETERMINATE, FAILED = "TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"


@dataclass(frozen=True)
class Case:
    """How it was signed, what evidence is at hand, when it is judged; and what must be said."""

    status: str
    sub: str | None
    words: str = ""
    holder: str = "agency"
    stamped: bool = False
    revoked: datetime | None = None
    at: datetime = NOW
    revocation: str = "good"
    lists: bool = True
    issuer: bool = True
    md: str = "sha256"
    options: dict = field(default_factory=dict)


CASES = {
    "good": Case(PASSED, None),
    "revoked before signing": Case(
        FAILED, "REVOKED", "sau khi chứng thư bị thu hồi", revoked=SIGNED - timedelta(days=3), revocation="revoked"
    ),
    "revoked before signing, stamped": Case(
        FAILED, "REVOKED", stamped=True, revoked=SIGNED - timedelta(days=3), revocation="revoked"
    ),
    "revoked after signing, stamped": Case(
        PASSED, None, stamped=True, revoked=SIGNED + timedelta(days=3), revocation="revoked"
    ),
    "revoked after signing, no proof of time": Case(
        INDETERMINATE, "REVOKED_NO_POE", "không có dấu thời gian tin cậy",
        revoked=SIGNED + timedelta(days=3), revocation="revoked",
    ),
    "revoked after signing, received before": Case(
        PASSED, None, revoked=SIGNED + timedelta(days=3), revocation="revoked",
        options={"known_since": (SIGNED + timedelta(days=1)).isoformat()},
    ),
    "expired since, stamped": Case(PASSED, None, holder="short", stamped=True, at=LATER),
    "expired since, no proof of time": Case(
        INDETERMINATE, "OUT_OF_BOUNDS_NO_POE", "Chứng thư đã hết hạn", holder="short", at=LATER,
        revocation="good",
    ),
    "expired since, received before": Case(
        PASSED, None, holder="short", at=LATER, options={"known_since": NOW.isoformat()}
    ),
    "expired since, received too long ago to count": Case(
        INDETERMINATE, "OUT_OF_BOUNDS_NO_POE", holder="short", at=LATER.replace(year=2032),
        revocation="good", options={"known_since": NOW.isoformat()},
    ),
    "signed after the certificate ended": Case(FAILED, "EXPIRED", holder="expired", revocation="good"),
    "unknown chain": Case(
        INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", "gốc «CA lạ»", holder="stranger", revocation="not_checked"
    ),
    "missing intermediate": Case(
        INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND", "thiếu chứng thư của «CA thử nghiệm»", holder="bare",
        issuer=False, revocation="not_checked",
    ),
    "missing intermediate brought in": Case(PASSED, None, holder="bare"),
    "wrong purpose": Case(
        INDETERMINATE, "CHAIN_CONSTRAINTS_FAILURE", "không được cấp cho mục đích ký số", holder="server"
    ),
    "SHA-1": Case(PASSED, None, "SHA1 đã yếu", md="sha1"),
    "SHA-1, too late": Case(
        INDETERMINATE, "CRYPTO_CONSTRAINTS_FAILURE", "không còn giá trị", md="sha1", at=NOW.replace(year=2031)
    ),
    "SHA-1, proven before": Case(PASSED, None, "SHA1 đã yếu", md="sha1", stamped=True, at=NOW.replace(year=2031)),
    "no revocation evidence": Case(
        PASSED, None, "Chưa kiểm tra được tình trạng thu hồi", lists=False, revocation="not_checked"
    ),
    "no revocation evidence, and it is required": Case(
        INDETERMINATE, "TRY_LATER", "cài đặt đòi phải có", lists=False, revocation="not_checked",
        options={"revocation": "required"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def armed(forge):
    """The test PKI with a short-lived agency, one that embeds no issuer, and a web server's certificate."""
    agency = {"o": AGENCY, "uid": "MST:0099000001"}
    forge.holders["short"] = issue(_name(AGENCY, **agency), forge.issuer, ends=ENDED)
    forge.holders["bare"] = forge.holders["agency"]
    forge.holders["server"] = issue(_name(AGENCY, **agency), forge.issuer, stamps=True)
    return forge


@pytest.fixture
def evidence(armed, tmp_path):
    """The settings' files of a case."""

    def write(case):
        root, crl = tmp_path / "root.pem", tmp_path / "x.crl"
        pem = serialization.Encoding.PEM
        trusted = [armed.root, armed.issuer] if case.issuer else [armed.root]
        root.write_bytes(b"".join(one.certificate.public_bytes(pem) for one in trusted))
        revoked = [(case.holder, case.revoked)] if case.revoked else []
        crl.write_bytes(listing(armed, *revoked, at=SIGNED - timedelta(hours=1)))
        return [str(root), *([str(crl)] if case.lists else [])]

    return write


def signed(armed, case):
    if case.holder != "bare":
        return armed.sign(paper(), case.holder, stamped=case.stamped, md=case.md)
    issuer, armed.issuer = armed.issuer, armed.root  # the signer embeds the root, not its own issuer
    try:
        return armed.sign(paper(), case.holder)
    finally:
        armed.issuer = issuer


@pytest.mark.clause("Đ8.1")
@pytest.mark.parametrize("name", CASES)
def test_each_situation_has_its_own_status(armed, evidence, check, name):
    case = CASES[name]
    options = case.options | {"trust_anchors": evidence(case)}
    found = check(signed(armed, case), at=case.at, **options)["signatures"][0]
    told = " ".join(found["findings"])
    assert (found["status"], found["sub_indication"]) == (case.status, case.sub), told
    assert case.words in told
    if case.sub != "CRYPTO_CONSTRAINTS_FAILURE":
        assert found["intact"] is True
    assert found["trust"]["revocation"] == case.revocation


def test_no_two_bad_situations_read_the_same():
    told = {(c.status, c.sub, c.words, c.revocation, c.stamped) for c in CASES.values() if c.status != PASSED}
    assert len({(status, sub, words) for status, sub, words, _, _ in told if words}) >= 8


@pytest.mark.clause("Đ8.1")
def test_evidence_that_the_file_itself_brings_is_heard(armed, check, tmp_path):
    """A revocation list in the document security store, none in the settings."""
    told = listing(armed, ("agency", SIGNED - timedelta(days=3)), at=SIGNED)
    writer = IncrementalPdfFileWriter(io.BytesIO(armed.sign(paper(), "agency")))
    DocumentSecurityStore.supply_dss_in_writer(writer, None, crls=[asn1_crl.CertificateList.load(told)])
    found = check(written(writer), trust_anchors=[str(armed.anchors)])["signatures"][0]
    assert (found["status"], found["sub_indication"]) == (FAILED, "REVOKED")
    assert [one["source"] for one in found["trust"]["evidence"]] == ["file"]


def test_a_stale_list_proves_nothing_and_a_later_one_does(armed, check, tmp_path):
    root, crl = tmp_path / "root.pem", tmp_path / "x.crl"
    root.write_bytes(armed.root.certificate.public_bytes(serialization.Encoding.PEM))
    content = armed.sign(paper(), "agency")
    outcomes = []
    for at, ends in (
        (SIGNED - timedelta(days=9), SIGNED - timedelta(days=2)),
        (NOW, NOW + timedelta(days=7)),
    ):
        crl.write_bytes(listing(armed, at=at, ends=ends))
        found = check(content, trust_anchors=[str(root), str(crl)])["signatures"][0]
        outcomes.append((found["status"], found["trust"]["revocation"]))
    assert outcomes == [(PASSED, "not_checked"), (PASSED, "good")]
