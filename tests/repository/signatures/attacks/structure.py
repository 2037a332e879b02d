"""Games with the signed byte range and with the structure of the file."""

import re
from collections.abc import Callable

from tests.repository.signatures.attacks.making import ATTACKS, alone, attack, signed
from tests.repository.signatures.forge import Forge
from tests.repository.signatures.papers import (
    AMOUNT,
    appended,
    body_of,
    draw,
    edited,
    object_at,
    with_streams,
)

# -- byte-range games --------------------------------------------------------------------------------------


def ranged(name: str, change: Callable[[list[int], int], list[int]]) -> None:
    """Other numbers in the place of the signed range; the digest then covers other bytes, or none."""

    def make(forge: Forge) -> bytes:
        pdf = alone(forge)
        found = list(re.finditer(rb"/ByteRange ?\[([\d ]+?)\]( *)", pdf))[-1]
        numbers = change([int(n) for n in found[1].split()], len(pdf))
        text = b"/ByteRange [%s]" % b" ".join(b"%d" % n for n in numbers)
        room = found.end() - found.start()
        if len(text) > room:
            return pdf[: found.start()] + text + pdf[found.end() :]
        return pdf[: found.start()] + text.ljust(room) + pdf[found.end() :]

    ATTACKS[name] = make


ranged("byterange-not-from-zero", lambda n, size: [8, n[1] - 8, n[2], n[3]])
ranged("byterange-wider-hole", lambda n, size: [0, n[1] - 200, n[2] + 200, n[3] - 200])
ranged("byterange-not-to-the-end", lambda n, size: [0, n[1], n[2], n[3] - 40])
ranged("byterange-overlapping", lambda n, size: [0, n[2] + 10, n[1] - 10, n[3]])
ranged("byterange-huge", lambda n, size: [0, n[1], n[2], 10**18])
ranged("byterange-negative", lambda n, size: [0, n[1], n[2], -1])
ranged("byterange-three-numbers", lambda n, size: n[:3])
ranged("byterange-six-numbers", lambda n, size: [*n, 0, 10])
ranged("byterange-empty", lambda n, size: [])
ranged("byterange-nothing-signed", lambda n, size: [0, 0, 0, 0])


def replaced(name: str, old: bytes, new: bytes) -> None:
    def make(forge: Forge) -> bytes:
        pdf = alone(forge)
        found = re.search(old, pdf, re.DOTALL)
        assert found, name
        return pdf[: found.start()] + new.ljust(found.end() - found.start()) + pdf[found.end() :]

    ATTACKS[name] = make


replaced("universal-forgery-no-byterange", rb"/ByteRange ?\[[\d ]+\]", b"/ByteRunge [0 0]")
replaced("universal-forgery-null-byterange", rb"/ByteRange ?\[[\d ]+\]", b"/ByteRange null")
replaced("universal-forgery-no-contents", rb"/Contents <", b"/Cuntents <")
replaced("universal-forgery-null-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents null")
replaced("universal-forgery-empty-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents <>")
replaced("universal-forgery-zero-contents", rb"/Contents <[0-9a-fA-F]+>", b"/Contents <00>")
replaced("one-byte-of-the-amount", rb"350\.000\.000", b"950.000.000")
replaced("unknown-subfilter", rb"/adbe\.pkcs7\.detached", b"/adbe.pkcs7.detachet")


@attack
def hole_padded_with_data(forge: Forge) -> bytes:
    pdf = alone(forge)
    found = re.search(rb"/Contents <[0-9a-fA-F]+?(0{60,})>", pdf)
    assert found
    return pdf[: found.end(1) - 40] + b"deadbeef" * 5 + pdf[found.end(1) :]


@attack
def signature_wrapping(forge: Forge) -> bytes:
    """The signed tail is moved behind forged objects, and the range is stretched over the hole."""
    pdf = alone(forge)
    found = list(re.finditer(rb"/ByteRange ?\[(\d+) (\d+) (\d+) (\d+)\]( *)", pdf))[-1]
    _, first, second, length = (int(one) for one in found.groups()[:4])
    tail = pdf[second : second + length]
    forged = b"> 7 0 obj (999) endobj <"
    text = b"/ByteRange [0 %d %d %d]" % (first, second + len(forged), length)
    head = pdf[: found.start()] + text.ljust(found.end() - found.start()) + pdf[found.end() : second]
    return head + forged + tail


# -- file structure games ----------------------------------------------------------------------------------


@attack
def unlisted_objects_appended(forge: Forge) -> bytes:
    """An incremental update without cross-reference table or trailer: mending readers show it."""
    pdf = signed(forge)
    which = object_at(pdf, b"Trang 1. So tien")
    return appended(pdf, {which: body_of(pdf, which).replace(AMOUNT, b"999.000.000")}, table=False)


@attack
def unlisted_object_in_an_honest_revision(forge: Forge) -> bytes:
    pdf = alone(forge)
    which = object_at(pdf, b"Trang 1. So tien")
    forged = body_of(pdf, which).replace(AMOUNT, b"999.000.000")
    return appended(
        pdf, {which: forged, 901: b"<</Producer(x)>>"}, listed={901: b""}, trailer=b"/Info 901 0 R"
    )


@attack
def hybrid_table_appended(forge: Forge) -> bytes:
    pdf = signed(forge)
    changed = edited(pdf, draw())
    return changed[: len(pdf)] + changed[len(pdf) :].replace(b"/Prev", b"/XRefStm 9 /Prev", 1)


@attack
def prev_loop(forge: Forge) -> bytes:
    pdf = edited(signed(forge), draw())
    last = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    at = pdf.rindex(b"/Prev ")
    old = re.match(rb"/Prev \d+", pdf[at:])
    assert old
    return pdf[:at] + b"/Prev %d" % last + pdf[at + old.end() :]


@attack
def signed_revision_skipped(forge: Forge) -> bytes:
    """The new table leads past the signed revision to the first one."""
    pdf = signed(forge)
    first = int(re.findall(rb"startxref\s+(\d+)", pdf)[0])
    which = object_at(pdf, b"Trang 1. So tien")
    body = body_of(pdf, which).replace(AMOUNT, b"999.000.000")
    return appended(pdf, {which: body}, prev=first)


@attack
def object_stream_overwritten(forge: Forge) -> bytes:
    pdf = alone(forge, with_streams())
    which = int(re.findall(rb"(\d+) 0 obj\s*<</Type/ObjStm", pdf, re.DOTALL)[0])
    return appended(pdf, {which: b"<</Type/ObjStm/N 0/First 0/Length 0>>stream\n\nendstream"})


@attack
def catalogue_replaced(forge: Forge) -> bytes:
    pdf = signed(forge)
    forged = appended(pdf, {902: b"<</Type/Catalog/Pages 903 0 R>>", 903: b"<</Type/Pages/Kids[]/Count 0>>"})
    at = forged.rindex(b"/Root ")
    return forged[:at] + re.sub(rb"/Root \d+ \d+ R", b"/Root 902 0 R", forged[at:], count=1)
