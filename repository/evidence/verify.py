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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from repository import errors
from repository.audit import note
from repository.audit.note import PublicKey
from repository.evidence import sealed_zip as layout
from repository.evidence.log_proof import (
    MOST,
    PROVEN,
    REFUSED,
    SAID,
    Found,
    Line,
    Row,
    check_checkpoint,
    check_previous,
    check_records,
    check_request,
)  # fmt: skip
from repository.evidence.sealed_zip import Package, Refused
from repository.evidence.verify_disposal import check_disposal

_UNFIT: Final = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
"""What reading raises over content that is not what it claims; Refused is a ValueError."""


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
        return Outcome([Line(REFUSED, "Vỏ gói", f"không đọc được tệp: {errors.reason(fault)}")])
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
    for one in gaps[:MOST]:
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
    files, lines = _files(found.package), _lines(found)
    faults += [f"data/files/{one}: không phải văn bản của gói" for one in sorted(set(files) - set(documents))]
    for document_id in found.subject["documents"]:
        row = documents.get(document_id)
        if row is None:
            faults.append(f"văn bản {document_id}: thiếu, hoặc thông tin mô tả không đúng nhật ký")
            continue
        wrong = [*_check_files(found, row, files.get(document_id, {})), *_check_entry(row, lines)]
        faults += wrong
        if not wrong:
            _tell(found, row)
    found.refuse("Nội dung", faults)
    found.say(SAID, "Chữ ký số", "báo cáo kiểm tra chữ ký là kết luận của hệ thống, kèm chứng thư và căn cứ thu hồi; "
              "muốn kiểm tra lại từ đầu, dùng pyhanko với tệp gốc (xem README)")  # fmt: skip


def _tell(found: Found, row: Row) -> None:
    about = f"Văn bản {row['symbol'] or row['_id']}"
    numbered = f", số {row['number']} đúng dòng trong sổ" if row["register"] else ""
    found.say(PROVEN, about, f"{len(row['versions'])} phiên bản đúng SHA-256 mà nhật ký ghi{numbered}")
    if row.get("disposed"):
        found.say(
            SAID, about, f"đã tiêu hủy theo quyết định {row['disposed']['disposal']}: chỉ còn mô tả và mã băm"
        )


def _files(package: Package) -> dict[str, dict[str, list[str]]]:
    """Document → version → the members that lie there."""
    found: dict[str, dict[str, list[str]]] = {}
    for name in package.members:
        if name.startswith("data/files/"):
            document, n = [*name.split("/"), ""][2:4]
            found.setdefault(document, {}).setdefault(n, []).append(name)
    return found


def _lines(found: Found) -> dict[str, list[Row]]:
    """Document → its lines in the books."""
    lines: dict[str, list[Row]] = {}
    for one in found.rows.get("entries", {}).values():
        lines.setdefault(one["document"], []).append(one)
    return lines


def _check_files(found: Found, row: Row, files: dict[str, list[str]]) -> Iterator[str]:
    """The bytes of each version, and the report on them with what it stood on."""
    for version in row["versions"]:
        what = f"văn bản {row['_id']}, phiên bản {version['n']}"
        held = files.get(str(version["n"]), [])
        if len(held) != 1:
            yield f"{what}: phải có đúng một tệp, có {len(held)}"
        elif _sha256(found.package, held[0]) != version["sha256"]:
            yield f"{held[0]}: không phải {what} mà nhật ký ghi"
        report = f"data/signatures/{row['_id']}/{version['n']}.json"
        if report in found.package.members:
            yield from _check_report(found, report, version)
        elif version["signatures"]["status"] != "pending":
            yield f"{report}: thiếu báo cáo kiểm tra chữ ký"
    for n in sorted(set(files) - {str(version["n"]) for version in row["versions"]}):
        yield f"data/files/{row['_id']}/{n}: không phải phiên bản nào của văn bản"


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


def _check_entry(row: Row, lines: dict[str, list[Row]]) -> Iterator[str]:
    """The number of a document is the number of its line in the book."""
    own = [(one["register"], one["number"]) for one in lines.get(row["_id"], [])]
    if row["register"] and (row["register"], row["number"]) not in own:
        yield f"văn bản {row['_id']}: không có dòng số {row['number']} trong sổ {row['register']}"


def _check_list(found: Found) -> list[str]:
    """Which documents the package must hold: the one, those that a council let go, or those that the dossier's places
    name, in their order.
    """
    subject, documents = found.subject, set(found.rows.get("documents", {}))
    if documents - set(subject["documents"]):
        return [f"{layout.SUBJECT}: không kể đến {sorted(documents - set(subject['documents']))}"]
    if subject["kind"] == "document":
        return [] if subject["documents"] == [subject["id"]] else [f"{layout.SUBJECT}: kể sai văn bản"]
    return check_disposal(found) if subject["kind"] == "disposal" else _check_dossier(found, subject)


def _check_dossier(found: Found, subject: Row) -> list[str]:
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
    except OSError as fault:
        sys.stderr.write(f"tangthu verify: {fault.filename}: {errors.reason(fault)}\n")
        return 2
    except ValueError:
        sys.stderr.write("tangthu verify: tệp của --key không phải khóa mà `tangthu seal --keys` in ra\n")
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
