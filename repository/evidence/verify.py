"""Proves an evidence package offline: `python -m repository.evidence.verify FILE`, or `tangthu verify FILE`.

Needs no database, no network, no settings: the file, and (better) the log's public key from elsewhere. Each check is
a function that says line by line what it proves; what a package cannot prove is said too. README.md shows how to do
every check with `sha256sum`, `openssl` and `pyhanko` instead. Exit 0 proven, 1 altered or not proven, 2 bad usage.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from repository.audit import merkle, note
from repository.audit.checkpoint import Checkpoint, Proof
from repository.audit.note import PublicKey
from repository.audit.timestamps import BadTimestamp
from repository.audit.timestamps import verify as verify_timestamp
from repository.evidence import sealed_zip as layout
from repository.evidence.sealed_zip import Package, Refused

PROVEN: Final = "ĐÚNG"
SAID: Final = "LƯU Ý"
REFUSED: Final = "SAI"
_MOST: Final = 20
"""So many faults of one kind are named one by one."""
_UNFIT: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
"""What reading raises over content that is not what it claims; Refused is a ValueError."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One thing that is proven, not proven, or wrong."""

    mark: str
    about: str
    words: str


@dataclass
class Found:
    """What is known of the package so far."""

    package: Package
    trusted: list[PublicKey]
    """Keys that whoever verifies brought along; none: the package's own are used, and that is said."""
    lines: list[Line] = field(default_factory=list)
    keys: list[PublicKey] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    request: Checkpoint | None = None
    subject: Row = field(default_factory=dict)
    states: dict[tuple[str, str], dict[int, tuple[str, int]]] = field(default_factory=dict)
    """(collection, id) of a row → which write → its hash by the log, and the leaf that says so."""
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    """Rows that are as the log says, by collection and id."""
    record_ids: set[str] = field(default_factory=set)
    consistent: dict[tuple[int, int], list[bytes]] = field(default_factory=dict)

    def say(self, mark: str, about: str, words: str) -> None:
        self.lines.append(Line(mark, about, words))

    def refuse(self, about: str, faults: Sequence[str]) -> None:
        for one in faults[:_MOST]:
            self.say(REFUSED, about, one)
        if len(faults) > _MOST:
            self.say(REFUSED, about, f"và {len(faults) - _MOST} lỗi cùng loại")


@dataclass(frozen=True)
class Outcome:
    """All lines; `ok` when none is wrong."""

    lines: list[Line]

    @property
    def ok(self) -> bool:
        return bool(self.lines) and all(one.mark != REFUSED for one in self.lines)


def verify(
    path: Path, *, trusted: Sequence[PublicKey] = (), previous: bytes = b"", proof: bytes = b""
) -> Outcome:
    """Everything that can be said of a package."""
    try:
        with layout.opened(path) as package:
            found = Found(package, list(trusted))
            found.say(PROVEN, "Vỏ gói", f"{len(package.members)} tệp, không nén, không thừa, không trùng tên")
            for name, check in _CHECKS:
                _guarded(found, name, check)
            if previous:
                _guarded(found, "Bản ký trước đây", lambda one: check_previous(one, previous, proof))
            return Outcome(found.lines)
    except OSError as fault:
        return Outcome([Line(REFUSED, "Vỏ gói", f"không đọc được tệp ({fault.strerror})")])
    except Refused as fault:
        return Outcome([Line(REFUSED, "Vỏ gói", str(fault))])


def _guarded(found: Found, name: str, check: Callable[[Found], None]) -> None:
    try:
        check(found)
    except Refused as fault:
        found.say(REFUSED, name, str(fault))
    except _UNFIT as fault:
        found.say(REFUSED, name, f"nội dung không đúng khuôn dạng ({type(fault).__name__}: {fault})")


# --- 1. The bag: what `sha256sum -c manifest-sha256.txt` and any BagIt tool say -----------------------------------


