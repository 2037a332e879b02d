"""How far a document may go, changed after it was stored: by whoever may share it, with the reason (Đ1.p2, Đ5.2).

Shares that the new level forbids end with the change. A document made restricted is hidden in its book's line too; the
line's own words stay as they were entered, so that the closings of the book still prove themselves.
"""

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access import rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.access.rules import CLASSIFICATION_WORDS, Classification
from repository.audit import Action
from repository.documents import filing
from repository.documents.documents import Documents
from repository.documents.metadata import Text
from repository.journal import Change, Journal
from repository.mongo import Row
from repository.registers import lines


class LevelForm(BaseModel):
    """The new level, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    classification: Classification
    reason: Text = Field(min_length=3, max_length=500)


class Levels:
    """Changes a document's level."""

    def __init__(self, *, journal: Journal, documents: Documents) -> None:
        self._journal = journal
        self._documents = documents

    async def change(self, actor: Actor, document_id: str, form: LevelForm) -> Row:
        """The document on its new level. Raises Conflict when it has that level already."""
        actor.require(Permission.SHARE_DOCUMENTS)
        await self._documents.own(actor, document_id, "đổi mức phổ biến văn bản")

        async def work(change: Change) -> Row:
            row = await change.find_one("documents", {"_id": document_id})
            if row is None:
                raise errors.NotFound(what="văn bản")
            was, now = row["classification"], form.classification.value
            if was == now:
                raise errors.Conflict(why=f"văn bản đã ở mức «{CLASSIFICATION_WORDS[form.classification]}»")
            row["classification"] = now
            ended = _end_shares(change, row, form)
            fields = {"classification": now, "shares": row.get("shares", [])}
            fields["readers"] = rules.readers(row, await filing.dossiers_of(change, row))
            query = {"_id": document_id, "revision": row["revision"]}
            after = await change.take("documents", query, {"$set": fields, "$inc": {"revision": 1}})
            if after is None:
                raise errors.Stale
            if row["register"]:
                await lines.withhold(
                    change, row["register"], document_id, form.classification is Classification.RESTRICTED
                )
            change.record(
                "document", document_id, reason=form.reason, ended=ended,
                was={"classification": was}, now={"classification": now},
            )  # fmt: skip
            return after

        return await self._journal.change(actor, Action.LEVEL_CHANGED, work)


def _end_shares(change: Change, row: Row, form: LevelForm) -> list[str]:
    """Ends the shares that the new level forbids; their marks."""
    barred = [
        one
        for one in row.get("shares", [])
        if one["ended"] is None and not rules.shareable(form.classification, one["mark"])
    ]
    for one in barred:
        one["ended"] = {"at": change.now, "by": change.actor.as_row(), "reason": form.reason}
    return [one["mark"] for one in barred]
