"""Accounts that nobody uses: warned of first, then disabled (45 days by QCVN 12:2026/BCA). Work stays listed."""

from dataclasses import dataclass, field
from datetime import timedelta

from repository.access.actors import operator
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.people.people import idle_since
from repository.organisation.tokens import revoke_owned
from repository.organisation.units.settings import policy_for


@dataclass
class Findings:
    """Whom a review concerns."""

    warned: list[Row] = field(default_factory=list)
    disabled: list[Row] = field(default_factory=list)


class Idleness:
    """Reviews all active accounts; to be run every day."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock

    async def review(self, *, dry_run: bool = False) -> Findings:
        """Warns of and disables what is due; twice on one day does no more than once."""
        now, found = self._clock.now(), Findings()
        async for person in self._database["people"].find({"disabled_at": None}, {"password": 0, "totp": 0}):
            policy = await policy_for(self._database, person["unit"], local_date(now))
            ends = idle_since(person) + timedelta(days=policy.idle_days)
            if ends <= now:
                found.disabled.append(person)
                if not dry_run:
                    await self._disable(person, policy.idle_days)
            elif ends - timedelta(days=policy.warn_days) <= now and not person.get("idle_warned_at"):
                found.warned.append(person)
                if not dry_run:
                    await self._warn(person, until=f"{local_date(ends):%Y-%m-%d}")
        return found

    async def _warn(self, person: Row, until: str) -> None:
        async def work(change: Change) -> None:
            noted = {"idle_warned_at": change.now, "idle_ends_on": until}
            await change.update("people", {"_id": person["_id"]}, {"$set": noted})
            change.record("person", person["_id"], until=until)

        await self._journal.change(operator("schedule"), Action.PERSON_WARNED, work)

    async def _disable(self, person: Row, days: int) -> None:
        async def work(change: Change) -> None:
            why = f"không sử dụng trong {days} ngày"
            ended = {
                "$set": {"disabled_at": change.now, "disabled_why": why},
                "$inc": {"epoch": 1, "revision": 1},
            }
            if await change.update("people", {"_id": person["_id"], "disabled_at": None}, ended):
                await revoke_owned(change, person["_id"])
            change.record("person", person["_id"], reason=why, idle=True)

        await self._journal.change(operator("schedule"), Action.PERSON_DISABLED, work)