def check_bag(found: Found) -> None:
    """Every file is listed, has its hash, and nothing else is there."""
    package, faults = found.package, list[str]()
    if package.read("bagit.txt") != layout.BAGIT:
        faults.append("bagit.txt bị sửa")
    listed = _manifest(package, layout.MANIFEST) | _manifest(package, layout.TAG_MANIFEST)
    outside = {layout.TAG_MANIFEST, layout.REQUEST}
    faults += [
        f"{name}: có trong danh mục, không có trong gói"
        for name in sorted(set(listed) - set(package.members))
    ]
    faults += [
        f"{name}: không có trong danh mục" for name in sorted(set(package.members) - set(listed) - outside)
    ]
    for name in sorted(set(listed) & set(package.members)):
        if _sha256(package, name) != listed[name]:
            faults.append(f"{name}: SHA-256 khác với danh mục")
    payload = [one.file_size for name, one in package.members.items() if name.startswith("data/")]
    if f"Payload-Oxum: {sum(payload)}.{len(payload)}\n" not in package.read("bag-info.txt").decode():
        faults.append("bag-info.txt: số tệp hoặc số byte không khớp (Payload-Oxum)")
    if set(_manifest(package, layout.TAG_MANIFEST)) != set(layout.TAGS):
        faults.append(f"{layout.TAG_MANIFEST}: không liệt kê đúng các tệp mô tả gói")
    found.refuse("Danh mục", faults)
    if not faults:
        found.say(PROVEN, "Danh mục", f"{len(payload)} tệp đúng SHA-256 ghi trong danh mục (BagIt)")


def _manifest(package: Package, name: str) -> dict[str, str]:
    listed: dict[str, str] = {}
    for line in package.lines(name):
        told, _, path = line.decode().partition("  ")
        inside = path.startswith("data/") == (name == layout.MANIFEST)
        if not re.fullmatch("[0-9a-f]{64}", told) or not path or path in listed or not inside:
            raise Refused(f"{name}: dòng không hợp lệ {line.decode()[:100]!r}")
        listed[path] = told
    return listed


def _sha256(package: Package, name: str) -> str:
    digest = hashlib.sha256()
    for piece in package.pieces(name):
        digest.update(piece)
    return digest.hexdigest()


# --- 2. The log's checkpoint: signed by which key, stamped when, seen by whom --------------------------------------


def check_checkpoint(found: Found) -> None:
    """The signed head of the log, and whose key signed it."""
    own = [PublicKey.parse(line.decode()) for line in found.package.lines(layout.KEYS)]
    found.keys = found.trusted or own
    raw = found.package.read(layout.CHECKPOINT)
    found.checkpoint, signer = _opened(raw, found)
    leaves = f"{found.checkpoint.size} lá của nhật ký «{found.checkpoint.origin}»"
    found.say(PROVEN, "Bản ký nhật ký", f"{leaves}, ký bằng khóa {_fingerprint(signer)}")
    if not found.trusted:
        found.say(SAID, "Khóa nhật ký", "dùng khóa kèm trong gói; hãy so dấu vân tay "
                  f"{_fingerprint(signer)} với khóa cơ quan đã công bố, hoặc chạy lại với --key")  # fmt: skip
    else:
        found.say(PROVEN, "Khóa nhật ký", "là khóa do người kiểm tra đưa vào")
    _check_timestamp(found, raw)
    _check_witness(found, raw)


def _opened(raw: bytes, found: Found) -> tuple[Checkpoint, PublicKey]:
    """A checkpoint and the key that signed it. Raises Refused when no believed key did."""
    signed = note.parse(raw)
    checkpoint = Checkpoint.read(signed.text)
    by = [key for key in signed.signers(found.keys) if key.algorithm == note.ED25519]
    if not by:
        which = "khóa đã biết" if found.trusted else "khóa kèm trong gói"
        raise Refused(f"bản ký không có chữ ký đúng của {which}: khóa lạ, hoặc bản ký bị sửa")
    if by[0].name != checkpoint.origin:
        raise Refused(f"bản ký của nhật ký khác: {checkpoint.origin}")
    return checkpoint, by[0]


def _fingerprint(key: PublicKey) -> str:
    return f"{key.name}+{key.id.hex()} (SHA-256 {hashlib.sha256(key.key).hexdigest()})"


