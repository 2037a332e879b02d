"""Postings: a person moves to another unit, title or role from a day on (Đ9.2, Đ10.3c). History keeps the old title."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor, operator
from repository.access.permissions import Role
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.people.open_work import WorkKind, hand_over
from repository.organisation.people.people import (
    People,
    position,
    position_on,
    require_open_unit,
    require_reach,
)
from repository.organisation.tokens import revoke_owned

_FARTHEST: Final = timedelta(days=366)


class TransferForm(BaseModel):
    """Where a person goes, as what, from when, and who takes over what he leaves."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(max_length=40)
    title: str = Field(default="", max_length=100)
    roles: list[Role] = Field(min_length=1)
    since: date | None = None
    """The day of the decision; today when left out, a later day is kept until it comes."""
    successor: str = Field(default="", max_length=40)
    reason: str = Field(min_length=1, max_length=500)


class Postings:
    """Moves people and hands their work over."""

    def __init__(
        self, *, database: Database, journal: Journal, clock: Clock, people: People, work: Sequence[WorkKind]
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._people = people
        self._work = work

    async def transfer(
        self, actor: Actor, person_id: str, form: TransferForm, *,
        also: Callable[[Change], Awaitable[None]] | None = None,
    ) -> Row:  # fmt: skip
        """The person in the new position. Whoever leaves a unit leaves its sessions, tokens and open work there.

        `also` is what belongs into the same change: the request that this answers.

        Raises WorkLeft when open work has no successor, Invalid for an unknown unit or an impossible day.
        """
        person = await self._people.within(actor, person_id)
        require_reach(actor, form.unit, form.roles)
        await require_open_unit(self._database["units"], form.unit)
        if actor.id == person_id:
            raise errors.Conflict(why="không tự đổi vị trí, vai trò của chính mình")
        today = local_date(self._clock.now())
        since = form.since or today
        _require_possible(person, since, today)
        fresh = position(form.unit, form.title, [one.value for one in form.roles], since)
        leaves = form.unit != person["unit"]

        async def work(change: Change) -> None:
            update: Row = {
                "$set": {"positions": _appended(person, fresh)},
                "$inc": {"revision": 1, "epoch": 1},
            }
            if since <= today:
                update["$set"] |= {name: fresh[name] for name in ("unit", "title", "roles")}
            query = {"_id": person_id, "disabled_at": None, "revision": person.get("revision", 1)}
            if not await change.update("people", query, update):
                raise errors.Stale
            was = {name: person[name] for name in ("unit", "title", "roles")}
            now = {name: fresh[name] for name in ("unit", "title", "roles", "since")}
            change.record("person", person_id, also=[form.unit], reason=form.reason, was=was, now=now)
            if also is not None:
                await also(change)
            if leaves:
                await revoke_owned(change, person_id)
                await hand_over(change, self._work, person, form.successor, demanded=True)

        await self._journal.change(actor, Action.PERSON_TRANSFERRED, work)
        return await self._people.get(person_id)

    async def hand_over(self, actor: Actor, person_id: str, successor: str, reason: str) -> int:
        """Gives a person's open work to another one of the unit; how many pieces."""
        person = await self._people.within(actor, person_id)

        async def work(change: Change) -> int:
            count = await hand_over(change, self._work, person, successor, demanded=True)
            change.record("person", person_id, also=[successor], reason=reason, pieces=count)
            return count

        return await self._journal.change(actor, Action.WORK_HANDED_OVER, work)

    async def settle(self) -> list[Row]:
        """Makes positions whose day has come the present ones in lists; whom. Rights follow the day by themselves."""
        today, settled = local_date(self._clock.now()), []
        due = self._database["people"].find(
            {"positions.since": {"$lte": today.isoformat()}, "disabled_at": None}
        )
        async for person in due:
            held = position_on(person, today)
            chosen = {name: held[name] for name in ("unit", "title", "roles")}
            if {name: person[name] for name in chosen} != chosen:
                await self._settle(person, chosen)
                settled.append(person)
        return settled

    async def _settle(self, person: Row, chosen: Row) -> None:
        async def work(change: Change) -> None:
            await change.update("people", {"_id": person["_id"]}, {"$set": chosen, "$inc": {"revision": 1}})
            change.record("person", person["_id"], now=chosen)

        await self._journal.change(operator("schedule"), Action.PERSON_TRANSFERRED, work)


def _require_possible(person: Row, since: date, today: date) -> None:
    """Raises Invalid for a day before the present position began, or too far ahead."""
    last = person["positions"][-1]["since"] if person.get("positions") else ""
    if since.isoformat() < last or since > today + _FARTHEST:
        said = "phải từ ngày bắt đầu vị trí gần nhất đến một năm tới"
        raise errors.Invalid(why="ngày hiệu lực không hợp lệ", errors=[{"pointer": "/since", "detail": said}])


def _appended(person: Row, fresh: Row) -> list[Row]:
    """The positions with the new one last; the one before ends the day it begins."""
    earlier: list[Row] = person.get("positions") or [
        position(person["unit"], person["title"], person["roles"], date.min)
    ]
    return [*earlier[:-1], earlier[-1] | {"until": fresh["since"]}, fresh]
