"""Whether the log is what it was: values against leaves, leaves against the tree, the tree against every checkpoint.

Nothing stored is believed. Records are hashed again from their values; checkpoints are read from the bucket too, so
that a database set back to yesterday is found by what was signed since. A check that was stopped goes on where it was.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from repository import errors
from repository.audit import merkle, note
from repository.audit.checkpoint import Checkpoint, opened
from repository.audit.note import Malformed
from repository.audit.parts import Parts
from repository.audit.record import canonical, content_hash
from repository.audit.tree import WIDTH, TreeBroken
from repository.mongo import Row

SLACK: Final = timedelta(minutes=10)
"""How much earlier than its forerunners a record may say it was made: commits cross, clocks differ a little."""
_PAGE: Final = WIDTH * 4
_MOST: Final = 1000
_UNFIT: Final = (KeyError, ValueError, TypeError, AttributeError)
_Say = Callable[[int, int], None]


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was: `kind` is edited, missing, duplicate, moved, backdated, unsigned, …"""

    kind: str
    subject: str
    words: str


@dataclass
class State:
    """How far a check has come."""

    size: int
    next: int = 0
    latest: str = ""
    """The latest moment that any record so far said it was made."""
    faults: list[Fault] = field(default_factory=list)
    checkpoints: int = 0


