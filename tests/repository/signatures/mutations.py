"""Ways to break a PDF by chance: flips, cuts, swapped tables, loops, bombs, deep nesting, huge counts.

Everything comes from one `random.Random`, so a seed names a file.
"""

import random
import re
import zlib
from collections.abc import Callable

import pypdfium2

from tests.repository.signatures.papers import appended

Mutation = Callable[[random.Random, bytes], bytes]
_NUMBER = re.compile(rb"(?<![\d.])\d+(?![\d.])")


def _sub(chance: random.Random, pdf: bytes, pattern: bytes, new: Callable[[bytes], bytes]) -> bytes:
    """One of the pattern's places, chosen by chance, rewritten; the file as it is when there is none."""
    found = list(re.finditer(pattern, pdf))
    if not found:
        return pdf
    one = chance.choice(found)
    return pdf[: one.start()] + new(one[0]) + pdf[one.end() :]


def flip(chance: random.Random, pdf: bytes) -> bytes:
    out = bytearray(pdf)
    for _ in range(chance.choice((1, 1, 1, 4, 40, 400))):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


def cut_out(chance: random.Random, pdf: bytes) -> bytes:
    at = chance.randrange(len(pdf))
    return pdf[:at] + pdf[at + chance.choice((1, 7, 100, 5000)) :]


def truncate(chance: random.Random, pdf: bytes) -> bytes:
    return pdf[: chance.randrange(len(pdf))]


def insert(chance: random.Random, pdf: bytes) -> bytes:
    at = chance.randrange(len(pdf))
    return pdf[:at] + chance.randbytes(chance.choice((1, 9, 300))) + pdf[at:]


def double(chance: random.Random, pdf: bytes) -> bytes:
    at, size = chance.randrange(len(pdf)), chance.choice((10, 1000, 20000))
    return pdf[: at + size] + pdf[at:]


def move(chance: random.Random, pdf: bytes) -> bytes:
    a, b = sorted(chance.sample(range(len(pdf)), 2))
    return pdf[:a] + pdf[b:] + pdf[a:b]


def swap_offsets(chance: random.Random, pdf: bytes) -> bytes:
    rows = list(re.finditer(rb"\d{10} \d{5} n", pdf))
    if len(rows) < 2:
        return flip(chance, pdf)
    a, b = sorted(chance.sample(rows, 2), key=lambda one: one.start())
    return pdf[: a.start()] + b[0] + pdf[a.end() : b.start()] + a[0] + pdf[b.end() :]


def wrong_offset(chance: random.Random, pdf: bytes) -> bytes:
    return _sub(chance, pdf, rb"\d{10}(?= \d{5} n)", lambda _: b"%010d" % chance.randrange(len(pdf) * 2))


def wrong_start(chance: random.Random, pdf: bytes) -> bytes:
    return _sub(chance, pdf, rb"(?<=startxref\n)\d+", lambda _: b"%d" % chance.randrange(len(pdf) + 99))


def prev_loop(chance: random.Random, pdf: bytes) -> bytes:
    starts = re.findall(rb"startxref\s+(\d+)", pdf) or [b"0"]
    return _sub(chance, pdf, rb"/Prev \d+", lambda _: b"/Prev " + chance.choice(starts))


def other_reference(chance: random.Random, pdf: bytes) -> bytes:
    return _sub(chance, pdf, rb"\d+ 0 R", lambda _: b"%d 0 R" % chance.randrange(60))


def self_reference(chance: random.Random, pdf: bytes) -> bytes:
    """Kids, parents, fields and values that lead back to where they came from."""
    return _sub(
        chance, pdf, rb"/(Kids|Parent|Fields|V|Pages|Annots|Contents|AcroForm|Resources) ?\[? ?\d+ 0 R",
        lambda one: re.sub(rb"\d+", b"%d" % chance.randrange(30), one),
    )  # fmt: skip


