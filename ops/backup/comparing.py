"""A restored system held against what its set said it must be, and against the living log; findings are sentences."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any, Final

from ops.backup import rows
from ops.backup.facts import Facts
from ops.backup.ledger import Line
from ops.backup.selection import ENDED, LEFT_OUT
from ops.backup.sets import Manifest, Sets
from ops.backup.snapshot import collections_of
from repository import errors
from repository.audit.tree import Tree, TreeBroken
from repository.blobs.digest import Digest
from repository.mongo import Database, Row, one_moment
from repository.wiring import Repository

_AT_ONCE: Final = 6
_NAMES: Final = {
    "registers": "sổ", "closings": "lần khóa sổ của sổ", "dossiers": "hồ sơ", "collections": "tập dữ liệu",
}  # fmt: skip


async def looked(database: Database, *, without: set[str]) -> Facts:
    """The same facts gathered from a system; `without` are audit records that the restore itself added."""
    facts = Facts()
    async with one_moment(database) as moment:
        for name in await collections_of(database):
            async for raw in moment.rows(name):
                if name != "audit" or _id(raw) not in without:
                    facts.add(name, raw)
    return facts


def differences(expected: Row, found: Row) -> list[str]:
    """What of the facts is not equal."""
    told = []
    for kind, words in _NAMES.items():
        for name in sorted(set(expected[kind]) | set(found[kind])):
            if kind == "collections" and name in LEFT_OUT | {ENDED}:
                continue
            one, other = expected[kind].get(name), found[kind].get(name)
            if one != other and not (kind == "collections" and _empty(one) and _empty(other)):
                told.append(f"{words} {name}: phải là {_short(one)}, khôi phục ra {_short(other)}")
    head, other = expected["head"], found["head"]
    if (head["size"], head["root"]) != (other["size"], other["root"]):
        told.append(f"đầu nhật ký: phải có {head['size']} lá, khôi phục ra {other['size']} lá hoặc gốc khác")
    if head["checkpoint"] != other["checkpoint"]:
        told.append("bản niêm phong mới nhất khác với bản đã lưu")
    return told


async def log_differences(manifest: Manifest, restored: Database, living: Database | None) -> list[str]:
    """Whether the restored tree is the one that was signed, and the beginning of the living one."""
    told, tree, size = [], Tree(database=restored), int(manifest.head["size"])
    try:
        signed = restored["checkpoints"].find({"size": {"$lte": size}}, {"size": 1, "root": 1})
        told += [
            f"cây nhật ký không khớp bản niêm phong {row['_id']} ({row['size']} lá)"
            async for row in signed
            if (await tree.root_at(row["size"])).hex() != row["root"]
        ]
        if living is not None and size:
            ahead = Tree(database=living)
            if (await ahead.head()).size < size:
                told.append("nhật ký đang chạy ngắn hơn bản sao lưu: nhật ký đang chạy bị lùi về quá khứ")
            elif (await ahead.root_at(size)).hex() != manifest.head["root"]:
                told.append("nhật ký đang chạy không nối tiếp bản sao lưu (rẽ nhánh)")
    except TreeBroken as fault:
        told.append(str(fault))
    return told


async def object_differences(
    sets: Sets, manifest: Manifest, restored: Repository, scratch: Path
) -> list[str]:
    """Reads every object back from the restored store."""
    told: list[str] = []
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(line: Line) -> None:
        async with gate:
            if why := await _object(restored, line):
                told.append(f"tệp {line.sha256}: {why}")

    async for lines in sets.lines(manifest, scratch):
        for start in range(0, len(lines), 1000):
            await asyncio.gather(*(one(line) for line in lines[start : start + 1000]))
    return told


async def _object(restored: Repository, line: Line) -> str:
    digest = Digest(line.sha256)
    stat = await restored.blobs.stat(digest)
    if stat is None or stat.marker:
        return "không có trong kho khôi phục"
    found, size = hashlib.sha256(), 0
    try:
        async with restored.blobs.open(digest, stat.version) as pieces:
            async for piece in pieces:
                found.update(piece)
                size += len(piece)
    except errors.TangThuError as fault:
        return str(fault)
    if (found.hexdigest(), size) != (line.sha256, line.size):
        return "nội dung khác mã băm"
    if line.held and not stat.held:
        return "mất phong tỏa"
    return ""


def _id(raw: bytes) -> Any:
    return rows.decoded(raw)["_id"]


def _empty(tally: Row | None) -> bool:
    return tally is None or not tally["rows"]


def _short(told: object) -> str:
    return str(told)[:160] if told is not None else "không có"
