"""The paper that follows an e-document without legal value: who owes it, and how it is settled (Đ7.1, Đ7.2).

A document that is for reference is exchanged together with its paper copy. Until a clerk records that the paper
came (incoming) or went (outgoing), nothing that holds the document can be closed.
"""

from datetime import date
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents import legal_value
from repository.documents.documents import Documents
from repository.documents.metadata import Text
from repository.journal import Change, Journal
from repository.mongo import Row

CLAUSE: Final = "Đ7.2"


class PaperForm(BaseModel):
    """What became of the paper: came, went, or is in the unit's hands already."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    on: date
    note: Text = Field(default="", max_length=500)
    """Post number, who brought it, where it lies."""


class NoPaperOwed(errors.Conflict):
    """There is no paper to be recorded."""

    vi = "Văn bản này không còn nợ bản giấy: {why}."
    en = "This document owes no paper copy: {why}."


class PaperStillOwed(errors.Conflict):
    """A document for reference is not done with before its paper is recorded (Đ7.2)."""

    vi = (
        "Chưa kết thúc được: «{subject}» chỉ để tham khảo nên phải có bản giấy kèm theo (Điều 7.2). "
        "Văn thư ghi nhận bản giấy ở trang văn bản rồi làm lại."
    )
    en = "Not closed: «{subject}» is for reference, and its paper copy is not recorded yet (article 7.2)."


def paper_owed(document: Row) -> bool:
    """Whether a paper copy must still come or go: incoming at once, outgoing once it was issued."""
    if document.get("paper") or document["legal_value"]["status"] != legal_value.REFERENCE:
        return False
    if document["direction"] == "outgoing":
        return bool(document["state"] == "issued")
    return bool(document["direction"] == "incoming")


def require_no_paper_owed(document: Row) -> None:
    """Raises PaperStillOwed; whoever closes a document's handling or its dossier asks this first."""
    if paper_owed(document):
        raise PaperStillOwed(subject=document["subject"], why="còn nợ bản giấy")


def way(document: Row) -> Literal["received", "dispatched"]:
    return "received" if document["direction"] == "incoming" else "dispatched"


class Papers:
    """Records papers: `paper` of a document is {way, on, note, at, by}, or absent."""

    def __init__(self, *, journal: Journal, documents: Documents) -> None:
        self._journal = journal
        self._documents = documents

    async def settle(self, actor: Actor, document_id: str, form: PaperForm) -> Row:
        """Raises NoPaperOwed when nothing is owed, Invalid for a day to come."""
        actor.require(Permission.MAKE_ENTRIES)
        await self._documents.own(actor, document_id, "ghi nhận bản giấy")
        if form.on > local_date(self._journal.now()):
            told = [{"pointer": "/on", "detail": "ngày chưa đến"}]
            raise errors.Invalid(why="bản giấy không thể đến hoặc đi vào ngày chưa đến", errors=told)

        async def work(change: Change) -> Row:
            before = await change.find_one("documents", {"_id": document_id})
            if before is None or not paper_owed(before):
                raise NoPaperOwed(why="đã ghi nhận, hoặc văn bản có giá trị pháp lý, hoặc chưa phát hành")
            paper = {
                "way": way(before), "on": form.on.isoformat(), "note": form.note, "at": change.now,
                "by": actor.as_row(),
            }  # fmt: skip
            fields = {"$set": {"paper": paper}, "$inc": {"revision": 1}}
            after = await change.take("documents", {"_id": document_id}, fields)
            if after is None:
                raise errors.Stale
            change.record(
                "document",
                document_id,
                also=before["dossiers"],
                way=paper["way"],
                on=paper["on"],
                note=form.note,
            )
            return after

        return await self._journal.change(actor, Action.PAPER_SETTLED, work)
