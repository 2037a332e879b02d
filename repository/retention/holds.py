"""Legal holds: placed with a reason, in force at once, lifted by two people; what is stored later is held too.

A hold is a rule (a row here) and the store's own legal hold on every version. The rule counts from its commit: disposal
asks the rows, not the store. The worker then carries it to the store; what is held stays held until the hold is lifted,
even where its description changes meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.blobs import BlobStore, Digest
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.retention.holding import IN_FORCE, HoldForm, HoldKind, candidates, matches
from repository.retention.locks import SYSTEM
from repository.retention.two_people import require_another, require_person

_PAGE: Final = 200
_TARGETS: Final = {
    HoldKind.DOCUMENT: "documents", HoldKind.DOSSIER: "dossiers", HoldKind.PERSON: "people",
}  # fmt: skip


class Holds:
    """The rule, the two people, and the way to the store."""

    def __init__(self, *, database: Database, journal: Journal, blobs: BlobStore) -> None:
        self._database = database
        self._rows = database["holds"]
        self._documents = database["documents"]
        self._journal = journal
        self._blobs = blobs
        self._turn = asyncio.Lock()

    async def place(self, actor: Actor, form: HoldForm) -> Row:
        """A hold that is in force when this returns. A leader holds what is his unit's, an auditor everything."""
        actor.require(Permission.HOLD_DOCUMENTS)
        unit = "" if actor.may(Permission.READ_EVERYTHING) else actor.unit
        title, about = await self._target(form, unit)
        query = form.query.model_dump(mode="json") if form.query else None

        async def work(change: Change) -> Row:
            row: Row = {
                "_id": ids.new("pt"), "kind": form.kind.value, "target": form.target, "query": query,
                "title": title, "unit": unit, "about": about, "reason": form.reason, "authority": form.authority,
                "state": "active", "placed": {"at": change.now, "by": change.actor.as_row()},
                "lift": None, "lifted": None, "refusals": [], "documents": None,
            }  # fmt: skip
            await change.insert("holds", row)
            also = [form.target] if form.target else []
            change.record(
                "hold", row["_id"], also=also, on=row["kind"], query=query, reason=form.reason,
                authority=form.authority,
            )  # fmt: skip
            return row

        return await self._journal.change(actor, Action.HOLD_PLACED, work)

    async def _target(self, form: HoldForm, unit: str) -> tuple[str, str]:
        """What it lies on in words, and whose that is. Raises NotFound, also for another unit's; Gone."""
        if form.kind is HoldKind.QUERY:
            return (form.query.words if form.query else ""), unit
        query = {"_id": form.target} | ({"unit": unit} if unit else {})
        row = await self._database[_TARGETS[form.kind]].find_one(query)
        if row is None:
            raise errors.NotFound(what="văn bản, hồ sơ hoặc người cần phong tỏa")
        if row.get("disposed") and form.kind is HoldKind.DOCUMENT:
            raise errors.Gone(what="Văn bản")
        return str(row.get("full_name") or row.get("title") or row.get("subject")), str(row["unit"])

    async def ask_lift(self, actor: Actor, hold_id: str, reason: str) -> Row:
        """The first of two: it stays in force until another confirms."""
        self._require_holder(actor)
        fields: Callable[[Change], Row] = lambda change: {  # noqa: E731
            "state": "lifting", "lift": {"at": change.now, "by": change.actor.as_row(), "reason": reason}
        }  # fmt: skip
        row = await self.get(actor, hold_id)
        return await self._moved(
            actor, Action.HOLD_LIFT_ASKED, row, "active", lambda c: {"$set": fields(c)}, reason
        )

    async def confirm_lift(self, actor: Actor, hold_id: str) -> Row:
        """The second of two. Raises NeedsAnother for the one who asked."""
        self._require_holder(actor)
        row = await self.get(actor, hold_id)
        require_another(
            actor,
            [row["lift"]["by"]] if row["lift"] else [],
            "người đề nghị gỡ không tự xác nhận được",
        )
        return await self._moved(
            actor, Action.HOLD_LIFTED, row, "lifting",
            lambda c: {"$set": {"state": "lifted", "lifted": {"at": c.now, "by": c.actor.as_row()}}}, "",
        )  # fmt: skip

    async def refuse_lift(self, actor: Actor, hold_id: str, reason: str) -> Row:
        """It stays as it was, and the refusal is on record."""
        self._require_holder(actor)
        row = await self.get(actor, hold_id)
        require_another(actor, [row["lift"]["by"]] if row["lift"] else [], "người đề nghị không tự bác được")

        def update(change: Change) -> Row:
            refusal = {"asked": row["lift"], "at": change.now, "by": change.actor.as_row(), "reason": reason}
            return {"$set": {"state": "active", "lift": None}, "$push": {"refusals": refusal}}

        return await self._moved(actor, Action.HOLD_LIFT_REFUSED, row, "lifting", update, reason)

    def _require_holder(self, actor: Actor) -> None:
        actor.require(Permission.HOLD_DOCUMENTS)
        require_person(actor, "gỡ phong tỏa")

    async def _moved(
        self, actor: Actor, action: Action, row: Row, state: str, update: Callable[[Change], Row], reason: str
    ) -> Row:
        async def work(change: Change) -> Row:
            query = {"_id": row["_id"], "state": state, "writes": row["writes"]}
            after = await change.take("holds", query, update(change))
            if after is None:
                raise errors.Conflict(why="lệnh phong tỏa không ở bước này, hoặc người khác vừa làm")
            change.record("hold", row["_id"], reason=reason, owes=after["state"] == "lifted")
            return after

        return await self._journal.change(actor, action, work)

    async def get(self, actor: Actor, hold_id: str) -> Row:
        """Raises NotFound for another unit's."""
        actor.require(Permission.READ_RETENTION)
        row = await self._rows.find_one({"_id": ids.parse("pt", hold_id, "lệnh phong tỏa")})
        if row is None or not (actor.unit in (row["unit"], row["about"]) or self.sees_all(actor)):
            raise errors.NotFound(what="lệnh phong tỏa")
        return row

    async def find(self, actor: Actor, *, state: str = "", limit: int = 100, before: str = "") -> list[Row]:
        """Newest first; those of the actor's unit, and those on its things."""
        actor.require(Permission.READ_RETENTION)
        own = {"$or": [{"unit": actor.unit}, {"about": actor.unit}]}
        query: Row = {} if self.sees_all(actor) else own
        if state:
            query["state"] = {"$in": list(IN_FORCE)} if state == "in_force" else state
        if before:
            query["_id"] = {"$lt": before}
        return await self._rows.find(query).sort("_id", -1).limit(limit).to_list(limit)

    @staticmethod
    def sees_all(actor: Actor) -> bool:
        return actor.kind == "operator" or actor.may(Permission.READ_EVERYTHING)

    async def on(self, document: Row, change: Change | None = None) -> list[Row]:
        """The holds in force on a document: those it bears and those that match it now."""
        query = {"state": {"$in": list(IN_FORCE)}}
        rows: Any = change.find("holds", query) if change else self._rows.find(query)
        borne = document.get("holds", [])
        return [row async for row in rows if row["_id"] in borne or matches(row, document)]

    async def apply(self, hold_id: str) -> int:
        """Carries a hold, or its end, to every document it is about; how many bear it now."""
        hold = await self._rows.find_one({"_id": hold_id})
        if hold is None:
            return 0
        for query in ({"holds": hold_id}, *([candidates(hold)] if hold["state"] in IN_FORCE else [])):
            last = ""
            while page := await self._page(query, last):
                for row in page:
                    if hold_id in row.get("holds", []) or matches(hold, row):
                        await self.settle(row["_id"])
                last = page[-1]["_id"]
        return await self._documents.count_documents({"holds": hold_id})

    async def _page(self, query: Row, last: str) -> list[Row]:
        asked = {"$and": [query, {"_id": {"$gt": last}}]}
        return await self._documents.find(asked).sort("_id", 1).limit(_PAGE).to_list(_PAGE)

    async def settle(self, document_id: str) -> None:
        """One document and its versions held as the rule says now; harmless to repeat."""
        async with (
            self._turn
        ):  # two documents with the same bytes must not switch one hold on and off at once
            document = await self._documents.find_one({"_id": document_id})
            if document is None or document.get("disposed"):
                return
            held = sorted(one["_id"] for one in await self.on(document))
            wrong = [one for one in document["versions"] if bool(one["lock"].get("hold")) != bool(held)]
            if held == sorted(document.get("holds", [])) and not wrong:
                return
            for version in wrong:
                await self._switch(document_id, version, on=bool(held))
            await self._journal.change(SYSTEM, Action.HOLD_APPLIED, _settled(document, held))

    async def _switch(self, document_id: str, version: Row, *, on: bool) -> None:
        if not on:
            other = {
                "versions.sha256": version["sha256"],
                "_id": {"$ne": document_id},
                "holds.0": {"$exists": True},
            }
            if await self._documents.find_one(other, {"_id": 1}):
                return  # the same bytes are held for another document
        await self._blobs.hold(Digest.parse(version["sha256"]), version["store_version"], on)


def _settled(document: Row, held: list[str]) -> Callable[[Change], Awaitable[None]]:
    async def work(change: Change) -> None:
        fields: Row = {"holds": held}
        for place, _ in enumerate(document["versions"]):
            fields[f"versions.{place}.lock.hold"] = bool(held)
        query = {"_id": document["_id"], "disposed": None}
        # what was added meanwhile is settled by its own outbox row
        if not await change.update(
            "documents", query | {"versions": {"$size": len(document["versions"])}}, {"$set": fields}
        ):
            raise errors.Stale
        change.record("document", document["_id"], also=held, owes=False, holds=held)

    return work
