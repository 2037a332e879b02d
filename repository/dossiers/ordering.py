"""The order of papers in an open dossier, their sheets and notes, and taking one out with a reason."""

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents import filing
from repository.documents.filing import GAP
from repository.documents.metadata import Text
from repository.documents.refusals import DossierClosed
from repository.dossiers import taking_out
from repository.dossiers.dossiers import Dossiers
from repository.dossiers.places import Places
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class PlaceForm(BaseModel):
    """Where a paper lies, how many sheets it has; only what is given is changed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    after: str | None = Field(default=None, max_length=40)
    """The document that it follows; empty for the first place."""
    sheets: int | None = Field(default=None, ge=0, le=9999)
    note: Text | None = Field(default=None, max_length=200)


class Ordering:
    """Changes places, never documents."""

    def __init__(self, *, database: Database, journal: Journal, dossiers: Dossiers) -> None:
        self._filings = database["filings"]
        self._places = Places(database=database)
        self._journal = journal
        self._dossiers = dossiers

    async def place(self, actor: Actor, dossier_id: str, document_id: str, form: PlaceForm) -> Row:
        """The filing as it is afterwards. Raises NotFound, Conflict for a closed dossier."""
        dossier = await self._own_open(actor, dossier_id)
        fields: Row = form.model_dump(include={"sheets", "note"}, exclude_none=True)
        if form.after is not None:
            fields["order"] = await self._order_after(dossier, form.after, document_id)

        async def work(change: Change) -> Row:
            touched: Row = {"$inc": {"revision": 1}}
            if "order" in fields:
                touched["$max"] = {"last": fields["order"]}
            query = {"_id": dossier_id, "state": "open"}
            if not await change.update("dossiers", query, touched):
                raise errors.Stale
            key = {"_id": filing.filing_id(dossier_id, document_id), "removed": None}
            after = await change.take("filings", key, {"$set": fields})
            if after is None:
                raise errors.NotFound(what="văn bản trong hồ sơ này")
            change.record("dossier", dossier_id, also=[document_id], owes=False, **fields)
            return after

        return await self._journal.change(actor, Action.DOSSIER_ORDERED, work)

    async def remove(self, actor: Actor, dossier_id: str, document_id: str, reason: str) -> Row:
        """Takes a document out; the reason is recorded."""
        await self._own_open(actor, dossier_id)

        async def work(change: Change) -> Row:
            if not await change.update(
                "dossiers", {"_id": dossier_id, "state": "open"}, {"$inc": {"revision": 1}}
            ):
                raise errors.Stale
            return await taking_out.take(change, dossier_id, document_id, reason)

        return await self._journal.change(actor, Action.DOSSIER_REMOVED, work)

    async def _own_open(self, actor: Actor, dossier_id: str) -> Row:
        actor.require(Permission.KEEP_DOSSIERS)
        row = await self._dossiers.get(actor, dossier_id)
        actor.require_unit(row["unit"], "sắp xếp hồ sơ")
        if row["state"] != "open":
            raise DossierClosed(title=row["title"], why="hồ sơ đã kết thúc")
        return row

    async def _order_after(self, dossier: Row, neighbour: str, moving: str) -> float:
        """An order between the neighbour and whatever follows it."""
        before = 0.0
        if neighbour:
            key = {"_id": filing.filing_id(dossier["_id"], neighbour), "removed": None}
            found = await self._filings.find_one(key)
            if found is None:
                raise errors.NotFound(what="văn bản đứng trước")
            before = float(found["order"])
        follow = [one for one in await self._places.after(dossier, before, 2) if one["document"] != moving]
        if not follow:
            return before + GAP
        between = (before + float(follow[0]["order"])) / 2
        if between in (before, float(follow[0]["order"])):
            raise errors.Conflict(why="không còn chỗ giữa hai văn bản này; hãy chuyển văn bản đứng sau trước")
        return between
