"""Packages bent in every way that we could think of: each is refused, and what was bent is named.

`refit` is the forger who knows BagIt and writes the lists anew; `sealed anew` also owns a key and signs a log of his.
"""

import hashlib
import io
import json
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from repository.audit import merkle
from repository.audit.checkpoint import Checkpoint
from repository.audit.note import PublicKey, SigningKey
from repository.evidence import sealed_zip as layout
from tests.repository.evidence.scene import Members, Scene, members, refit, zipped

Bend = Callable[[Members, Scene], Members]


@dataclass(frozen=True)
class Forgery:
    """What is bent, how, and what the verifier must say of it."""

    name: str
    bend: Bend
    says: str
    lists_too: bool = False
    """Whether the forger also writes the bag's lists anew."""


def one(held: Members, beginning: str, ending: str = "") -> str:
    return next(name for name in sorted(held) if name.startswith(beginning) and name.endswith(ending))


def row(held: Members, collection: str, scene: Scene) -> str:
    name = f"data/rows/{collection}/{scene.document}.json"
    return name if name in held else one(held, f"data/rows/{collection}/")


def edited(held: Members, name: str, old: str, new: str) -> Members:
    content = held[name].decode()
    assert old in content, name
    return held | {name: content.replace(old, new, 1).encode()}


def turned(held: Members, name: str, place: int = 40) -> Members:
    content = bytearray(held[name])
    content[place % len(content)] ^= 1
    return held | {name: bytes(content)}


def without(held: Members, name: str) -> Members:
    return {n: content for n, content in held.items() if n != name}


def lines(held: Members, name: str) -> list[bytes]:
    return held[name].splitlines(keepends=True)


def swapped(held: Members, first: str, second: str) -> Members:
    return held | {first: held[second], second: held[first]}


def versions(held: Members, scene: Scene) -> tuple[str, str]:
    files = sorted(n for n in held if n.startswith("data/files/") and scene.document in n)
    return files[0], files[1]


def drop_record(held: Members, scene: Scene, both: bool) -> Members:
    kept = [line for line in lines(held, layout.RECORDS) if b'"dossier.filed"' not in line]
    gone = [n for n, line in enumerate(lines(held, layout.RECORDS)) if b'"dossier.filed"' in line]
    proofs = [line for n, line in enumerate(lines(held, layout.PROOFS)) if n not in gone]
    return held | {layout.RECORDS: b"".join(kept)} | ({layout.PROOFS: b"".join(proofs)} if both else {})


def drop_read(held: Members, scene: Scene) -> Members:
    """A record that binds nothing: only the seal over all shows that it is gone."""
    found = lines(held, layout.RECORDS)
    gone = next(n for n, line in enumerate(found) if b'"entry.made"' in line)
    return held | {
        name: b"".join(line for n, line in enumerate(lines(held, name)) if n != gone)
        for name in (layout.RECORDS, layout.PROOFS)
    }


def proof_with(**told: object) -> Bend:
    def bend(held: Members, scene: Scene) -> Members:
        first, *rest = lines(held, layout.PROOFS)
        return held | {layout.PROOFS: json.dumps(json.loads(first) | told).encode() + b"\n" + b"".join(rest)}

    return bend


def truncated(held: Members, scene: Scene) -> Members:
    first, *rest = lines(held, layout.PROOFS)
    told = json.loads(first)
    told["hashes"] = told["hashes"][:-1]
    return held | {layout.PROOFS: json.dumps(told).encode() + b"\n" + b"".join(rest)}


def strange_key(held: Members, scene: Scene, *, told: bool = False) -> Members:
    """The checkpoint signed with another key of the same name; `told`: with its public half in the package."""
    text = held[layout.CHECKPOINT].partition(b"\n\n")[0].decode() + "\n"
    key = SigningKey.fresh(Checkpoint.read(text).origin)
    bent = held | {layout.CHECKPOINT: Checkpoint.read(text).signed([key])}
    return bent | ({layout.KEYS: f"{key.public}\n".encode()} if told else {})


