"""The quarterly review of rights: who may do what in a unit, line by line, confirmed by its leader (Đ5.2, Đ13.1).

A confirmation keeps the list as it was looked at; what is to be changed is named and stays open work of the unit's
administrator, who changes it as always. A quarter is confirmed once; who administers accounts does not confirm.
"""

import re
from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, text
from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row

_QUARTER: Final = re.compile(r"^20\d\d-Q[1-4]$")
_CONFIRMING: Final = Role.LEADER


class ReviewForm(BaseModel):
    """What the leader says of the list: whose rights are to be changed, and a note on each of them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    seen: int = Field(ge=0)
    """How many lines the list had when it was read: another number means that it has changed since."""
    changes: dict[str, str] = Field(default_factory=dict, max_length=500)
    """Person → what is to be changed."""
    note: str = Field(default="", max_length=500)


class Reviews:
    """Lists and confirmations."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock

    def quarter(self) -> str:
        """The running quarter in Viet Nam, as in `2026-Q4`."""
        return quarter_of(local_date(self._clock.now()))

    async def show(self, actor: Actor, unit: str, quarter: str = "") -> Row:
        """The list of a unit: as it was confirmed, or as it stands now for the running quarter.

        Raises NotFound for another unit's, unless the actor administers or inspects all.
        """
        actor.require(Permission.REVIEW_RIGHTS)
        _require_reach(actor, unit)
        wanted = quarter or self.quarter()
        if not _QUARTER.match(wanted):
            raise errors.Invalid(why="quý phải có dạng 2026-Q4")
        kept = await self._database["reviews"].find_one({"_id": f"{unit}:{wanted}"})
        if kept is not None:
            return kept
        if wanted != self.quarter():
            raise errors.NotFound(what=f"lần rà soát quyền quý {wanted}")
        row = {"_id": f"{unit}:{wanted}", "unit": unit, "quarter": wanted, "note": ""}
        return row | {"lines": await self._lines(unit), "confirmed": None}

    async def past(self, unit: str) -> list[Row]:
        """The confirmed quarters of a unit, newest first, without their lines."""
        query = {"unit": unit}
        return await self._database["reviews"].find(query, {"lines": 0}).sort("_id", -1).to_list(40)

    async def missing(self) -> list[str]:
        """Units at work that have not confirmed the running quarter."""
        done = {row["unit"] async for row in self._database["reviews"].find({"quarter": self.quarter()})}
        units = self._database["units"].find({"closed_on": {"$in": [None, ""]}}, {"_id": 1}).sort("_id", 1)
        return [row["_id"] async for row in units if row["_id"] not in done]

    async def confirm(self, actor: Actor, unit: str, form: ReviewForm) -> Row:
        """The confirmed list. Raises Forbidden unless the actor leads the unit, Conflict when it is confirmed
        already, Stale when the list changed since it was read.
        """
        row = await self.show(actor, unit)
        actor.require_unit(unit, "xác nhận rà soát quyền")
        if _CONFIRMING not in actor.roles or actor.kind != "person":
            raise errors.Forbidden(permission="chỉ lãnh đạo đơn vị xác nhận rà soát quyền")
        if row["confirmed"]:
            raise errors.Conflict(why=f"quý {row['quarter']} đã được xác nhận")
        if form.seen != len(row["lines"]):
            raise errors.Stale
        for line in row["lines"]:
            line["change"] = text.nfc(form.changes.get(line["person"], "")).strip()[:500]
        row["note"] = text.nfc(form.note)

        async def work(change: Change) -> Row:
            row["confirmed"] = {"at": change.now, "by": change.actor.as_row()}
            await change.insert("reviews", row)
            wanted = [line["person"] for line in row["lines"] if line["change"]]
            change.record(
                "unit", unit, also=wanted, owes=False, quarter=row["quarter"], lines=len(row["lines"]),
                changes=len(wanted),
            )  # fmt: skip
            return row

        try:
            return await self._journal.change(actor, Action.RIGHTS_REVIEWED, work)
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"quý {row['quarter']} đã được xác nhận") from fault

    async def _lines(self, unit: str) -> list[Row]:
        """Every account at work in the unit with what it may do beyond its roles."""
        rows = self._database["people"].find({"unit": unit, "disabled_at": None}).sort("username", 1)
        people = await rows.to_list(None)
        known = [one["_id"] for one in people]
        lent, tokens = await self._lent(known), await self._tokens(known)
        return [_line(one, lent[one["_id"]], tokens[one["_id"]]) for one in people]

    async def _lent(self, people: list[str]) -> dict[str, list[str]]:
        """Person → in whose place they stand today."""
        today = local_date(self._clock.now()).isoformat()
        in_force: Row = {"ended": None, "since": {"$lte": today}, "until": {"$gte": today}}
        found: dict[str, list[str]] = {one: [] for one in people}
        async for row in self._database["delegations"].find(in_force | {"receiver.id": {"$in": people}}):
            found[row["receiver"]["id"]].append(row["giver"]["name"])
        return found

    async def _tokens(self, people: list[str]) -> dict[str, int]:
        """Person → how many tokens of theirs open something now."""
        valid: Row = {"revoked_at": None, "expires_at": {"$gt": self._clock.now()}}
        found = dict.fromkeys(people, 0)
        async for row in self._database["tokens"].find(valid | {"owner": {"$in": people}}, {"owner": 1}):
            found[row["owner"]] += 1
        return found


def _line(person: Row, lent: list[str], tokens: int) -> Row:
    plain = ("username", "full_name", "title", "roles")
    return {name: person[name] for name in plain} | {
        "person": person["_id"],
        "factor": bool(person.get("totp")),
        "last_login_at": person.get("last_login_at"),
        "stands_in_for": lent,
        "tokens": tokens,
        "trained_on": max((one["on"] for one in person.get("trainings", [])), default=""),
        "change": "",
    }


def quarter_of(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _require_reach(actor: Actor, unit: str) -> None:
    over_all = actor.kind == "operator" or actor.may(Permission.READ_EVERYTHING)
    if unit != actor.unit and not over_all and not actor.may(Permission.ADMINISTER_UNITS):
        raise errors.NotFound(what="đơn vị")