def _check_timestamp(found: Found, raw: bytes) -> None:
    if layout.TIMESTAMP not in found.package.members:
        found.say(
            SAID, "Dấu thời gian", "bản ký này chưa có dấu thời gian RFC 3161; thời điểm là lời của hệ thống"
        )
        return
    try:
        stamp = verify_timestamp(found.package.read(layout.TIMESTAMP), raw)
    except BadTimestamp as fault:
        raise Refused(f"{layout.TIMESTAMP}: {fault.sentence()}") from fault
    print_ = hashlib.sha256(stamp.certificate).hexdigest()
    found.say(PROVEN, "Dấu thời gian", f"bản ký đã có lúc {stamp.at.isoformat()}, theo {stamp.authority}")
    found.say(
        SAID,
        "Dấu thời gian",
        f"có tin máy chủ cấp dấu hay không là do người kiểm tra: chứng thư SHA-256 {print_}",
    )


def _check_witness(found: Found, raw: bytes) -> None:
    text = note.parse(raw).text
    if layout.WITNESS not in found.package.members:
        found.say(SAID, "Bên chứng kiến", "không có chữ ký của bên chứng kiến")
        return
    for line in found.package.lines(layout.WITNESS):
        one = note.read_line(line.decode())
        by = next((key for key in found.keys if one.holds(text, key)), None)
        if by is not None:
            found.say(PROVEN, "Bên chứng kiến", f"{one.name} đã ký cùng bản ký này")
        elif (one.name, one.key_id) in {(key.name, key.id) for key in found.keys}:
            raise Refused(f"chữ ký của bên chứng kiến {one.name} không đúng")
        else:
            found.say(
                SAID,
                "Bên chứng kiến",
                f"chưa biết khóa của {one.name} ({one.key_id.hex()}); đưa vào bằng --key",
            )


# --- 3. The records of the log: each is in the tree under the checkpoint -------------------------------------------


def check_records(found: Found) -> None:
    """Every record hashes to a leaf that its proof leads to the checkpoint; what they say of rows is noted."""
    faults, count, last = list[str](), 0, -1
    proofs = found.package.lines(layout.PROOFS)
    for raw in found.package.lines(layout.RECORDS):
        told = next(proofs, None)
        if told is None:
            raise Refused(f"{layout.PROOFS}: thiếu bằng chứng cho bản ghi thứ {count + 1}")
        record, proof = json.loads(raw), Proof.from_json(json.loads(told))
        if found.checkpoint is None or not proof.shows(merkle.leaf_hash(raw), found.checkpoint):
            faults.append(f"bản ghi {record['_id']} (lá {proof.leaf}) không nằm trong nhật ký đã ký")
        if proof.leaf <= last or record["_id"] in found.record_ids:
            faults.append(f"bản ghi {record['_id']} (lá {proof.leaf}) đứng sai thứ tự hoặc lặp lại")
        last, count = proof.leaf, count + 1
        found.record_ids.add(record["_id"])
        for one in record.get("rows", []):
            written = found.states.setdefault((one["in"], one["id"]), {})
            written[one["n"]] = (one["sha256"], proof.leaf)
    if next(proofs, None) is not None:
        faults.append(f"{layout.PROOFS}: thừa bằng chứng; có bản ghi đã bị bỏ")
    waiting = [json.loads(line)["_id"] for line in found.package.lines(layout.UNSEALED)]
    faults += [f"bản ghi {one} chưa được niêm phong khi lập gói: không chứng minh được" for one in waiting]
    found.refuse("Bản ghi nhật ký", faults)
    if not faults and count:
        found.say(PROVEN, "Bản ghi nhật ký", f"{count} bản ghi nằm trong nhật ký đã ký, không bản nào bị sửa")
    if not count:
        raise Refused("không có bản ghi nào")


# --- 4. The rows: metadata, register line, dossier are as the log says they were written last ----------------------


