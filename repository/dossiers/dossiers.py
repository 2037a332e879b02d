"""Work dossiers: opened, filled, read. Documents point at their dossiers, so one object serves many.

Sources: Đ2.2; Decree 30/2020 Đ29 (open, collect), annex VI (the eleven fields of a dossier).
"""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access import marks, rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents import filing
from repository.documents.documents import Documents
from repository.documents.metadata import Text
from repository.dossiers.closing import Closing, ClosingForm
from repository.dossiers.places import Places
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row


class DossierForm(BaseModel):
    """What a new dossier is described by: annex VI's fields, without those that are counted."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    year: int | None = Field(default=None, ge=1945, le=2200)
    """FileCatalog: the year of the list it stands in; the running year when left out."""
    code: Text = Field(min_length=1, max_length=60)
    """FileNotation: number and notation, one dossier of the unit and year."""
    title: Text = Field(min_length=1, max_length=500)
    retention: Text = Field(default="", max_length=60)
    """Maintenance as the list says it; what holds is reckoned at closing."""
    rule: Text = Field(default="", max_length=60)
    """A row of a retention schedule."""
    rights: Text = Field(default="", max_length=30)
    language: Text = Field(default="Tiếng Việt", max_length=50)
    started_on: date | None = None
    medium: str = Field(default="digital", pattern="^(digital|paper|mixed)$")
    construction: bool = False
    """Of construction works: handed over three months after settlement."""
    description: Text = Field(default="", max_length=500)
    incoming: str = Field(default="", max_length=40)
    """The incoming document for which it is opened (PL2.II.1.8); it is filed at once."""
    catalogue: str = Field(default="", max_length=40)
    """The list of dossiers that it was opened from."""


class Dossiers:
    """The service for dossiers; reads check rights inside the query."""

    def __init__(
        self, *, database: Database, journal: Journal, documents: Documents, closing: Closing
    ) -> None:
        self._dossiers = database["dossiers"]
        self._filed = database["documents"]
        self._places = Places(database=database)
        self._journal = journal
        self._documents = documents
        self._closing = closing

    async def open(self, actor: Actor, form: DossierForm) -> Row:
        """A new dossier. Raises Conflict when the unit has one with that code in that year."""
        actor.require(Permission.KEEP_DOSSIERS)
        unit = form.unit or actor.unit
        actor.require_unit(unit, "mở hồ sơ")
        await self._closing.require_rule(form.rule)
        if form.incoming:
            await self._documents.own(actor, form.incoming, "mở hồ sơ gắn với văn bản")
        row: Row = form.model_dump(mode="json", exclude={"retention"})
        row |= {"_id": ids.new("hs"), "unit": unit, "state": "open", "filings": 0, "last": 0.0}
        row |= {"maintenance": form.retention, "retention": None, "handover": None, "ended_on": None}
        row |= {"members": [], "readers": [marks.EVERYTHING, marks.unit(unit)], "revision": 1}
        row |= {"closings": 0, "doc_total": None, "page_total": None, "custody": []}

        async def work(change: Change) -> Row:
            today = local_date(change.now)
            row.update(opened_at=change.now, opened_by=change.actor.as_row(), closed_at=None)
            row["year"], row["started_on"] = form.year or today.year, row["started_on"] or today.isoformat()
            await change.insert("dossiers", row)
            change.record("dossier", row["_id"], code=form.code, title=form.title)
            if form.incoming:
                await self._put(change, row["_id"], form.incoming)
            return row

        try:
            return await self._journal.change(actor, Action.DOSSIER_OPENED, work)
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"đơn vị đã có hồ sơ mã «{form.code}»") from fault

    async def get(self, actor: Actor, dossier_id: str) -> Row:
        """The dossier, if the actor may see it; otherwise NotFound."""
        query = {"_id": ids.dossier_id(dossier_id), "readers": {"$in": actor.marks}}
        found = await self._dossiers.find_one(query)
        if found is None:
            raise errors.NotFound(what="hồ sơ")
        return found

    async def visible(self, actor: Actor, *, limit: int = 50, before: str = "") -> list[Row]:
        query: dict[str, Any] = {"readers": {"$in": actor.marks}}
        if before:
            query["_id"] = {"$lt": before}
        return await self._dossiers.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def contents(
        self, actor: Actor, dossier_id: str, *, limit: int = 200, after: str = ""
    ) -> list[Row]:
        """The documents of a dossier in its order that the actor may see, each with its place as `filing`.

        `after` is the order of the last one seen.
        """
        row = await self.get(actor, dossier_id)
        return await self._places.seen(row, actor.marks, limit=limit, after=_number(after))

    async def file(self, actor: Actor, dossier_id: str, document_id: str) -> Row:
        """Files a document: a reference, never a copy. Filing twice changes nothing."""
        actor.require(Permission.KEEP_DOSSIERS)
        document = await self._documents.get(actor, document_id)
        await filing.open_dossier(self._dossiers, actor, dossier_id)
        if dossier_id in document["dossiers"]:
            return document

        async def work(change: Change) -> Row:
            return await self._put(change, dossier_id, document_id)

        return await self._journal.change(actor, Action.DOSSIER_FILED, work)

    @staticmethod
    async def _put(change: Change, dossier_id: str, document_id: str) -> Row:
        row = await change.find_one("documents", {"_id": document_id})
        if row is None:
            raise errors.NotFound(what="văn bản")
        if dossier_id in row["dossiers"]:
            return row
        await filing.enter(change, dossier_id, row)
        row["dossiers"] = [*row["dossiers"], dossier_id]
        readers = rules.readers(row, await filing.dossiers_of(change, row))
        update = {"$set": {"dossiers": row["dossiers"], "readers": readers}, "$inc": {"revision": 1}}
        after = await change.take("documents", {"_id": document_id, "revision": row["revision"]}, update)
        if after is None:
            raise errors.Stale
        change.record(
            "document", document_id, also=[dossier_id], action=Action.DOSSIER_FILED, dossier=dossier_id
        )
        return after

    async def close(self, actor: Actor, dossier_id: str, form: ClosingForm | None = None) -> Row:
        """Ends an open dossier: nothing more is filed in it; its contents are numbered and frozen."""
        actor.require(Permission.KEEP_DOSSIERS)
        return await self._closing.close(actor, await self.get(actor, dossier_id), form or ClosingForm())

    async def reopen(self, actor: Actor, dossier_id: str, reason: str) -> Row:
        """Opens a closed dossier again; the reason is recorded."""
        actor.require(Permission.KEEP_DOSSIERS)
        return await self._closing.reopen(actor, await self.get(actor, dossier_id), reason)


def _number(value: str) -> float:
    try:
        return float(value or 0)
    except ValueError:
        return 0.0
