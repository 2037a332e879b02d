"""Opening a document to another unit or to a named person, ending that, and telling who sees it and why (Đ1.p2, Đ5.2).

A share is kept for ever with its reason and its end; the readers that follow from it are recomputed in the same
transaction, and the outbox row of the change puts them into the search index.
"""

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from repository import errors
from repository.access import marks, rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents import filing, model
from repository.documents.documents import Documents
from repository.documents.metadata import Text
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class ShareForm(BaseModel):
    """To which unit or person, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    person: str = Field(default="", max_length=60)
    """Id or user name."""
    reason: Text = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def _one(self) -> "ShareForm":
        if bool(self.unit) == bool(self.person):
            raise PydanticCustomError("one_receiver", "name a unit or a person, not both")
        return self


class Sharing:
    """Shares are made and ended by clerks and leaders of the unit that keeps the document."""

    def __init__(self, *, database: Database, journal: Journal, documents: Documents) -> None:
        self._dossiers = database["dossiers"]
        self._units = database["units"]
        self._people = database["people"]
        self._journal = journal
        self._documents = documents

    async def share(self, actor: Actor, document_id: str, form: ShareForm) -> Row:
        """The document, open to one more unit or person. Raises Conflict when its level forbids that."""
        actor.require(Permission.SHARE_DOCUMENTS)
        await self._documents.own(actor, document_id, "chia sẻ văn bản")
        mark, to = await self._receiver(form)

        async def work(change: Change) -> Row:
            row = await self._read(change, document_id)
            if not rules.shareable(rules.Classification(row["classification"]), mark):
                raise errors.Conflict(why="văn bản nội bộ, hạn chế chỉ chia sẻ đích danh từng người")
            if any(one["mark"] == mark and one["ended"] is None for one in row.get("shares", [])):
                raise errors.Conflict(why=f"văn bản đang được chia sẻ cho {to['name']}")
            row["shares"] = [*row.get("shares", []), model.share_row(change, mark, to, form.reason)]
            return await self._write(change, row, mark, form.reason)

        return await self._journal.change(actor, Action.DOCUMENT_SHARED, work)

    async def end(self, actor: Actor, document_id: str, mark: str, reason: str) -> Row:
        """The document, closed again to that unit or person; the share stays on record with its end."""
        actor.require(Permission.SHARE_DOCUMENTS)
        await self._documents.own(actor, document_id, "kết thúc chia sẻ văn bản")

        async def work(change: Change) -> Row:
            row = await self._read(change, document_id)
            running = [one for one in row.get("shares", []) if one["mark"] == mark and one["ended"] is None]
            if not running:
                raise errors.NotFound(what="lượt chia sẻ đang có hiệu lực")
            for one in running:
                one["ended"] = {"at": change.now, "by": change.actor.as_row(), "reason": reason}
            return await self._write(change, row, mark, reason)

        return await self._journal.change(actor, Action.SHARE_ENDED, work)

    async def grants(self, actor: Actor, document_id: str) -> list[rules.Grant]:
        """Everybody who sees the document and by which rule; for its unit's clerks and leaders and for auditors."""
        row, dossiers = await self._explained(actor, document_id)
        return rules.grants(row, dossiers)

    async def why(self, actor: Actor, document_id: str, other: Actor) -> list[rules.Grant]:
        """Why this other person sees the document; none when he does not, or may not read documents at all."""
        row, dossiers = await self._explained(actor, document_id)
        return rules.why(row, dossiers, other.marks) if other.may(Permission.READ_DOCUMENTS) else []

    async def _explained(self, actor: Actor, document_id: str) -> tuple[Row, list[Row]]:
        actor.require(Permission.EXPLAIN_ACCESS)
        row = await self._documents.get(actor, document_id)
        if not actor.may(Permission.READ_EVERYTHING):
            actor.require_unit(row["unit"], "xem ai được đọc văn bản")
        return row, await self._dossiers.find({"_id": {"$in": row["dossiers"]}}).to_list(None)

    async def _receiver(self, form: ShareForm) -> tuple[str, Row]:
        """The mark and the name of whom it is shared with. Raises Invalid when there is nobody of that name."""
        if form.unit:
            unit = await self._units.find_one({"_id": form.unit})
            if unit is None:
                listed = [{"pointer": "/unit", "detail": f"không có đơn vị «{form.unit}»"}]
                raise errors.Invalid(why="đơn vị không tồn tại", errors=listed)
            return marks.unit(unit["_id"]), {"kind": "unit", "id": unit["_id"], "name": unit["name"]}
        named = {"$or": [{"_id": form.person}, {"username": form.person}]}
        person = await self._people.find_one(named | {"disabled_at": None})
        if person is None:
            listed = [{"pointer": "/person", "detail": "không có người này, hoặc tài khoản đã ngừng"}]
            raise errors.Invalid(why="người nhận không tồn tại", errors=listed)
        to = {"kind": "person", "id": person["_id"], "name": person["full_name"], "unit": person["unit"]}
        return marks.person(person["_id"], person["unit"]), to

    @staticmethod
    async def _read(change: Change, document_id: str) -> Row:
        row = await change.find_one("documents", {"_id": document_id})
        if row is None:
            raise errors.NotFound(what="văn bản")
        return row

    @staticmethod
    async def _write(change: Change, row: Row, mark: str, reason: str) -> Row:
        """Shares and the readers that follow from them, together."""
        readers = rules.readers(row, await filing.dossiers_of(change, row))
        update = {"$set": {"shares": row["shares"], "readers": readers}, "$inc": {"revision": 1}}
        after = await change.take("documents", {"_id": row["_id"], "revision": row["revision"]}, update)
        if after is None:
            raise errors.Stale
        change.record("document", row["_id"], mark=mark, reason=reason)
        return after