def check_rows(found: Found) -> None:
    """A row's text has the hash that the log gives for its latest write."""
    faults, count, gaps = list[str](), 0, list[str]()
    for name in sorted(found.package.members):
        if not name.startswith("data/rows/"):
            continue
        raw = found.package.read(name)
        row, collection = json.loads(raw), name.split("/")[2]
        if name != f"data/rows/{collection}/{row['_id'].replace(':', '_')}.json":
            raise Refused(f"{name}: mang mã {row['_id']!r}")
        written = found.states.get((collection, row["_id"]), {})
        latest = max(written, default=0)
        if not written:
            faults.append(f"{name}: không có bản ghi nào của nhật ký nói về nội dung này")
        elif written[latest][0] != hashlib.sha256(raw).hexdigest() or row.get("writes") != latest:
            faults.append(
                f"{name}: khác với nội dung mà nhật ký ghi ở lần ghi thứ {latest} (lá {written[latest][1]})"
            )
        else:
            found.rows.setdefault(collection, {})[row["_id"]] = row
            count += 1
            if missing := [n for n in range(1, latest) if n not in written]:
                gaps.append(f"{collection}/{row['_id']}: không kèm bản ghi của lần ghi {missing}")
    found.refuse("Thông tin mô tả", faults)
    if not faults and count:
        found.say(
            PROVEN,
            "Thông tin mô tả",
            f"{count} bản mô tả (văn bản, dòng trong sổ, hồ sơ) đúng như nhật ký ghi",
        )
    for one in gaps[:_MOST]:
        found.say(SAID, "Lịch sử", one)
    if count and not gaps and not faults:
        found.say(
            PROVEN, "Lịch sử", "mọi lần ghi của từng bản mô tả đều có bản ghi kèm theo, không thiếu lần nào"
        )


# --- 5. The contents: files, signature reports, register line, the dossier's list ----------------------------------


def check_contents(found: Found) -> None:
    """What the package is about is all there, and each file is the version that the log knows."""
    found.subject = json.loads(found.package.read(layout.SUBJECT))
    if found.subject["format"] != layout.FORMAT:
        raise Refused(f"không hiểu khuôn dạng {found.subject['format']!r}")
    documents = found.rows.get("documents", {})
    faults = _check_list(found)
    names = _by_folder(found.package)
    for document_id in found.subject["documents"]:
        row = documents.get(document_id)
        if row is None:
            faults.append(f"văn bản {document_id}: thiếu, hoặc thông tin mô tả không đúng nhật ký")
            continue
        wrong = [*_check_files(found, row, names), *_check_entry(found, row)]
        faults += wrong
        if not wrong:
            told = f"{len(row['versions'])} phiên bản đúng SHA-256 mà nhật ký ghi"
            numbered = f", số {row['number']} đúng dòng trong sổ" if row["register"] else ""
            found.say(PROVEN, f"Văn bản {row['symbol'] or document_id}", told + numbered)
    found.refuse("Nội dung", faults)
    found.say(SAID, "Chữ ký số", "báo cáo kiểm tra chữ ký là kết luận của hệ thống, kèm chứng thư và căn cứ thu hồi; "
              "muốn kiểm tra lại từ đầu, dùng pyhanko với tệp gốc (xem README)")  # fmt: skip


def _by_folder(package: Package) -> dict[str, list[str]]:
    folders: dict[str, list[str]] = {}
    for name in package.members:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    return folders


def _check_files(found: Found, row: Row, names: dict[str, list[str]]) -> Iterator[str]:
    """The bytes of each version, and the report on them with what it stood on."""
    for version in row["versions"]:
        what = f"văn bản {row['_id']}, phiên bản {version['n']}"
        held = names.get(f"data/files/{row['_id']}/{version['n']}", [])
        if len(held) != 1:
            yield f"{what}: phải có đúng một tệp, có {len(held)}"
        elif _sha256(found.package, held[0]) != version["sha256"]:
            yield f"{held[0]}: không phải {what} mà nhật ký ghi"
        report = f"data/signatures/{row['_id']}/{version['n']}.json"
        if report in found.package.members:
            yield from _check_report(found, report, version)
        elif version["signatures"]["status"] != "pending":
            yield f"{report}: thiếu báo cáo kiểm tra chữ ký"
    kept = {str(version["n"]) for version in row["versions"]}
    for folder in names:
        if folder.startswith(f"data/files/{row['_id']}/") and folder.split("/")[3] not in kept:
            yield f"{folder}: không phải phiên bản nào của văn bản"


def _check_report(found: Found, name: str, version: Row) -> Iterator[str]:
    told = json.loads(found.package.read(name))
    report = told["report"]
    if told["sha256"] != version["sha256"]:
        yield f"{name}: báo cáo về tệp khác"
    summed = {"status": report["status"], "count": len(report["signatures"])}
    if version["signatures"]["status"] != "pending" and version["signatures"] != summed:
        yield f"{name}: báo cáo nói {summed}, nhật ký ghi {version['signatures']}"
    for one in told["trust"]:
        path = f"data/trust/{one}.der"
        if path not in found.package.members:
            yield f"{path}: thiếu chứng thư hoặc căn cứ thu hồi mà báo cáo dựa vào"
        elif _sha256(found.package, path) != one:
            yield f"{path}: không phải chứng thư mà báo cáo dựa vào"