def sealed_anew(held: Members, scene: Scene) -> Members:
    """The whole log of a forger who changes the subject and signs everything with a key of his own."""
    name = row(held, "documents", scene)
    bent = edited(without(without(held, layout.TIMESTAMP), layout.WITNESS), name, "thử chứng cứ", "GIẢ MẠO")
    old, new = (hashlib.sha256(each[name]).hexdigest().encode() for each in (held, bent))
    records = [line.rstrip(b"\n").replace(old, new) for line in lines(bent, layout.RECORDS)]
    key = SigningKey.fresh(
        Checkpoint.read(held[layout.CHECKPOINT].partition(b"\n\n")[0].decode() + "\n").origin
    )
    bent[layout.KEYS] = f"{key.public}\n".encode()
    bent[layout.RECORDS] = b"".join(line + b"\n" for line in records)
    leaves = [merkle.leaf_hash(line) for line in records]
    first = Checkpoint(key.name, len(leaves), merkle.root(leaves))
    bent[layout.CHECKPOINT] = first.signed([key])
    bent[layout.PROOFS] = b"".join(json.dumps(_proof(leaves, n)).encode() + b"\n" for n in range(len(leaves)))
    refit(bent)
    request = json.loads(bent[layout.REQUEST])
    record = json.loads(request["record"])
    record["detail"]["sha256"] = hashlib.sha256(bent[layout.TAG_MANIFEST]).hexdigest()
    request["record"] = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    leaves.append(merkle.leaf_hash(request["record"].encode()))
    second = Checkpoint(key.name, len(leaves), merkle.root(leaves))
    grown = [merkle.root(leaves[a:b]).hex() for a, b in merkle.consistency(first.size, second.size)]
    request |= {
        "proof": _proof(leaves, len(leaves) - 1), "checkpoint": second.signed([key]).decode(),
        "consistency": [{"from": first.size, "to": second.size, "hashes": grown}],
    }  # fmt: skip
    return bent | {layout.REQUEST: json.dumps(request).encode()}


def _proof(leaves: list[bytes], n: int) -> dict[str, object]:
    hashes = [merkle.root(leaves[a:b]).hex() for a, b in merkle.inclusion(n, len(leaves))]
    return {"leaf": n, "size": len(leaves), "hashes": hashes}


def stamp(**changed: object) -> Bend:
    def bend(held: Members, scene: Scene) -> Members:
        return held | {layout.REQUEST: json.dumps(json.loads(held[layout.REQUEST]) | changed).encode()}

    return bend


def stamp_record(old: str, new: str) -> Bend:
    def bend(held: Members, scene: Scene) -> Members:
        told = json.loads(held[layout.REQUEST])
        assert old in told["record"]
        return held | {
            layout.REQUEST: json.dumps(told | {"record": told["record"].replace(old, new)}).encode()
        }

    return bend


def shorter_list(held: Members, scene: Scene) -> Members:
    """A document, its place in the dossier and its name in the list are gone."""
    subject = json.loads(held[layout.SUBJECT])
    gone = subject["documents"].pop()
    kept = {name: content for name, content in held.items() if gone not in name}
    return kept | {layout.SUBJECT: json.dumps(subject).encode()}


def swap_in(name: str) -> Bend:
    return lambda held, scene: held | {name: members(scene.older_package)[name]}


def unsealed(held: Members, scene: Scene) -> Members:
    return held | {layout.UNSEALED: lines(held, layout.RECORDS)[-1]}


