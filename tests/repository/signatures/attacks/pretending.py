"""Fields and signatures that pretend, and containers (CMS) that were taken apart."""

import re
from collections.abc import Callable
from unittest.mock import patch

from asn1crypto import algos, cms, core
from pyhanko.pdf_utils import generic
from pyhanko.sign.attributes import SigningCertificateV2Provider

from tests.repository.signatures.attacks.making import alone, attack, signed
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    PADES,
    annotate,
    dictionary,
    draw,
    edited,
    field_of,
    page_of,
    paper,
    sign,
    stream,
)

# -- fields and signatures that pretend --------------------------------------------------------------------


@attack
def two_fields_one_signature(forge: Forge) -> bytes:
    def edit(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        value = field_of(writer, "ChuKy0").raw_get("/V")
        copy = dictionary(FT="/Sig", T="BoTruong", V=generic.IndirectObject(value.idnum, 0, writer))
        fields.append(writer.add_object(copy))
        writer.update_container(fields)
        writer.update_root()

    return edited(signed(forge), edit)


@attack
def two_fields_one_signature_from_the_start(forge: Forge) -> bytes:
    """Both fields are in the signed revision; one of them pretends."""

    def edit(writer):
        fields = writer.root["/AcroForm"]["/Fields"]
        value = writer.allocate_placeholder()
        writer.objects[(value.generation, value.idnum)] = dictionary(Type="/Sig")
        fields.append(writer.add_object(dictionary(FT="/Sig", T="Gia", V=value)))
        writer.update_container(fields)
        writer.update_root()

    return alone(forge, edited(paper(), edit))


@attack
def signature_copied_from_another_document(forge: Forge) -> bytes:
    other = alone(forge, paper(1))
    mine = alone(forge)
    taken = re.findall(rb"/Contents <([0-9a-fA-F]+)>", other)[-1]
    found = list(re.finditer(rb"/Contents <([0-9a-fA-F]+)>", mine))[-1]
    room = found.end(1) - found.start(1)
    return mine[: found.start(1)] + taken.ljust(room, b"0")[:room] + mine[found.end(1) :]


@attack
def stamp_without_a_signature(forge: Forge) -> bytes:
    return edited(paper(), annotate("/Stamp", AP=dictionary()), draw("Da ky: Chu tich", y=200))


@attack
def overlay_signed_by_a_stranger(forge: Forge) -> bytes:
    return sign(forge, signed(forge), "stranger", edit=draw())


@attack
def signature_picture_of_a_stranger_over_the_amount(forge: Forge) -> bytes:
    return sign(forge, signed(forge), "stranger", box=(90, 690, 400, 720))


@attack
def content_rewritten_by_a_later_signer(forge: Forge) -> bytes:
    """The later signer is known, but what the first one signed is gone."""

    def edit(writer):
        page = page_of(writer)
        page["/Contents"] = writer.add_object(stream(b"BT /F1 12 Tf 100 700 Td (999) Tj ET"))
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=(320, 60, 540, 120))


@attack
def old_content_clipped_away_by_a_later_signer(forge: Forge) -> bytes:
    def edit(writer):
        page = page_of(writer)
        clip = writer.add_object(stream(b"0 0 1 1 re W n"))
        page["/Contents"] = generic.ArrayObject([clip, page.raw_get("/Contents")])
        writer.update_container(page)

    return sign(forge, sign(forge, paper(), "person"), "agency", edit=edit, box=(320, 60, 540, 120))


# -- the signature container ---------------------------------------------------------------------------------


def repacked(forge: Forge, change: Callable[[cms.SignedData], None], **more: object) -> bytes:
    """The container taken apart, changed and put back in its hole."""
    pdf = alone(forge, **more)
    found = list(re.finditer(rb"/Contents <([0-9a-fA-F]+)>", pdf))[-1]
    content = cms.ContentInfo.load(bytes.fromhex(found[1].decode()))
    data = content["content"]
    change(data)
    info = cms.ContentInfo({"content_type": "signed_data", "content": data})
    packed = info.dump(force=True).hex().encode()
    room = found.end(1) - found.start(1)
    assert len(packed) <= room
    return pdf[: found.start(1)] + packed.ljust(room, b"0") + pdf[found.end(1) :]


def strip(data: cms.SignedData) -> None:
    info = data["signer_infos"][0]
    kept = ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")
    data["signer_infos"] = [cms.SignerInfo({key: info[key] for key in kept})]


@attack
def signed_attributes_stripped(forge: Forge) -> bytes:
    return repacked(forge, strip)


@attack
def message_digest_replaced(forge: Forge) -> bytes:
    def change(data):
        for one in data["signer_infos"][0]["signed_attrs"]:
            if one["type"].native == "message_digest":
                one["values"] = [b"\x01" * 32]

    return repacked(forge, change)


@attack
def certificate_swapped(forge: Forge) -> bytes:
    """Another signer's certificate in the place of the real one."""
    other = forge.signer("person").signing_cert

    def change(data):
        info = data["signer_infos"][0]
        data["certificates"] = [cms.CertificateChoices("certificate", other)]
        info["sid"] = cms.SignerIdentifier({
            "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": other.issuer, "serial_number": other.serial_number})})  # fmt: skip

    return repacked(forge, change)


@attack
def digest_algorithm_lowered(forge: Forge) -> bytes:
    def change(data):
        data["signer_infos"][0]["digest_algorithm"] = algos.DigestAlgorithm({"algorithm": "md5"})

    return repacked(forge, change)


@attack
def no_signers(forge: Forge) -> bytes:
    def change(data):
        data["signer_infos"] = []

    return repacked(forge, change)


@attack
def two_signers_in_one_container(forge: Forge) -> bytes:
    def change(data):
        one = data["signer_infos"][0]
        data["signer_infos"] = [one, one.copy()]

    return repacked(forge, change)


@attack
def content_carried_inside(forge: Forge) -> bytes:
    def change(data):
        content = core.OctetString(b"something else")
        data["encap_content_info"] = cms.ContentInfo({"content_type": "data", "content": content})
        strip(data)

    return repacked(forge, change)


@attack
def pades_without_naming_its_certificate(forge: Forge) -> bytes:
    """Made with the right key, but the attribute that binds the certificate is left out."""

    async def nothing(self: object, dry_run: bool = False) -> None:
        return None

    with patch.object(SigningCertificateV2Provider, "build_attr_value", nothing):
        return alone(forge, subfilter=PADES)