def _check_entry(found: Found, row: Row) -> Iterator[str]:
    """The number of a document is the number of its line in the book."""
    if not row["register"]:
        return
    lines = [one for one in found.rows.get("entries", {}).values() if one["document"] == row["_id"]]
    if not any((one["register"], one["number"]) == (row["register"], row["number"]) for one in lines):
        yield f"văn bản {row['_id']}: không có dòng số {row['number']} trong sổ {row['register']}"


def _check_list(found: Found) -> list[str]:
    """Which documents the package must hold: the one, or those that the dossier's places name, in their order."""
    subject, documents = found.subject, set(found.rows.get("documents", {}))
    if documents - set(subject["documents"]):
        return [f"{layout.SUBJECT}: không kể đến {sorted(documents - set(subject['documents']))}"]
    if subject["kind"] == "document":
        return [] if subject["documents"] == [subject["id"]] else [f"{layout.SUBJECT}: kể sai văn bản"]
    dossier = found.rows.get("dossiers", {}).get(subject["id"])
    if dossier is None:
        return [f"hồ sơ {subject['id']}: thiếu, hoặc thông tin không đúng nhật ký"]
    places = [one for one in found.rows.get("filings", {}).values() if one["dossier"] == subject["id"]]
    listed = [
        one["document"] for one in sorted(places, key=lambda one: float(one["order"])) if not one["removed"]
    ]
    if listed != subject["documents"]:
        return [f"hồ sơ {subject['id']}: danh sách văn bản khác với nhật ký ghi ({len(listed)} văn bản)"]
    filed = sum(len(one["past"]) + (not one["removed"]) for one in places)
    missing = dossier["filings"] - filed
    if subject["withheld"] and missing > 0:
        found.say(
            SAID, "Hồ sơ", f"{missing} lần xếp văn bản không kèm trong gói: người lập gói không được xem"
        )
    elif missing:
        return [
            f"hồ sơ {subject['id']}: nhật ký ghi {dossier['filings']} lần xếp văn bản, gói chỉ kèm {filed}"
        ]
    else:
        found.say(PROVEN, "Hồ sơ", f"đủ {len(listed)} văn bản, đúng thứ tự, không thiếu văn bản nào")
    return []


# --- 6. The request: the whole package was sealed into the log when it was made ------------------------------------


def check_request(found: Found) -> None:
    """The log holds a record of this very package: so nothing in it was made afterwards."""
    told = json.loads(found.package.read(layout.REQUEST))
    raw = told["record"].encode()
    record = json.loads(raw)
    if told["proof"] is None:
        raise Refused("yêu cầu lập gói chưa được niêm phong: không chứng minh được gói còn như khi lập")
    found.request, _ = _opened(told["checkpoint"].encode(), found)
    if not Proof.from_json(told["proof"]).shows(merkle.leaf_hash(raw), found.request):
        raise Refused(f"{layout.REQUEST}: dấu yêu cầu không nằm trong nhật ký đã ký (bị sửa)")
    for one in told["consistency"]:
        found.consistent[one["from"], one["to"]] = [bytes.fromhex(each) for each in one["hashes"]]
    whole = hashlib.sha256(found.package.read(layout.TAG_MANIFEST)).hexdigest()
    if record["action"] != "evidence.made" or record["detail"]["sha256"] != whole:
        raise Refused("gói không còn như khi lập: nhật ký ghi mã băm khác cho toàn gói")
    if found.subject and record["subject"] != {"kind": found.subject["kind"], "id": found.subject["id"]}:
        raise Refused(f"{layout.REQUEST}: dấu yêu cầu của gói khác")
    if found.checkpoint is None or not _extends(found, found.checkpoint, found.request):
        raise Refused("bản ký của gói và bản ký của yêu cầu không thuộc cùng một lịch sử")
    who = f"{record['actor'].get('name') or record['actor']['id']} lập lúc {record['at']}"
    found.say(
        PROVEN,
        "Yêu cầu",
        f"{who}; cả gói được niêm phong ở lá {told['proof']['leaf']}: không tệp nào thêm, bớt, sửa sau đó",
    )