TABLE = [
    Forgery("a byte of a file", lambda h, s: turned(h, versions(h, s)[0]), "SHA-256 khác với danh mục"),
    Forgery("a byte of a file, lists too", lambda h, s: turned(h, versions(h, s)[0]), "mà nhật ký ghi", True),
    Forgery("versions swapped", lambda h, s: swapped(h, *versions(h, s)), "SHA-256 khác với danh mục"),
    Forgery("versions swapped, lists too",
            lambda h, s: swapped(h, *versions(h, s)), "không phải văn bản", True),
    Forgery("a file taken away",
            lambda h, s: without(h, versions(h, s)[0]), "có trong danh mục, không có trong gói"),
    Forgery("a file taken away, lists too",
            lambda h, s: without(h, versions(h, s)[0]), "đúng một tệp, có 0", True),
    Forgery("a file added", lambda h, s: h | {"data/them.txt": b"x"}, "không có trong danh mục"),
    Forgery("a file added, lists too",
            lambda h, s: h | {"data/them.txt": b"x"}, "gói không còn như khi lập", True),
    Forgery("a second file of a version", lambda h, s: h | {f"data/files/{s.document}/1/b.pdf": b"x"},
            "đúng một tệp, có 2", True),
    Forgery("a version that never was", lambda h, s: h | {f"data/files/{s.document}/9/b.pdf": b"x"},
            "không phải phiên bản nào", True),
    Forgery("metadata edited", lambda h, s: edited(h, row(h, "documents", s), "thử chứng cứ", "khác"),
            "SHA-256 khác với danh mục"),
    Forgery("metadata edited, lists too",
            lambda h, s: edited(h, row(h, "documents", s), "thử chứng cứ", "khác"),
            "khác với nội dung mà nhật ký ghi", True),
    Forgery("the number in the book",
            lambda h, s: edited(h, one(h, "data/rows/entries/"), '"number":1', '"number":2'),
            "khác với nội dung mà nhật ký ghi", True),
    Forgery("the line of the book gone", lambda h, s: without(h, one(h, "data/rows/entries/")),
            "không có dòng số 1 trong sổ", True),
    Forgery("the dossier's title",
            lambda h, s: edited(h, one(h, "data/rows/dossiers/"), "thử chứng cứ", "khác"),
            "khác với nội dung mà nhật ký ghi", True),
    Forgery("the dossier's list shortened", shorter_list, "lần xếp văn bản, gói chỉ kèm", True),
    Forgery("the dossier's order", lambda h, s: h | {layout.SUBJECT: json.dumps(
        (told := json.loads(h[layout.SUBJECT])) | {"documents": told["documents"][::-1]}).encode()},
            "danh sách văn bản khác với nhật ký ghi", True),
    Forgery("about another thing",
            lambda h, s: edited(h, layout.SUBJECT, '"dossier"', '"document"'), "kể sai văn bản", True),
    Forgery("a record edited", lambda h, s: edited(h, layout.RECORDS, "Người vt.vanphong", "Người khac"),
            "không nằm trong nhật ký đã ký", True),
    Forgery("a record dropped", lambda h, s: drop_record(h, s, False), "bằng chứng", True),
    Forgery("a record dropped with its proof",
            lambda h, s: drop_record(h, s, True), "khác với nội dung mà nhật ký", True),
    Forgery("a record that binds nothing dropped", drop_read, "gói không còn như khi lập", True),
    Forgery("a record twice",
            lambda h, s: h | {n: h[n] + lines(h, n)[-1] for n in (layout.RECORDS, layout.PROOFS)},
            "lặp lại", True),
    Forgery("records in another order", lambda h, s: h | {n: b"".join(lines(h, n)[::-1]) for n in (
        layout.RECORDS, layout.PROOFS)}, "đứng sai thứ tự", True),
    Forgery("a leaf renumbered", proof_with(leaf=3), "không nằm trong nhật ký đã ký", True),
    Forgery("a proof of another size", proof_with(size=9999), "không nằm trong nhật ký đã ký", True),
    Forgery("a proof truncated", truncated, "không nằm trong nhật ký đã ký", True),
    Forgery("a sealed record told as unsealed", unsealed, "chưa được niêm phong", True),
    Forgery("the checkpoint's size",
            lambda h, s: turned(h, layout.CHECKPOINT, h[layout.CHECKPOINT].index(b"\n") + 1),
            "không có chữ ký đúng", True),
    Forgery("the checkpoint of a strange key", strange_key, "không có chữ ký đúng", True),
    Forgery("the checkpoint and the key",
            lambda h, s: strange_key(h, s, told=True), "Dấu thời gian không hợp lệ", True),
    Forgery("an older checkpoint", swap_in(layout.CHECKPOINT), "không nằm trong nhật ký đã ký", True),
    Forgery("the timestamp's own bytes", lambda h, s: turned(h, layout.TIMESTAMP, -30), layout.TIMESTAMP, True),
    Forgery("the timestamp is no token",
            lambda h, s: h | {layout.TIMESTAMP: b"0\x03\x02\x01\x01"}, layout.TIMESTAMP, True),
    Forgery("the witness's signature", lambda h, s: h | {layout.WITNESS: h[layout.WITNESS].replace(
        b"AAAA", b"AAAB") if b"AAAA" in h[layout.WITNESS] else h[layout.WITNESS][:-6] + b"AAA=\n"},
            "bên chứng kiến", True),
    Forgery("the log as its own witness", lambda h, s: h | {
            layout.WITNESS: h[layout.CHECKPOINT].partition(b"\n\n")[2]}, "của chính nhật ký", True),
    Forgery("the report edited",
            lambda h, s: edited(h, f"data/signatures/{s.document}/1.json", "TOTAL-PASSED", "TOTAL-FAILED"),
            "gói không còn như khi lập", True),
    Forgery("the report's sum edited",
            lambda h, s: edited(h, f"data/signatures/{s.document}/1.json", '"status": "intact"',
            '"status": "broken"'), "báo cáo nói", True),
    Forgery("the report of another file", lambda h, s: swapped(h, f"data/signatures/{s.document}/1.json",
            f"data/signatures/{s.document}/2.json"), "báo cáo về tệp khác", True),
    Forgery("the report gone",
            lambda h, s: without(h, f"data/signatures/{s.document}/1.json"), "thiếu báo cáo", True),
    Forgery("a certificate swapped", lambda h, s: swapped(h, *sorted(n for n in h if n.endswith(".der"))[:2]),
            "không phải chứng thư mà báo cáo dựa vào", True),
    Forgery("a certificate gone",
            lambda h, s: without(h, one(h, "data/trust/", ".der")), "thiếu chứng thư", True),
    Forgery("the summary edited",
            lambda h, s: edited(h, "data/summary.html", "Chỉ để tham khảo", "Có giá trị pháp lý"),
            "data/summary.html: SHA-256 khác"),
    Forgery("the summary edited, lists too",
            lambda h, s: edited(h, "data/summary.html", "Chỉ để tham khảo", "Có giá trị"),
            "gói không còn như khi lập", True),
    Forgery("the lock's day", lambda h, s: edited(h, one(h, "data/locks/"), "COMPLIANCE", "GOVERNANCE"),
            "gói không còn như khi lập", True),
    Forgery("who asked",
            stamp_record("Người vt.vanphong", "Người khác"), "dấu yêu cầu không nằm trong nhật ký"),
    Forgery("when it was asked", stamp_record('"at":"2', '"at":"1'), "dấu yêu cầu không nằm trong nhật ký"),
    Forgery("the stamp of another package", swap_in(layout.REQUEST), "gói không còn như khi lập"),
    Forgery("the stamp unproven", stamp(proof=None), "yêu cầu lập gói chưa được niêm phong"),
    Forgery("the stamp's history", stamp(consistency=[]), "không thuộc cùng một lịch sử"),
    Forgery("the stamp gone", lambda h, s: without(h, layout.REQUEST), "thiếu tệp request.json"),
    Forgery("the bag's own file",
            lambda h, s: edited(h, "bag-info.txt", "tangthu", "khac"), "bag-info.txt: SHA-256 khác"),
    Forgery("the bag's version", lambda h, s: edited(h, "bagit.txt", "1.0", "0.9"), "bagit.txt bị sửa"),
    Forgery("a list that reaches outside", lambda h, s: h | {layout.MANIFEST: h[layout.MANIFEST].replace(
        b"  data/", b"  ../data/", 1)}, "dòng không hợp lệ"),
    Forgery("deep JSON", lambda h, s: h | {layout.SUBJECT: b"[" * 200_000}, "khuôn dạng", True),
    Forgery("no JSON", lambda h, s: h | {layout.RECORDS: b"xin chao\n"}, "khuôn dạng", True),
]  # fmt: skip


