"""Anchors as files of several kinds, pins as dated data, claims that are only words."""

from datetime import date

import pytest
from cryptography.hazmat.primitives import serialization

from repository.signatures.trust.trust import Anchors, Authority, Rules
from tests.repository.signatures.forge import NOW, _asn1, paper

DAY = date(2026, 11, 23)


def test_pem_der_and_lists_are_told_apart(forge, tmp_path):
    bundle, der = tmp_path / "bundle.pem", tmp_path / "issuer.cer"
    pem = serialization.Encoding.PEM
    bundle.write_bytes(b"".join(one.certificate.public_bytes(pem) for one in (forge.root, forge.issuer)))
    der.write_bytes(forge.issuer.certificate.public_bytes(serialization.Encoding.DER))
    found = Anchors.load([str(bundle), str(der), str(forge.crl)])
    assert (len(found.roots), len(found.intermediates), len(found.lists)) == (1, 2, 1)


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"not a certificate")
    with pytest.raises(ValueError):
        Anchors.load([str(path)])


@pytest.mark.clause("Đ8.2")
def test_only_full_fingerprints_are_pins():
    pins = Rules.on(DAY).pins
    assert pins["f04ba4b459a7c9a1b971ad9b1cb833e695a80c79aea63b174b66a70edfe2fdb8"][0] == "chuyen-dung"
    assert all(len(one) == 64 for one in pins)


@pytest.mark.clause("Đ8.2")
async def test_an_embedded_pinned_root_is_trusted_and_a_lookalike_is_not(forge):
    root, issuer, leaf = (_asn1(one) for one in (forge.root, forge.issuer, forge.holders["agency"]))
    rules = Rules.on(DAY)
    pinned = Rules(
        {bytes(root.sha256).hex(): ("chuyen-dung", "Gốc")}, rules.claims, rules.weak, rules.forbidden
    )
    found = await Authority(pinned).chain(leaf, [issuer, root], moment=NOW)
    assert (found.problem, found.trust.known, found.trust.purpose, found.trust.anchor) == (
        "", True, "chuyen-dung", "Gốc"
    )  # fmt: skip
    assert (
        await Authority(rules).chain(leaf, [issuer, root], moment=NOW)
    ).problem == "NO_CERTIFICATE_CHAIN_FOUND"
    assert (await Authority(pinned).chain(leaf, [issuer], moment=NOW)).problem == "NO_CERTIFICATE_CHAIN_FOUND"


async def test_an_intermediate_from_the_settings_completes_the_chain(forge):
    root, issuer, leaf = (_asn1(one) for one in (forge.root, forge.issuer, forge.holders["agency"]))
    bare = Authority(Rules.on(DAY), Anchors(roots=(root,)))
    with_issuer = Authority(Rules.on(DAY), Anchors(roots=(root,), intermediates=(issuer,)))
    assert (await bare.chain(leaf, [], moment=NOW)).problem == "NO_CERTIFICATE_CHAIN_FOUND"
    assert (await with_issuer.chain(leaf, [], moment=NOW)).problem == ""


async def test_revocation_lists_of_a_stranger_are_not_believed(forge):
    root, issuer, leaf = (_asn1(one) for one in (forge.root, forge.issuer, forge.holders["revoked"]))
    ours = Anchors(roots=(root,), intermediates=(issuer,), lists=(forge.crl.read_bytes(),))
    assert (await Authority(Rules.on(DAY), ours).chain(leaf, [], moment=NOW)).problem == "REVOKED_NO_POE"
    tampered = bytearray(forge.crl.read_bytes())
    tampered[-3] ^= 1
    theirs = Anchors(roots=(root,), intermediates=(issuer,), lists=(bytes(tampered),))
    found = await Authority(Rules.on(DAY), theirs).chain(leaf, [], moment=NOW)
    assert (found.problem, found.trust.revocation) == ("", "not_checked")


def test_a_certificate_of_another_purpose_is_refused(check, forge):
    forge.holders["tsa-as-signer"] = forge.issuer
    report = check(forge.sign(paper(), "tsa-as-signer"))
    assert report["signatures"][0]["status"] == "INDETERMINATE"