def huge_number(chance: random.Random, pdf: bytes) -> bytes:
    keys = rb"/(Size|Count|Length|N|First|W|Index|Columns|Predictor|P|Ff|Rotate) ?\[? ?\d+"
    number = chance.choice((b"99999999999999999999", b"-1", b"2147483648", b"0", b"1e9", b"4294967296"))
    return _sub(chance, pdf, keys, lambda one: _NUMBER.sub(number, one, count=1))


def any_number(chance: random.Random, pdf: bytes) -> bytes:
    number = chance.choice(
        (b"9" * 12, b"-7", b"0", b"1.5", b"null", b"true", b"(x)", b"/X", b"[1 2]", b"<<>>")
    )
    return _sub(chance, pdf, rb"(?<=[ \[])\d+(?=[ \]/>])", lambda _: number)


def other_name(chance: random.Random, pdf: bytes) -> bytes:
    names = re.findall(rb"/[A-Za-z]{1,20}", pdf)
    return _sub(chance, pdf, rb"/[A-Za-z]{1,20}", lambda _: chance.choice(names))


def deep(chance: random.Random, pdf: bytes) -> bytes:
    """Nesting that no reader's stack holds, where a value is read."""
    open_, close = chance.choice(((b"[", b"]"), (b"<</A ", b">>"), (b"(", b")")))
    many = chance.choice((200, 3000, 60000))
    whole = chance.random() < 0.5
    nest = open_ * many + (b"0" + close * many if whole else b"")
    return _sub(chance, pdf, rb"/(Contents|V|AP|Annots|Info|ID|DR|MK|Kids) ", lambda one: one + nest)


def bomb(chance: random.Random, pdf: bytes) -> bytes:
    """A page whose content unpacks to very much, through one filter or many."""
    packed = zlib.compress(b"\0" * chance.choice((10**6, 50 * 10**6)), 9)
    filters = b"/FlateDecode"
    for _ in range(chance.choice((0, 1, 3))):
        packed, filters = zlib.compress(packed, 9), filters + b"/FlateDecode"
    body = b"<</Filter[%s]/Length %d>>stream\n%s\nendstream" % (filters, len(packed), packed)
    known = [int(n) for n in re.findall(rb"(?:^|\n)(\d+) 0 obj", pdf)] or [1]
    return _appended(pdf, {chance.choice(known): body})


def object_stream_bomb(chance: random.Random, pdf: bytes) -> bytes:
    body = b"<</Type/ObjStm/N %d/First 5/Extends 950 0 R/Length 8>>stream\n1 0 2 0 \nendstream"
    return _appended(pdf, {950: body % chance.choice((1, 10**6, 10**12))})


def many_fields(chance: random.Random, pdf: bytes) -> bytes:
    """A form with thousands of fields that all point to one another."""
    many = chance.choice((50, 3000))
    kids = b" ".join(b"%d 0 R" % (1000 + n % 7) for n in range(many))
    objects = {1000 + n: b"<</FT/Sig/T(a%d)/V %d 0 R/Kids[%s]>>" % (n, 1000 + n, kids) for n in range(7)}
    form = {1010: b"<</Fields[%s]>>" % kids, 1011: b"<</Type/Catalog/Pages 1012 0 R/AcroForm 1010 0 R>>"}
    pages = {1012: b"<</Type/Pages/Kids[1012 0 R 1012 0 R]/Count 2>>"}
    out = _appended(pdf, objects | form | pages)
    at = out.rfind(b"/Root ")
    return out[:at] + re.sub(rb"/Root \d+ \d+ R", b"/Root 1011 0 R", out[at:], count=1)


def other_objects(chance: random.Random, pdf: bytes) -> bytes:
    """A later revision in which one object takes another's place."""
    known = list(re.finditer(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL))
    if not known:
        return flip(chance, pdf)
    return _appended(
        pdf, {int(chance.choice(known)[1]): chance.choice(known)[2] for _ in range(chance.choice((1, 3)))}
    )