@pytest.mark.parametrize("forgery", TABLE, ids=lambda each: each.name)
def test_each_forgery_is_refused_and_named(scene, judged, forgery: Forgery) -> None:
    held = members(scene.whole)
    bent = forgery.bend(dict(held), scene)
    assert bent != held
    found = judged(zipped(refit(bent) if forgery.lists_too else bent))
    wrong = [f"{each.about}: {each.words}" for each in found.lines if each.mark == "SAI"]
    assert not found.ok and any(forgery.says in each for each in wrong), wrong


def test_a_forger_with_a_log_of_his_own_is_known_by_his_key_alone(scene, judged) -> None:
    """All that a package proves by itself is that it is whole: whose log it is, only a key from elsewhere says."""
    forged = zipped(sealed_anew(members(scene.single), scene))
    trusting = judged(forged)
    assert trusting.ok and any(
        each.about == "Khóa nhật ký" and each.mark == "LƯU Ý" for each in trusting.lines
    )
    found = judged(forged, trusted=[PublicKey.parse(each) for each in scene.keys.split()])
    assert not found.ok
    assert any("khóa lạ" in each.words for each in found.lines if each.mark == "SAI")


def test_a_checkpoint_of_before_shows_a_rewritten_log(scene, judged) -> None:
    text = scene.earlier.partition(b"\n\n")[0].decode() + "\n"
    before = Checkpoint.read(text)
    key = SigningKey.fresh(before.origin)
    other = Checkpoint(before.origin, before.size, bytes(32)).signed([key])
    keys = [*(PublicKey.parse(each) for each in scene.keys.split()), key.public]
    found = judged(scene.linked, trusted=keys, previous=other)
    assert not found.ok and "hai lịch sử khác nhau" in found.lines[-1].words