def _extends(found: Found, old: Checkpoint, new: Checkpoint) -> bool:
    proof = found.consistent.get((old.size, new.size), [])
    return old.origin == new.origin and merkle.extends(old.size, old.root, new.size, new.root, proof)


def check_previous(found: Found, previous: bytes, proof: bytes) -> None:
    """A checkpoint that the verifier kept from before must be of the same history."""
    before, _ = _opened(previous, found)
    if proof:
        told = json.loads(proof)
        found.consistent[told["from"], told["to"]] = [bytes.fromhex(one) for one in told["hashes"]]
    ours = [one for one in (found.checkpoint, found.request) if one is not None]
    for one in ours:
        old, new = sorted((before, one), key=lambda each: each.size)
        if _extends(found, old, new):
            found.say(PROVEN, "Bản ký trước đây", f"nhật ký {new.size} lá chỉ nối thêm vào bản {old.size} lá")
            return
    for one in ours:
        pair = (min(before.size, one.size), max(before.size, one.size))
        if before.size == one.size or pair in found.consistent:
            raise Refused(
                f"bản ký {before.size} lá và gói ({one.size} lá) là hai lịch sử khác nhau: nhật ký bị viết lại"
            )
    sizes = f"from={before.size}&to={ours[0].size}" if ours else ""
    raise Refused(f"gói không kèm bằng chứng nối từ bản ký {before.size} lá; hãy đưa câu trả lời của "
                  f"/api/v1/audit/consistency?{sizes} vào bằng --proof")  # fmt: skip


_CHECKS: Final[tuple[tuple[str, Callable[[Found], None]], ...]] = (
    ("Danh mục", check_bag), ("Bản ký nhật ký", check_checkpoint), ("Bản ghi nhật ký", check_records),
    ("Thông tin mô tả", check_rows), ("Nội dung", check_contents), ("Yêu cầu", check_request),
)  # fmt: skip


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="gói chứng cứ (.zip)")
    parser.add_argument(
        "--key", type=Path, metavar="FILE", help="khóa công khai của nhật ký, nhận từ nơi khác"
    )
    parser.add_argument("--previous", type=Path, metavar="CHECKPOINT", help="bản ký nhật ký đã giữ từ trước")
    parser.add_argument(
        "--proof", type=Path, metavar="FILE", help="bằng chứng nối tiếp (JSON) cho --previous"
    )
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


def run(options: argparse.Namespace) -> int:
    """Verifies, writes the lines to standard output, answers the exit status."""
    try:
        keys = options.key.read_text("utf-8").split() if options.key else []
        trusted = [PublicKey.parse(one) for one in keys]
        previous, proof = (one.read_bytes() if one else b"" for one in (options.previous, options.proof))
        if options.key and not trusted:
            raise note.Malformed("no key in the file")
    except (OSError, ValueError) as fault:
        sys.stderr.write(f"tangthu verify: {fault}\n")
        return 2
    outcome = verify(options.file, trusted=trusted, previous=previous, proof=proof)
    if options.json:
        told = {"ok": outcome.ok, "lines": [asdict(one) for one in outcome.lines]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return 0 if outcome.ok else 1
    for one in outcome.lines:
        sys.stdout.write(_shown(f"{one.mark:6} {one.about}: {one.words}") + "\n")
    verdict = "KẾT LUẬN: gói nguyên vẹn." if outcome.ok else "KẾT LUẬN: KHÔNG chấp nhận được gói này."
    sys.stdout.write(verdict + "\n")
    return 0 if outcome.ok else 1


def _shown(line: str) -> str:
    """Names out of a hostile file cannot move the cursor."""
    return "".join(c if c.isprintable() else "�" for c in line.encode("utf-8", "replace").decode())


def main() -> None:
    """`python -m repository.evidence.verify FILE`."""
    parser = argparse.ArgumentParser(prog="verify", description="Kiểm tra gói chứng cứ, không cần mạng.")
    arguments(parser)
    sys.exit(run(parser.parse_args()))


if __name__ == "__main__":
    main()
