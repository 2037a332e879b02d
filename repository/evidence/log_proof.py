"""The log's part of an evidence package: whose checkpoint it is, that each record is in it, that the whole was sealed.

What has been found so far is kept in `Found`; `verify.py` asks these checks and its own, one after the other.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
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
MOST: Final = 20
"""So many faults of one kind are named one by one."""
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
        for one in faults[:MOST]:
            self.say(REFUSED, about, one)
        if len(faults) > MOST:
            self.say(REFUSED, about, f"và {len(faults) - MOST} lỗi cùng loại")


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
        if found.checkpoint is not None and one.name == found.checkpoint.origin:
            raise Refused("chữ ký của chính nhật ký, không phải của bên chứng kiến")
        by = next((key for key in found.keys if one.holds(text, key)), None)
        if by is not None:
            found.say(PROVEN, "Bên chứng kiến", f"{one.name} đã ký cùng bản ký này")
            if not found.trusted:
                found.say(SAID, "Bên chứng kiến", "dùng khóa kèm trong gói; hãy so dấu vân tay "
                          f"{_fingerprint(by)} với khóa họ đã công bố, hoặc chạy lại với --key")  # fmt: skip
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
