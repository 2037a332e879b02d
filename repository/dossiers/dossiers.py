"""Work dossiers: opened, filled, closed, reopened. Documents point at their dossiers, so one object serves many.

Sources: Đ2.2; Decree 30/2020 Đ29 (open, collect, close), annex VI (title 500, code).
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access import marks, rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents import filing
from repository.documents.documents import Documents
from repository.documents.metadata import Text
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row


class DossierForm(BaseModel):
    """What a new dossier is described by."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    code: Text = Field(min_length=1, max_length=60)
    title: Text = Field(min_length=1, max_length=500)
    retention: Text = Field(default="", max_length=30)
    description: Text = Field(default="", max_length=500)


class Dossiers:
    """The service for dossiers; reads check rights inside the query."""

    def __init__(self, *, database: Database, journal: Journal, documents: Documents) -> None:
        self._dossiers = database["dossiers"]
        self._filed = database["documents"]
        self._journal = journal
        self._documents = documents

    async def open(self, actor: Actor, form: DossierForm) -> Row:
        """A new, empty dossier. Raises Conflict when the unit has one with that code."""
        actor.require(Permission.KEEP_DOSSIERS)
        unit = form.unit or actor.unit
        actor.require_unit(unit, "mở hồ sơ")
        row: Row = form.model_dump() | {"_id": ids.new("hs"), "unit": unit, "state": "open", "filings": 0}
        row |= {"members": [], "readers": [marks.EVERYTHING, marks.unit(unit)], "revision": 1}

        async def work(change: Change) -> Row:
            row.update(opened_at=change.now, opened_by=change.actor.as_row(), closed_at=None)
            await change.insert("dossiers", row)
            change.record("dossier", row["_id"], code=form.code, title=form.title)
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
        """The documents of a dossier in order of arrival that the actor may see."""
        await self.get(actor, dossier_id)
        query: dict[str, Any] = {"dossiers": dossier_id, "readers": {"$in": actor.marks}}
        if after:
            query["_id"] = {"$gt": after}
        return await self._filed.find(query).sort("_id", 1).limit(limit).to_list(limit)

    async def file(self, actor: Actor, dossier_id: str, document_id: str) -> Row:
        """Files a document: a reference, never a copy. Filing twice changes nothing."""
        actor.require(Permission.KEEP_DOSSIERS)
        document = await self._documents.get(actor, document_id)
        await filing.open_dossier(self._dossiers, actor, dossier_id)
        if dossier_id in document["dossiers"]:
            return document

        async def work(change: Change) -> Row:
            await filing.open_dossier_in(change, dossier_id)
            row = await change.find_one("documents", {"_id": document_id})
            if row is None:
                raise errors.NotFound(what="văn bản")
            row["dossiers"] = list(dict.fromkeys([*row["dossiers"], dossier_id]))
            fields = {
                "dossiers": row["dossiers"],
                "readers": rules.readers(row, await filing.dossiers_of(change, row)),
            }
            update = {"$set": fields, "$inc": {"revision": 1}}
            after = await change.take("documents", {"_id": document_id, "revision": row["revision"]}, update)
            if after is None:
                raise errors.Stale
            change.record("document", document_id, also=[dossier_id], dossier=dossier_id)
            return after

        return await self._journal.change(actor, Action.DOSSIER_FILED, work)

    async def close(self, actor: Actor, dossier_id: str) -> Row:
        """Ends an open dossier: nothing more is filed in it."""
        return await self._turn(actor, dossier_id, Action.DOSSIER_CLOSED, {"open": "closed"}, "")

    async def reopen(self, actor: Actor, dossier_id: str, reason: str) -> Row:
        """Opens a closed dossier again; the reason is recorded."""
        return await self._turn(actor, dossier_id, Action.DOSSIER_REOPENED, {"closed": "open"}, reason)

    async def _turn(
        self, actor: Actor, dossier_id: str, action: Action, states: dict[str, str], reason: str
    ) -> Row:
        actor.require(Permission.KEEP_DOSSIERS)
        before = await self.get(actor, dossier_id)
        actor.require_unit(before["unit"], "kết thúc, mở lại hồ sơ")
        if before["state"] not in states:
            raise errors.Conflict(why="hồ sơ đã kết thúc" if before["state"] == "closed" else "hồ sơ đang mở")
        after_state = states[before["state"]]

        async def work(change: Change) -> Row:
            closed_at = change.now if after_state == "closed" else None
            update = {"$set": {"state": after_state, "closed_at": closed_at}, "$inc": {"revision": 1}}
            after = await change.take("dossiers", {"_id": dossier_id, "state": before["state"]}, update)
            if after is None:
                raise errors.Stale
            change.record("dossier", dossier_id, reason=reason)
            return after

        return await self._journal.change(actor, action, work)
