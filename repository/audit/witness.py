"""A witness (C2SP tlog-witness): another system that remembers our last checkpoint and signs only what extends it.

We send what it had, the proof of what was added, and the checkpoint; it answers with its signature. What it refuses
cannot be explained away here: the log was forked or rolled back, and people are told.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import httpx

from repository import errors
from repository.audit import note
from repository.audit.checkpoint import Checkpoint
from repository.audit.checkpoints import Checkpoints
from repository.audit.note import Malformed, PublicKey
from repository.audit.tree import Tree
from repository.mongo import Row

SIZE_TYPE: Final = "text/x.tlog.size"
_PATIENCE: Final = 10.0
_MOST: Final = 63
"""No consistency proof is longer."""


class Refused(errors.Corrupt):
    """The witness saw another history of this log."""

    vi = "Bên chứng kiến từ chối ký nhật ký: {why}."
    en = "The witness refuses the log: {why}."


@dataclass(frozen=True)
class Offer:
    """The body of `add-checkpoint`."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def write(self) -> bytes:
        lines = [f"old {self.old}", *(base64.b64encode(one).decode() for one in self.proof), "", ""]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def read(cls, body: bytes) -> "Offer":
        """Raises Malformed."""
        head, parted, raw = body.partition(b"\n\n")
        first, *rest = head.decode("ascii", "replace").split("\n")
        size = first.removeprefix("old ")
        if not parted or not first.startswith("old ") or not size.isdigit() or len(rest) > _MOST:
            raise Malformed("not an offer")
        try:
            proof = tuple(base64.b64decode(one, validate=True) for one in rest)
        except binascii.Error as fault:
            raise Malformed("not base64") from fault
        return cls(int(size), proof, raw)


class Witness:
    """One witness at an address, known by its key."""

    def __init__(self, *, url: str, key: str, tree: Tree, checkpoints: Checkpoints) -> None:
        self._url = url.rstrip("/")
        self.key = PublicKey.parse(key)
        self._tree = tree
        self._checkpoints = checkpoints

    async def offer(self, row: Row, now: datetime) -> str:
        """Sends a checkpoint; the witness's signature line, which is kept. Raises Unavailable, Refused."""
        before = await self._checkpoints.last_cosigned()
        answer = await self._send(int(before["size"]) if before else 0, row)
        if answer.status_code == 409:
            seen = answer.text.strip()
            if not seen.isdigit() or int(seen) > row["size"]:
                raise Refused(why=f"đã thấy {seen[:20]} lá, nay chỉ được gửi {row['size']}")
            answer = await self._send(int(seen), row)
        if answer.status_code in (404, 403):
            raise errors.Unavailable(
                what=f"bên chứng kiến (HTTP {answer.status_code}: chưa biết nhật ký này)"
            )
        if answer.status_code in (409, 422):
            raise Refused(why="lịch sử gửi đến không nối tiếp lịch sử đã ký (nhật ký bị rẽ nhánh)")
        if answer.status_code != 200:
            raise errors.Unavailable(what=f"bên chứng kiến (HTTP {answer.status_code})")
        line = self._signature(answer.text, row)
        await self._checkpoints.cosigned(row["_id"], line, now)
        return line

    async def _send(self, old: int, row: Row) -> httpx.Response:
        proof = tuple(await self._tree.consistency(old, row["size"]))
        body = Offer(old, proof, row["note"].encode()).write()
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE) as client:
                return await client.post(f"{self._url}/add-checkpoint", content=body)
        except httpx.HTTPError as fault:
            raise errors.Unavailable(what="bên chứng kiến") from fault

    def _signature(self, answer: str, row: Row) -> str:
        text = note.parse(row["note"].encode()).text
        for line in answer.splitlines():
            try:
                if note.read_line(line).holds(text, self.key):
                    return line
            except Malformed:
                continue
        raise Refused(why="chữ ký trả về không phải của bên chứng kiến đã biết")


def cosigned(row: Row, key: PublicKey) -> bool:
    """Whether a kept signature line of this checkpoint is that witness's."""
    text = Checkpoint(note.parse(row["note"].encode()).text.split("\n")[0], row["size"],
                      bytes.fromhex(row["root"])).text  # fmt: skip
    return any(note.read_line(one["line"]).holds(text, key) for one in row["cosignatures"])
