"""The sealed log as the rest sees it: how far it is sealed, proofs, checkpoints, the check, witness and timestamps."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from repository import errors
from repository.audit.check import Check, State
from repository.audit.checkpoint import Checkpoint, Proof, leaf_of, opened
from repository.audit.checkpoints import Checkpoints
from repository.audit.keys import Box, KeyRing
from repository.audit.note import Malformed, PublicKey
from repository.audit.parts import Parts
from repository.audit.sealer import Finding, Sealer, Tell
from repository.audit.timestamps import Timestamper
from repository.audit.tree import Tree
from repository.audit.witness import Refused, Witness
from repository.blobs.store import BlobStore
from repository.clock import Clock
from repository.mongo import Database, Row
from repository.settings import Settings

_MOST: Final = 200


class NotSealed(errors.Conflict):
    """The leaf is not under a signed checkpoint yet."""

    vi = "Bản ghi này chưa nằm dưới bản ký nào; bản ký tiếp theo có trong vài giây."
    en = "This leaf is not under a checkpoint yet; the next one comes within seconds."


@dataclass(frozen=True)
class Proven:
    """A record, its proof, and the checkpoint that the proof leads to."""

    record: Row
    proof: Proof
    checkpoint: Row


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which records are looked for; empty means any."""

    action: str = ""
    actor: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None
    unsealed: bool = False


@dataclass(frozen=True, kw_only=True)
class Log:
    """Everything about the sealed log, assembled by `open_log`."""

    database: Database
    clock: Clock
    origin: str
    tree: Tree
    keys: KeyRing
    checkpoints: Checkpoints
    sealer: Sealer
    check: Check
    witness: Witness | None
    timestamper: Timestamper | None
    tell: Tell

    async def proof(self, leaf: int, size: int = 0) -> Proven:
        """The inclusion proof of a leaf under the latest checkpoint, or under that of `size`.

        Raises NotFound where no such leaf was given, NotSealed while no checkpoint covers it.
        """
        record = await self.database["audit"].find_one({"leaf": leaf})
        if record is None:
            raise errors.NotFound(what=f"bản ghi ở lá {leaf}")
        row = await (self.checkpoints.of_size(size) if size else self.checkpoints.latest())
        if row is None or row["size"] <= leaf:
            raise NotSealed
        return Proven(record, await self.tree.inclusion(leaf, row["size"]), row)

    async def proof_of(self, record_id: str) -> Proven:
        """As `proof`, for a record by its id."""
        record = await self.database["audit"].find_one({"_id": record_id}, {"leaf": 1})
        if record is None:
            raise errors.NotFound(what=f"bản ghi {record_id}")
        if record["leaf"] is None:
            raise NotSealed
        return await self.proof(int(record["leaf"]))

    async def doubt(self, record: Row) -> str:
        """What keeps a record, hashed again from its values, from being proven by a checkpoint that is read from the
        locked bucket and signed by the log's key; empty when nothing does.
        """
        try:
            proven = await self.proof_of(record["_id"])
            raw = await self.checkpoints.read(proven.checkpoint["sha256"], proven.checkpoint["store_version"])
            signed = opened(raw, self.keys.public(), self.origin)
        except NotSealed as fault:
            return fault.sentence()
        except (errors.NotFound, errors.Corrupt, Malformed) as fault:
            return f"bản ký hoặc cây nhật ký không đọc lại được ({fault})"
        if not proven.proof.shows(leaf_of(record), signed):
            return f"không nằm ở lá {proven.proof.leaf} của cây đã ký: đã bị sửa hoặc thay"
        return ""

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """That the tree of `new` leaves only added to that of `old`. Raises Invalid for sizes that never were."""
        if not 0 <= old <= new <= (await self.tree.head()).size:
            raise errors.Invalid(why=f"from={old}, to={new}: cần 0 ≤ from ≤ to ≤ số lá của cây")
        return await self.tree.consistency(old, new)

    async def find(self, wanted: Filter, *, limit: int = 50, before: str = "") -> list[Row]:
        """Records, newest first, from the one before `before`."""
        query: Row = {"_id": {"$lt": before}} if before else {}
        query |= {
            name: value
            for name, value in (
                ("action", wanted.action), ("actor.id", wanted.actor), ("subject.id", wanted.subject),
            ) if value
        }  # fmt: skip
        moments = {"$gte": wanted.since, "$lt": wanted.until}
        if bounds := {name: at for name, at in moments.items() if at is not None}:
            query["at"] = bounds
        if wanted.unsealed:
            query["leaf"] = None
        limit = min(limit, _MOST)
        return await self.database["audit"].find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def record(self, record_id: str) -> Row:
        """One record. Raises NotFound."""
        row: Row | None = await self.database["audit"].find_one({"_id": record_id})
        if row is None:
            raise errors.NotFound(what="bản ghi nhật ký")
        return row

    async def public_keys(self) -> list[PublicKey]:
        return self.keys.public()

    async def stamp_when_due(self, every: timedelta = timedelta(days=1)) -> Row | None:
        """Has the latest checkpoint timestamped unless one was within `every`; None when nothing was to do."""
        row, last = await self.checkpoints.latest(), await self.checkpoints.last_stamped()
        if self.timestamper is None or row is None or row["timestamp"]:
            return None
        now = self.clock.now()
        if last is not None and now - last["timestamp"]["at"] < every:
            return None
        token, stamp = await self.timestamper.stamp(row["note"].encode())
        await self.checkpoints.stamped(row["_id"], token, stamped_at=stamp.at, at=now)
        return row

    async def cosign(self) -> str | None:
        """Shows the latest checkpoint to the witness; None when there is none, or it has signed it already.

        A witness that saw another history is told to people, and Refused is raised.
        """
        row = await self.checkpoints.latest()
        if self.witness is None or row is None or row["cosignatures"]:
            return None
        try:
            return await self.witness.offer(row, self.clock.now())
        except Refused as fault:
            await self.tell(_refused(fault))
            raise

    async def verify(self, *, again: bool = False, say: Callable[[int, int], None] | None = None) -> State:
        """Checks all of the log; each fault is told."""
        state = await self.check.run(again=again, say=say)
        for fault in state.faults:
            await self.tell(
                Finding(
                    kind=f"log.{fault.kind}",
                    subject=fault.subject,
                    found=fault.words,
                    todo="Giữ nguyên hiện trạng; đối chiếu với bản sao lưu và bản ký trong kho khóa.",
                )
            )
        return state


