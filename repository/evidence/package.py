"""Evidence packages: made of what is sealed, sealed themselves, sent in pieces.

The bag is listed first; then the log gets a record with the hash of the list of lists, and the record's own proof goes
into `request.json`, the one file that differs between two packages of the same state. So nobody, we included, can
make a package afterwards that the log does not know.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import BinaryIO, Final, Protocol

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action, canonical
from repository.audit.log import Log
from repository.audit.merkle import inclusion
from repository.blobs.store import BlobStore
from repository.documents.documents import Documents
from repository.dossiers.dossiers import Dossiers
from repository.evidence import gather, report
from repository.evidence import sealed_zip as layout
from repository.evidence.draft import Bench, Draft
from repository.evidence.gather import Gathered, Gatherer, Placed
from repository.journal import Journal
from repository.mongo import Row
from repository.settings import Settings
from repository.signatures.judging.verdicts import Verdicts

_TRIES: Final = 3
_WAITS: Final = 60
_WAIT: Final = 0.2
_AT_ONCE: Final = 256


class NotSealedYet(errors.Unavailable):
    """Nobody seals the log, so nothing could be proven."""

    vi = "Nhật ký chưa được niêm phong nên chưa lập được gói chứng cứ; hãy thử lại sau ít phút."
    en = "The log is not being sealed, so no evidence can be made; try again in a few minutes."


class Readable(Protocol):
    """Where a thing is read with the rights of who asks."""

    async def get(self, actor: Actor, thing: str, /) -> Row: ...


class Evidence:
    """Makes packages for those who see the thing. `things`: where documents, dossiers and disposals are read."""

    def __init__(
        self, *, log: Log, journal: Journal, things: Mapping[str, Readable], gatherer: Gatherer, bench: Bench
    ) -> None:
        self._log = log
        self._journal = journal
        self._things = things
        self._gatherer = gatherer
        self._bench = bench

    @asynccontextmanager
    async def package(
        self, actor: Actor, kind: str, thing: str, *, previous: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The bytes of a package about a `document`, `dossier` or `disposal`; that it was made is in the log before
        they leave.

        `previous` is the size of a checkpoint that the asker kept: the package then proves that it only grew.
        Raises NotFound, Forbidden, Corrupt, NotSealedYet, Invalid.
        """
        actor.require(Permission.MAKE_EVIDENCE)
        async with self._bench.draft() as making:
            found = await self._gathered(actor, kind, thing, making.spool)
            checkpoint = await self._checkpoint(found)
            await self._fill(making, found, checkpoint)
            whole = await asyncio.to_thread(making.bag, thing)
            stamp = await self._stamp(actor, found, making, whole, (checkpoint["size"], previous))
            making.add(layout.REQUEST, stamp)
            yield making.stream()

    async def get(self, actor: Actor, kind: str, thing: str) -> Row:
        """The thing itself, with the rights of who asks. Raises NotFound, Forbidden."""
        return await self._things[kind].get(actor, thing)

    async def _gathered(self, actor: Actor, kind: str, thing: str, spool: BinaryIO) -> Gathered:
        """All that belongs to it, sealed; again when it was written to meanwhile."""
        if await self._may_seal():  # first: what is gathered unsealed must be gathered again
            await self._log.sealer.catch_up()
        for left in reversed(range(_TRIES)):
            row = await self.get(actor, kind, thing)
            if kind == "document":
                found = await self._gatherer.document(row, spool)
            elif kind == "dossier":
                found = await self._gatherer.dossier(actor, row, spool)
            else:
                found = await self._gatherer.disposal(actor, row, spool)
            if not left or not (found.unsealed or found.unfit()):
                return found
            for one in found.unsealed[-1:]:
                await self._covered(one.id)
        raise AssertionError("the last try answers")

    async def _covered(self, record_id: str) -> Row:
        """A record when a signed checkpoint covers it. Raises NotSealedYet."""
        for _ in range(_WAITS):
            record = await self._log.record(record_id)
            if record["leaf"] is not None and await self._log.checkpoints.covering(record["leaf"]):
                return record
            if await self._may_seal():
                await self._log.sealer.catch_up()
            else:
                await asyncio.sleep(_WAIT)
        raise NotSealedYet(what="việc niêm phong nhật ký")

    async def _may_seal(self) -> bool:
        """Whether the log's key is on this machine: a process elsewhere waits, and never makes another key."""
        keys = await asyncio.to_thread(self._log.keys.public)
        return bool(keys) or await self._log.checkpoints.latest() is None

    async def _checkpoint(self, found: Gathered) -> Row:
        """The first that covers every record: the first with a timestamp, if there is one."""
        if not found.sealed:
            raise NotSealedYet(what="việc niêm phong nhật ký")
        leaf = found.sealed[-1].leaf or 0
        row = await self._log.checkpoints.best_covering(leaf)
        if row is None:
            row = await self._log.checkpoints.covering((await self._covered(found.sealed[-1].id))["leaf"])
        if row is None:
            raise NotSealedYet(what="việc niêm phong nhật ký")
        return row

    async def _fill(self, making: Draft, found: Gathered, checkpoint: Row) -> None:
        trust = await gather.trusted(self._log.database, found)
        await asyncio.to_thread(gather.write, making, found, trust)
        with making.file(layout.RECORDS) as records, making.file(layout.PROOFS) as proofs:
            sealed = found.sealed
            for start in range(0, len(sealed), _AT_ONCE):
                part = sealed[start : start + _AT_ONCE]
                records.writelines(found.text_of(one) + b"\n" for one in part)
                proofs.write(await self._proofs(part, checkpoint["size"]))
        with making.file(layout.UNSEALED) as waiting:
            waiting.writelines(found.text_of(one) + b"\n" for one in found.unsealed)
        making.add(layout.CHECKPOINT, checkpoint["note"].encode())
        keys = await asyncio.to_thread(self._log.keys.public)
        told = [str(one) for one in keys]
        if self._log.witness is not None:
            told.append(str(self._log.witness.key))
        making.add(layout.KEYS, "".join(f"{one}\n" for one in told).encode())
        if checkpoint["timestamp"]:
            stamp = checkpoint["timestamp"]
            making.add(
                layout.TIMESTAMP, await self._log.checkpoints.read(stamp["sha256"], stamp["store_version"])
            )
        if checkpoint["cosignatures"]:
            lines = sorted(one["line"] for one in checkpoint["cosignatures"])
            making.add(layout.WITNESS, "".join(f"{one}\n" for one in lines).encode())
        await asyncio.to_thread(report.write, making, found, checkpoint)

    async def _proofs(self, part: list[Placed], size: int) -> bytes:
        """A line a record; nodes that proofs share are read once."""
        wanted = [inclusion(one.leaf or 0, size) for one in part]
        ranges = sorted({one for each in wanted for one in each})
        roots = dict(zip(ranges, await self._log.tree.roots(ranges), strict=True))
        lines = [
            json.dumps({"leaf": one.leaf, "size": size, "hashes": [roots[each].hex() for each in needed]})
            for one, needed in zip(part, wanted, strict=True)
        ]
        return "".join(f"{line}\n" for line in lines).encode()

    async def _stamp(
        self, actor: Actor, found: Gathered, making: Draft, whole: str, sizes: tuple[int, int]
    ) -> bytes:
        """Who asked when, sealed with the hash of everything else, and proven."""
        kind, thing, package = found.subject["kind"], found.subject["id"], ids.new("gcc")
        await self._journal.note(
            actor, Action.EVIDENCE_MADE, kind, thing, package=package, sha256=whole,
            files=len(making.members), documents=len(found.documents),
        )  # fmt: skip
        query = {"subject.kind": kind, "subject.id": thing, "detail.package": package}
        made = await self._log.database["audit"].find_one(query, {"_id": 1})
        if made is None:
            raise errors.Corrupt(what=f"bản ghi về gói {package}")
        record = await self._covered(made["_id"])
        checkpoint = await self._log.checkpoints.covering(record["leaf"])
        if checkpoint is None:
            raise NotSealedYet(what="việc niêm phong nhật ký")
        proof = await self._log.tree.inclusion(record["leaf"], checkpoint["size"])
        consistency = [
            {"from": old, "to": checkpoint["size"], "hashes": [
                one.hex() for one in await self._log.consistency(old, checkpoint["size"])
            ]}
            for old in sorted({one for one in sizes if one})
        ]  # fmt: skip
        told = {
            "record": canonical(record).decode(), "proof": proof.as_json(),
            "checkpoint": checkpoint["note"], "consistency": consistency,
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def open_evidence(
    settings: Settings, *, log: Log, journal: Journal, documents: Documents, dossiers: Dossiers,
    disposals: Readable, verdicts: Verdicts, blobs: BlobStore,
) -> Evidence:  # fmt: skip
    """The feature, assembled."""
    gatherer = Gatherer(database=log.database, journal=journal, verdicts=verdicts, blobs=blobs)
    return Evidence(
        log=log, journal=journal, gatherer=gatherer, bench=Bench(settings.staging, blobs),
        things={"document": documents, "dossier": dossiers, "disposal": disposals},
    )  # fmt: skip
