"""The auditors' samples: picked at random by a recorded seed, verified now, taken away as evidence.

Rows of `samples`: {_id, seed, size, filter, population, population_sha256, picked [document ids], check, created_at,
created_by}. What was picked is never picked again; only how far the check came is written later, and only by whoever
picked it.
"""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import VIETNAM
from repository.documents.documents import Documents
from repository.documents.versions import Versions
from repository.evidence import bulk
from repository.evidence.choice import Choosing
from repository.evidence.package import Evidence
from repository.evidence.sample_reading import Reading
from repository.incidents.incidents import Incidents
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.registers.registers import Registers

MOST: Final = 200
"""Documents of one sample, and so packages of one download."""
STEP: Final = 20
"""Documents that one call verifies at most; the next call goes on behind them."""
STEP_BYTES: Final = 512 * 1024 * 1024
"""A step ends earlier behind the document that brings it to so many bytes."""


class SampleForm(BaseModel):
    """What an auditor asks for; without a seed one is drawn."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    size: int = Field(ge=1, le=MOST)
    seed: str = Field(default="", max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
    unit: str = Field(default="", max_length=60)
    register_id: str = Field(default="", max_length=60)
    year: int | None = Field(default=None, ge=1945, le=9998)
    day: date | None = None

    @model_validator(mode="after")
    def _day_of_a_book(self) -> Self:
        if self.day and not self.register_id:
            raise ValueError("ngày vào sổ cần đi cùng một sổ")
        return self


class NobodyToPick(errors.Invalid):
    """Nothing answers the filter."""

    vi = "Không có văn bản nào theo điều kiện đã chọn, nên không lấy được mẫu."
    en = "No document answers the filter, so there is nothing to pick from."


class Samples:
    """Picks, shows, verifies and packs samples. Auditors see each other's; each verifies his own."""

    def __init__(
        self,
        *,
        database: Database,
        journal: Journal,
        registers: Registers,
        reading: Reading,
        evidence: Evidence,
    ) -> None:
        self._database = database
        self._rows = database["samples"]
        self._journal = journal
        self._registers = registers
        self._reading = reading
        self._evidence = evidence

    async def pick(self, actor: Actor, form: SampleForm) -> Row:
        """A new sample. Raises NobodyToPick; NotFound for a book that does not exist."""
        actor.require(Permission.KEEP_SAMPLES)
        choosing, whole = Choosing(form.seed or secrets.token_hex(16), form.size), hashlib.sha256()
        query = await self._population(actor, form)
        async for row in self._database["documents"].find(query, {"_id": 1}).sort("_id", 1):
            choosing.see(row["_id"])
            whole.update(f"{row['_id']}\n".encode())
        if not choosing.population:
            raise NobodyToPick(why="không có văn bản nào")
        facts: Row = {
            "seed": choosing.seed, "size": form.size, "population": choosing.population,
            "filter": form.model_dump(mode="json", include={"unit", "register_id", "year", "day"}),
            "population_sha256": whole.hexdigest(), "picked": choosing.picked(),
        }  # fmt: skip

        async def work(change: Change) -> Row:
            row = {"_id": ids.new("mau"), **facts, "check": None}
            row |= {"created_at": change.now, "created_by": actor.as_row()}
            await change.insert("samples", row)
            change.record("sample", row["_id"], owes=False, **facts)
            return row

        return await self._journal.change(actor, Action.SAMPLE_PICKED, work)

    async def get(self, actor: Actor, sample: str) -> Row:
        actor.require(Permission.KEEP_SAMPLES)
        row: Row | None = await self._rows.find_one({"_id": ids.parse("mau", sample, "mẫu kiểm tra")})
        if row is None:
            raise errors.NotFound(what="mẫu kiểm tra")
        return row

    async def find(self, actor: Actor, *, limit: int = 50, after: str = "") -> list[Row]:
        """Newest first, from the one before `after`."""
        actor.require(Permission.KEEP_SAMPLES)
        query: Row = {"_id": {"$lt": after}} if after else {}
        return await self._rows.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def subjects(self, actor: Actor, row: Row) -> dict[str, Row]:
        """What the page names the picked documents by, as far as they are still there."""
        fields = {"subject": 1, "symbol": 1, "unit": 1, "disposed": 1}
        query = {"_id": {"$in": row["picked"]}, "readers": {"$in": actor.marks}}
        return {one["_id"]: one async for one in self._database["documents"].find(query, fields)}

    async def check(self, actor: Actor, sample: str) -> Row:
        """Verifies the next documents of the sample and says how far it is; behind the last one, from the first
        again. Raises Forbidden for another auditor's, Stale when it was verified at the same time elsewhere.
        """
        row = await self.get(actor, sample)
        if row["created_by"]["id"] != actor.id:
            raise errors.Forbidden(permission="kiểm tra mẫu do kiểm tra viên khác lấy")
        before = row["check"]
        going = before if before and not before["ended"] else _begun(self._journal.now())
        first = going["done"]
        done, read, found = first, 0, list[Row]()
        while done < len(row["picked"]) and done - first < STEP and read < STEP_BYTES:
            size, wrong = await self._reading.look(actor, row["picked"][done])
            done, read, found = done + 1, read + size, found + wrong
        step = {"done": done, "damaged": sorted({one["document"] for one in found if one["damaged"]})}
        return await self._kept(actor, row, going, step, found)

    async def _kept(self, actor: Actor, row: Row, going: Row, step: Row, found: list[Row]) -> Row:
        async def work(change: Change) -> Row:
            ended = change.now if step["done"] == len(row["picked"]) else None
            check = going | {"done": step["done"], "ended": ended, "findings": going["findings"] + found}
            query = {"_id": row["_id"], "check": row["check"]}
            after = await change.take("samples", query, {"$set": {"check": check}})
            if after is None:
                raise errors.Stale
            change.record(
                "sample", row["_id"], owes=False, first=going["done"], of=len(row["picked"]),
                ended=ended is not None, **step,
            )  # fmt: skip
            return after

        return await self._journal.change(actor, Action.SAMPLE_CHECKED, work)

    @asynccontextmanager
    async def evidence(self, actor: Actor, sample: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """One zip with the evidence package of every document, in pieces; that it was taken is recorded first."""
        row = await self.get(actor, sample)
        actor.require(Permission.MAKE_EVIDENCE)
        await self._journal.note(
            actor, Action.SAMPLE_TAKEN, "sample", row["_id"], documents=len(row["picked"])
        )
        async with aclosing(bulk.stream(self._evidence, actor, row)) as pieces:
            yield pieces

    async def _population(self, actor: Actor, form: SampleForm) -> Row:
        """Whose content is still kept, and what the form narrows it to."""
        query: Row = {"readers": {"$in": actor.marks}, "disposed": None}
        if form.unit:
            query["unit"] = form.unit
        if form.year:
            span = [
                datetime(year, 1, 1, tzinfo=VIETNAM).astimezone(UTC) for year in (form.year, form.year + 1)
            ]
            query["created_at"] = {"$gte": span[0], "$lt": span[1]}
        if form.register_id:
            book = await self._registers.get(actor, form.register_id)
            query["register"] = book["_id"]
            if form.day:
                lines = {"register": book["_id"], "day": form.day.isoformat(), "annulled": None}
                found = self._database["entries"].find(lines, {"document": 1})
                query["_id"] = {"$in": [one["document"] async for one in found if one["document"]]}
        return query


def _begun(now: datetime) -> dict[str, Any]:
    return {"started": now, "done": 0, "ended": None, "findings": []}


def open_samples(
    database: Database, journal: Journal, documents: Documents, versions: Versions, registers: Registers,
    incidents: Incidents, evidence: Evidence,
) -> Samples:  # fmt: skip
    """The feature, assembled."""
    reading = Reading(documents=documents, versions=versions, incidents=incidents)
    return Samples(
        database=database, journal=journal, registers=registers, reading=reading, evidence=evidence
    )