def perturb(chance: random.Random, pdf: bytes) -> bytes:
    """A well-made later revision in which some objects say something a little else."""
    known = {
        int(one[1]): one[2] for one in re.finditer(rb"(?:^|\n)(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL)
    }
    small = {n: body for n, body in known.items() if len(body) < 5000 and b"/ByteRange" not in body}
    if not small:
        return flip(chance, pdf)
    ways = (other_reference, any_number, other_name, huge_number, self_reference, flip, cut_out)
    made = {}
    for _ in range(chance.choice((1, 1, 2, 4))):
        n = chance.choice(sorted(small))
        made[n] = chance.choice(ways)(chance, small[n] or b"null") or b"null"
    return _appended(pdf, made)


def _appended(pdf: bytes, objects: dict[int, bytes]) -> bytes:
    try:
        return appended(pdf, objects)
    except (IndexError, ValueError):
        return pdf + b"".join(objects.values())


MUTATIONS: tuple[Mutation, ...] = (
    flip, flip, cut_out, truncate, insert, double, move, swap_offsets, wrong_offset, wrong_start, prev_loop,
    other_reference, self_reference, huge_number, any_number, other_name, deep, bomb, object_stream_bomb,
    many_fields, other_objects, perturb, perturb,
)  # fmt: skip


def mutated(seed: int, bases: dict[str, bytes]) -> tuple[str, str, bytes]:
    """The seed's base, what was done to it, and the file: one to three mutations one after another."""
    chance = random.Random(seed)
    base = chance.choice(sorted(bases))
    done, pdf = [], bases[base]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        one = chance.choice(MUTATIONS)
        pdf = one(chance, pdf) or b"%PDF-"
        done.append(one.__name__)
    return base, "+".join(done), pdf


RANK = {"intact": 3, "mixed": 2}
"""How good a report's status is; all others say that there is nothing to be believed."""


def better(before: dict[str, object], after: dict[str, object], original: bytes, pdf: bytes) -> str:
    """Why a mutated file's report is better than it may be; empty when it is not."""
    passed = [one for one in _signatures(after) if one["status"] == "TOTAL-PASSED" and one["intact"] is True]
    allowed = [
        one for one in _signatures(before) if one["status"] == "TOTAL-PASSED" and one["intact"] is True
    ]
    if len(passed) > len(allowed):
        return f"{len(passed)} signatures pass, {len(allowed)} did"
    if RANK.get(str(after["status"]), 0) > RANK.get(str(before["status"]), 0):
        return f"{after['status']} was {before['status']}"
    if after["status"] != "intact":
        return ""
    if _seen(pdf) == _seen(original) or _seen(pdf) in _earlier(original):
        return ""
    try:
        same = shown(pdf) == shown(original)
    except pypdfium2.PdfiumError:
        return "another reader cannot show it, and it is intact"
    return "" if same else "it shows something else, and is intact"


def _signatures(report: dict[str, object]) -> list[dict[str, object]]:
    found = report["signatures"]
    assert isinstance(found, list)
    return found


def shown(pdf: bytes) -> list[bytes]:
    """What another reader, pdfium, shows of every page, with its annotations and filled fields."""
    document = pypdfium2.PdfDocument(pdf, password="")
    document.init_forms()
    try:
        return [bytes(document[n].render(scale=0.5).buffer) for n in range(len(document))]
    finally:
        document.close()


def _seen(pdf: bytes) -> bytes:
    """What can be seen of a file: all of it but its signatures' holes, and white space at its end."""
    return re.sub(rb"/Contents ?<[0-9a-fA-F\s]*>", b"", pdf).rstrip(b"\0\t\n\f\r ")


def _earlier(pdf: bytes) -> list[bytes]:
    """The file as it was after each of its revisions."""
    ends = [one.end() for one in re.finditer(rb"%%EOF", pdf)]
    return [_seen(pdf[:end]) for end in ends]