class Check:
    """One check of the whole log; `kept` is the file that it resumes from."""

    def __init__(self, *, parts: Parts, kept: Path) -> None:
        self._records = parts.database["audit"]
        self._documents = parts.database["documents"]
        self._tree = parts.tree
        self._checkpoints = parts.checkpoints
        self._keys = parts.keys
        self._origin = parts.origin
        self._memory = parts.memory
        self._kept = kept

    async def run(self, *, again: bool = False, say: _Say | None = None) -> State:
        """The faults found; `again` forgets a check that was stopped."""
        try:
            head = await self._tree.head()
        except TreeBroken as fault:
            return State(0, faults=[Fault("tree", "head", fault.sentence())])
        state = None if again else self._resumed(head.size)
        state = state or State(head.size)
        while state.next < state.size:
            await self._page(state)
            self._keep(state)
            if say is not None:
                say(state.next, state.size)
        await self._beyond(state)
        await self._whole(state, head.root)
        async for raw, where in self._signed():
            await self._checkpoint(state, raw, where)
        await self._rows(state)
        self._kept.unlink(missing_ok=True)
        return state

    async def _page(self, state: State) -> None:
        """The next records against the tiles of level 0, and these against the tiles above."""
        begin, end = state.next, min(state.next + _PAGE, state.size)
        query: Row = {"leaf": {"$gte": begin, "$lt": end}}
        rows: dict[int, list[Row]] = {}
        async for row in self._records.find(query):
            rows.setdefault(int(row["leaf"]), []).append(row)
        for number in range(begin // WIDTH, (end + WIDTH - 1) // WIDTH):
            first, last = number * WIDTH, min((number + 1) * WIDTH, end)
            kept = await self._tree.tile(0, number)
            for leaf in range(first, last):
                sealed = kept[leaf - first] if leaf - first < len(kept) else None
                self._leaf(state, leaf, rows.get(leaf, []), sealed)
            if last - first == WIDTH:
                await self._above(state, number, kept[:WIDTH])
        state.next = end

    def _leaf(self, state: State, leaf: int, rows: list[Row], sealed: bytes | None) -> None:
        if sealed is None:
            _fault(state, "tree", f"leaf {leaf}", f"Cây không có lá {leaf}.")
        if not rows:
            _fault(state, "missing", f"leaf {leaf}", f"Bản ghi của lá {leaf} không còn: đã bị xóa.")
        for extra in rows[1:]:
            _fault(state, "duplicate", str(extra["_id"]), f"Hai bản ghi cùng mang lá {leaf}.")
        for row in rows:
            self._values(state, leaf, row, sealed)

    def _values(self, state: State, leaf: int, row: Row, sealed: bytes | None) -> None:
        name, found = str(row["_id"]), _hashed(row)
        if found is None:
            _fault(state, "edited", name, f"Bản ghi {name} (lá {leaf}) chứa giá trị không đọc được.")
        elif sealed is not None and found != sealed:
            _fault(state, "edited", name, f"Bản ghi {name} không còn như khi niêm phong ở lá {leaf}: "
                   "đã bị sửa, hoặc đổi chỗ.")  # fmt: skip
        elif content_hash(row) != row.get("hash"):
            _fault(state, "edited", name, f"Mã băm ghi cùng bản ghi {name} không khớp nội dung.")
        at = row.get("at")
        if not isinstance(at, datetime):
            return
        if state.latest and at < datetime.fromisoformat(state.latest) - SLACK:
            _fault(state, "backdated", name, f"Bản ghi {name} ghi lúc {at:%Y-%m-%d %H:%M} UTC nhưng được niêm phong "
                   "sau những bản ghi muộn hơn: bị ghi lùi ngày.")  # fmt: skip
        state.latest = max(state.latest, at.isoformat())

    async def _above(self, state: State, number: int, kept: list[bytes]) -> None:
        """A full tile's root must stand in the tile above it; and so on for each that fills."""
        level = 0
        while len(kept) == WIDTH:
            above = await self._tree.tile(level + 1, number // WIDTH)
            place = number % WIDTH
            if place >= len(above) or above[place] != merkle.root(kept):
                _fault(
                    state,
                    "tree",
                    f"tile {level}/{number}",
                    f"Mảnh {level}/{number} của cây không khớp mảnh trên.",
                )
            if place != WIDTH - 1:
                return
            level, number, kept = level + 1, number // WIDTH, above[:WIDTH]

    async def _beyond(self, state: State) -> None:
        async for row in self._records.find({"leaf": {"$gte": state.size}}).limit(_MOST):
            if row["leaf"] >= (await self._tree.head()).size:
                _fault(
                    state,
                    "forged",
                    str(row["_id"]),
                    f"Bản ghi {row['_id']} mang lá {row['leaf']} chưa được cấp.",
                )
        query: Row = {"leaf": {"$ne": None, "$not": {"$type": "number"}}}
        async for row in self._records.find(query).limit(_MOST):
            _fault(state, "forged", str(row["_id"]), f"Bản ghi {row['_id']} mang số lá không phải là số.")
        async for row in self._records.find({"leaf": {"$lt": 0}}).limit(_MOST):
            _fault(state, "forged", str(row["_id"]), f"Bản ghi {row['_id']} mang lá âm.")

    async def _whole(self, state: State, root: bytes) -> None:
        try:
            if await self._tree.root_at(state.size) != root:
                _fault(state, "tree", "head", "Gốc ghi ở đầu cây không phải gốc của các lá.")
        except TreeBroken as fault:
            _fault(state, "tree", "head", fault.sentence())

    async def _signed(self) -> AsyncIterator[tuple[bytes, str]]:
        """Every signed checkpoint that can be found: in the bucket, and the one that this machine remembers."""
        async for raw in self._checkpoints.in_bucket(self._origin):
            yield raw, "trong kho khóa"
        if self._memory.exists():
            yield self._memory.read_bytes(), "trên máy này"

    async def _checkpoint(self, state: State, raw: bytes, where: str) -> None:
        try:
            found = opened(raw, self._keys.public(), self._origin)
        except Malformed as fault:
            if await self._stored_by_people(raw):
                return
            _fault(state, "unsigned", where, f"Bản ký {where} không có chữ ký đúng ({fault}).")
            return
        state.checkpoints += 1
        size = (await self._tree.head()).size
        if found.size > size:
            _fault(state, "rolledback", f"checkpoint {found.size}", f"Bản ký {where} có {found.size} lá, cơ sở dữ liệu "
                   f"chỉ còn {size}: đã bị đưa lùi.")  # fmt: skip
            return
        try:
            same = await self._tree.root_at(found.size) == found.root
        except TreeBroken:
            same = False
        if not same:
            _fault(state, "forked", f"checkpoint {found.size}", f"Cây ở {found.size} lá không phải cây đã ký {where}: "
                   "lịch sử bị viết lại.")  # fmt: skip

    async def _stored_by_people(self, raw: bytes) -> bool:
        """Whether these bytes came in as a file: a text that reads like a checkpoint is no alarm, whoever wrote it."""
        sha256 = hashlib.sha256(raw).hexdigest()
        return await self._documents.find_one({"versions.sha256": sha256}, {"_id": 1}) is not None

    async def _rows(self, state: State) -> None:
        """Each row of `checkpoints` against the locked object it names."""
        async for row in self._checkpoints.all():
            name = str(row["_id"])
            try:
                raw = await self._checkpoints.read(row["sha256"], row["store_version"])
                found = Checkpoint.read(opened_text(raw))
                same = (found.size, found.root.hex(), raw.decode()) == (row["size"], row["root"], row["note"])
            except (errors.NotFound, errors.Invalid, errors.Corrupt, Malformed, *_UNFIT) as fault:
                _fault(state, "checkpoint", name, f"Bản ký {name} không đọc lại được từ kho khóa ({fault}).")
                continue
            if not same:
                _fault(
                    state, "checkpoint", name, f"Bản ký {name} trong cơ sở dữ liệu khác bản trong kho khóa."
                )

    def _resumed(self, size: int) -> State | None:
        try:
            told: dict[str, Any] = json.loads(self._kept.read_text("utf-8"))
            found = State(**(told | {"faults": [Fault(**one) for one in told["faults"]]}))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return found if found.next <= found.size <= size else None

    def _keep(self, state: State) -> None:
        self._kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._kept.with_suffix(".part")
        draft.write_text(json.dumps(asdict(state), ensure_ascii=False), "utf-8")
        draft.replace(self._kept)


def opened_text(raw: bytes) -> str:
    """The text of a note, whoever signed it."""
    return note.parse(raw).text


def _hashed(row: Row) -> bytes | None:
    try:
        return merkle.leaf_hash(canonical(row))
    except (TypeError, ValueError):
        return None


def _fault(state: State, kind: str, subject: str, words: str) -> None:
    if len(state.faults) < _MOST:
        state.faults.append(Fault(kind, subject, words))