def hostile(name: str = "data/x", content: bytes = b"x", **fields: object) -> bytes:
    """A zip that another program made."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        for field, value in fields.items():
            setattr(info, field, value)
        archive.writestr(info, content)
    return out.getvalue()


def inside(scene: Scene, where: bytes, what: bytes) -> bytes:
    return scene.whole.replace(where, what)


ZIPS: list[tuple[str, Callable[[Scene], bytes], str]] = [
    ("nothing", lambda s: b"", "không phải tệp ZIP"),
    ("no zip", lambda s: b"xin chao " * 100, "không phải tệp ZIP trọn vẹn"),
    ("cut", lambda s: s.whole[: len(s.whole) // 2], "không phải tệp ZIP trọn vẹn"),
    ("something behind", lambda s: s.whole + b"x", "phần thêm ở cuối"),
    ("something before", lambda s: b"#!/bin/sh\n" + s.whole, "không liền"),
    ("a bomb", lambda s: hostile(content=bytes(10_000_000), compress_type=zipfile.ZIP_DEFLATED), "bị nén lại"),
    ("packed again", lambda s: hostile("bagit.txt"), "không phải tệp thường"),
    ("a path upwards", lambda s: hostile("../../etc/passwd"), "tên tệp không hợp lệ"),
    ("a path from the root", lambda s: hostile("/etc/passwd"), "tên tệp không hợp lệ"),
    ("a path of Windows", lambda s: hostile("data\\..\\x"), "tên tệp không hợp lệ"),
    ("a hidden file", lambda s: hostile("data/.x"), "tên tệp không hợp lệ"),
    ("a folder", lambda s: hostile("data/"), "tên tệp không hợp lệ"),
    ("a letter that turns the line", lambda s: hostile("data/\u202ex.pdf"), "tên tệp không hợp lệ"),
    ("a link", lambda s: hostile(external_attr=0o120777 << 16, create_system=3), "không phải tệp thường"),
    ("a comment", lambda s: s.whole[:-2] + b"\x03\0abc", "phần thêm ở cuối"),
    ("a member twice", lambda s: inside(s, b"data/summary.html", b"data/summary.pdf\0"), "tên tệp không hợp lệ"),
    ("two members of one name", lambda s: inside(s, b"data/log/records.jsonl", b"data/log/RECORDS.jsonl"),
     "thiếu tệp data/log/records.jsonl"),
    ("a name in one place only", lambda s: s.whole[::-1].replace(b"nosj.tcejbus", b"nosj.Tcejbus", 1)[::-1],
     "không khớp mục lục"),
    ("a byte of the bytes", lambda s: s.whole.replace(b"phu luc mot", b"phu luc hai", 1), "sai mã kiểm"),
    ("counted to death", lambda s: s.whole[:-22] + struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, 65_535, 65_535, 0xFFFFFFFF, 0, 0), "quá nhiều tệp"),
    ("counted to death in 64 bits", lambda s: s.whole[:-22] + struct.pack(
        "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 2**40, 2**40, 2**50, 0) + struct.pack(
        "<4sLQL", b"PK\6\7", 0, len(s.whole) - 22, 1) + s.whole[-22:], "quá nhiều tệp"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "says"), ZIPS, ids=[each[0] for each in ZIPS])
def test_a_hostile_zip_is_refused_before_it_is_read(scene, judged, name, make, says) -> None:
    found = judged(make(scene))
    wrong = [each.words for each in found.lines if each.mark == "SAI"]
    assert not found.ok and any(says in each for each in wrong), wrong


def test_the_same_name_twice(scene, judged) -> None:
    held = list(members(scene.single).items())
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = b"".join(layout.write([*held, held[-1]]))
    found = judged(content)
    assert not found.ok and "hai tệp trùng tên: " in found.lines[0].words


def test_no_byte_of_a_package_can_be_changed_unseen(scene, judged) -> None:
    """Every 211th byte, wherever it lies."""
    for place in range(0, len(scene.single), 211):
        bent = bytearray(scene.single)
        bent[place] ^= 0x01
        assert not judged(bytes(bent)).ok, place