def read(row: Row) -> Checkpoint:
    """The checkpoint that a row tells of, not verified."""
    origin = str(row["note"]).partition("\n")[0]
    return Checkpoint(origin, int(row["size"]), bytes.fromhex(row["root"]))


def open_log(
    settings: Settings, *, database: Database, blobs: BlobStore, clock: Clock, box: Box, tell: Tell
) -> Log:
    """The log of an installation. Nothing is written, and no key made, before somebody seals."""
    origin = settings.log_name
    folder: Path = settings.data / "log"
    tree = Tree(database=database)
    keys = KeyRing(folder=folder, origin=origin, box=box, given=settings.log_key)
    checkpoints = Checkpoints(database=database, blobs=blobs, staging=settings.staging)
    parts = Parts(
        database=database, tree=tree, checkpoints=checkpoints, keys=keys, origin=origin,
        memory=folder / "last-checkpoint",
    )  # fmt: skip
    sealer = Sealer(parts=parts, clock=clock, tell=tell)
    check = Check(parts=parts, kept=folder / "check.json")
    witness = None
    if settings.witness_url:
        witness = Witness(
            url=settings.witness_url, key=settings.witness_key, tree=tree, checkpoints=checkpoints
        )
    return Log(
        database=database, clock=clock, origin=origin, tree=tree, keys=keys, checkpoints=checkpoints,
        sealer=sealer, check=check, witness=witness, tell=tell,
        timestamper=Timestamper(url=settings.tsa_url) if settings.tsa_url else None,
    )  # fmt: skip


def _refused(fault: Refused) -> Finding:
    return Finding(
        kind="log.fork",
        subject="log",
        found=fault.sentence(),
        todo="Nhật ký bị rẽ nhánh hoặc đưa lùi. Chạy `tangthu audit check`; giữ nguyên máy để điều tra.",
    )
