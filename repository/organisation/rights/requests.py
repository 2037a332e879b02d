"""What a person asks the unit's administrator for on a new function: position, rights, training (Đ9.2).

An approval is a dated posting like any other, in one change with the decision; training is noted on the person.
"""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids, text
from repository.access.actors import Actor
from repository.access.permissions import FOR_PEOPLE, Role
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.people.people import People, oversees_all, require_open_unit
from repository.organisation.people.postings import Postings, TransferForm

_LIMIT: Final = 200


class RequestForm(BaseModel):
    """Which position and rights, from which day, on which ground."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    """The own unit when left out."""
    title: str = Field(default="", max_length=100)
    roles: list[Role] = Field(min_length=1, max_length=10)
    since: date | None = None
    reason: str = Field(min_length=3, max_length=500)
    training: bool = False
    """Whether training is asked for too."""


class DecisionForm(BaseModel):
    """Approved or not, and why; who takes over what is left in the old unit."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    approved: bool
    reason: str = Field(min_length=3, max_length=500)
    successor: str = Field(default="", max_length=40)


class TrainingForm(BaseModel):
    """What a person was trained in, and when."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    on: date
    about: str = Field(min_length=3, max_length=300)


class Requests:
    """Asked by the person, decided by who administers the accounts of both units."""

    def __init__(
        self, *, database: Database, journal: Journal, clock: Clock, people: People, postings: Postings
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._people = people
        self._postings = postings

    async def ask(self, actor: Actor, form: RequestForm) -> Row:
        """The request. Raises Conflict while another one of the same person waits."""
        unit = form.unit or actor.unit
        await require_open_unit(self._database["units"], unit)
        if set(form.roles) - set(FOR_PEOPLE):
            listed = [{"pointer": "/roles", "detail": "không dành cho người dùng"}]
            raise errors.Invalid(why="vai trò này không dành cho người dùng", errors=listed)
        wanted = form.model_dump(mode="json", include={"title", "roles", "since"}) | {"unit": unit}
        row: Row = {
            "_id": ids.new("dn"),
            "person": actor.id,
            "name": actor.name,
            "unit": actor.unit,
            "wanted": wanted,
            "training": form.training,
            "reason": text.nfc(form.reason),
            "state": "open",
            "decided": None,
        }

        async def work(change: Change) -> Row:
            if await change.find_one("requests", {"person": actor.id, "state": "open"}):
                raise errors.Conflict(why="bạn đang có một đề nghị chờ duyệt; hãy rút đề nghị đó trước")
            row["asked_at"] = change.now
            await change.insert("requests", row)
            change.record(
                "person", actor.id, also=[row["_id"]], owes=False, wanted=wanted, reason=form.reason
            )
            return row

        return await self._journal.change(actor, Action.REQUEST_MADE, work)

    async def of(self, actor: Actor) -> list[Row]:
        """The actor's own requests, newest first."""
        return await self._listed({"person": actor.id})

    async def waiting(self, actor: Actor) -> list[Row]:
        """What waits for this administrator: within the own unit; moves between units for those over all."""
        query: Row = {"state": "open"}
        if not oversees_all(actor):
            query |= {"unit": actor.unit, "wanted.unit": actor.unit}
        return await self._listed(query)

    async def _listed(self, query: Row) -> list[Row]:
        return await self._database["requests"].find(query).sort("_id", -1).limit(_LIMIT).to_list(_LIMIT)

    async def withdraw(self, actor: Actor, request_id: str) -> Row:
        query = {"_id": ids.parse("dn", request_id, "đề nghị"), "person": actor.id}
        if await self._database["requests"].find_one(query) is None:
            raise errors.NotFound(what="đề nghị")

        async def work(change: Change) -> Row:
            row = await _settle(change, request_id, "withdrawn", "")
            change.record("person", actor.id, also=[request_id], owes=False)
            return row

        return await self._journal.change(actor, Action.REQUEST_WITHDRAWN, work)

    async def decide(self, actor: Actor, request_id: str, form: DecisionForm) -> Row:
        """The decided request; an approved one is the person's position from its day on, in the same change.

        Raises NotFound for a request of people whom the actor does not administer, and what `transfer` raises.
        """
        found = await self._database["requests"].find_one({"_id": ids.parse("dn", request_id, "đề nghị")})
        if found is None:
            raise errors.NotFound(what="đề nghị")
        await self._people.within(actor, found["person"])
        if not form.approved:
            return await self._refuse(actor, found, form)

        async def also(change: Change) -> None:
            await _settle(change, request_id, "approved", form.reason)
            change.record(
                "person", found["person"], also=[request_id], action=Action.REQUEST_APPROVED, owes=False,
                reason=form.reason,
            )  # fmt: skip

        wanted = found["wanted"]
        since = date.fromisoformat(wanted["since"]) if wanted["since"] else None
        today = local_date(self._clock.now())
        move = TransferForm(
            unit=wanted["unit"],
            title=wanted["title"],
            roles=[Role(one) for one in wanted["roles"]],
            since=since if since and since > today else None,
            successor=form.successor,
            reason=f"{found['reason']} ({form.reason})"[:500],
        )
        await self._postings.transfer(actor, found["person"], move, also=also)
        return await self._database["requests"].find_one({"_id": request_id}) or found

    async def _refuse(self, actor: Actor, found: Row, form: DecisionForm) -> Row:
        async def work(change: Change) -> Row:
            row = await _settle(change, found["_id"], "refused", form.reason)
            change.record("person", found["person"], also=[found["_id"]], owes=False, reason=form.reason)
            return row

        return await self._journal.change(actor, Action.REQUEST_REFUSED, work)

    async def train(self, actor: Actor, person_id: str, form: TrainingForm) -> Row:
        """The person with one more training noted. Raises Invalid for a day to come."""
        await self._people.within(actor, person_id)
        if form.on > local_date(self._clock.now()):
            listed = [{"pointer": "/on", "detail": "không được sau hôm nay"}]
            raise errors.Invalid(why="ngày tập huấn chưa đến", errors=listed)

        async def work(change: Change) -> None:
            noted = form.model_dump(mode="json") | {"by": actor.as_row(), "at": change.now}
            query = {"_id": person_id}
            await change.update("people", query, {"$push": {"trainings": noted}, "$inc": {"revision": 1}})
            change.record("person", person_id, owes=False, on=noted["on"], about=form.about)

        await self._journal.change(actor, Action.PERSON_TRAINED, work)
        return await self._people.get(person_id)


async def _settle(change: Change, request_id: str, state: str, reason: str) -> Row:
    """Ends an open request within the change. Raises Conflict for one that somebody ended before."""
    decided = {"at": change.now, "by": change.actor.as_row(), "reason": text.nfc(reason)}
    after = await change.take(
        "requests", {"_id": request_id, "state": "open"}, {"$set": {"state": state, "decided": decided}}
    )
    if after is None:
        raise errors.Conflict(why="đề nghị đã được xử lý")
    return after
