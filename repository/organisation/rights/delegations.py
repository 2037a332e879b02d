"""Delegation with dates (ủy quyền khi vắng mặt): a colleague of one's unit acts in one's name, for named rights.

A delegation holds from its first to its last local day; it ends by itself, by hand, or when either side is disabled
or moves to another unit. Whoever acts wears the principal's rights and sight, nothing more, and every
record names both (Đ5.3). Administration is never delegated.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids, text
from repository.access.actors import Actor, Principal
from repository.access.permissions import Permission, Role, permissions_of
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.people.people import actor_of

LONGEST: Final = timedelta(days=90)
WORKING_ROLES: Final = frozenset({Role.CLERK, Role.OFFICER, Role.LEADER})
"""Whose rights may be lent."""
ADMINISTERING: Final = frozenset({Role.IT, Role.UNIT_ADMIN})
"""Who neither lends nor borrows: their accounts must not be worn by two people."""
_OWN: Final = frozenset({Permission.OWN_ACCOUNT, Permission.READ_UNITS})


class NotDelegable(errors.Forbidden):
    """This cannot be lent, or not to this person, or not by this one."""

    vi = "Không ủy quyền được: {permission}."
    en = "This cannot be delegated: {permission}."


class NotInForce(errors.Forbidden):
    """The delegation named in the request does not hold today, or is not the caller's."""

    vi = (
        "Ủy quyền này không còn hoặc chưa có hiệu lực, hoặc không phải của bạn. Việc đã làm vẫn được giữ nguyên; "
        "hãy bấm “Thôi làm thay” ở đầu trang rồi làm bằng quyền của mình."
    )
    en = "This delegation is not in force, or not yours. What was done before stands."


class DelegationForm(BaseModel):
    """To whom, for what, from which day through which day, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    receiver: str = Field(max_length=40)
    scopes: list[Permission] = Field(min_length=1, max_length=30)
    since: date
    until: date
    reason: str = Field(min_length=3, max_length=500)


class Delegations:
    """Made and ended by the one who is absent; used by the one who stands in."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._rows = database["delegations"]
        self._people = database["people"]
        self._units = database["units"]
        self._journal = journal
        self._clock = clock

    async def make(self, actor: Actor, form: DelegationForm) -> Row:
        """A delegation from the actor. Raises NotDelegable, or Invalid naming each wrong field."""
        self._check_giver(actor, form)
        self._check_dates(form)
        person = await self._people.find_one({"_id": form.receiver, "disabled_at": None, "unit": actor.unit})
        if person is None or person["_id"] == actor.id:
            listed = [{"pointer": "/receiver", "detail": "phải là đồng nghiệp đang làm việc cùng đơn vị"}]
            raise errors.Invalid(why="người được ủy quyền không hợp lệ", errors=listed)
        receiver = actor_of(person)
        if receiver.roles & ADMINISTERING:
            raise NotDelegable(permission="quản trị viên không nhận ủy quyền")
        row: Row = {
            "_id": ids.new("uq"),
            "unit": actor.unit,
            "giver": actor.as_row(),
            "receiver": receiver.as_row(),
            "scopes": sorted({one.value for one in form.scopes}),
            "since": form.since.isoformat(),
            "until": form.until.isoformat(),
            "reason": text.nfc(form.reason),
            "ended": None,
        }

        async def work(change: Change) -> Row:
            row["created_at"] = change.now
            await change.insert("delegations", row)
            told = {name: row[name] for name in ("scopes", "since", "until", "reason")}
            change.record("person", actor.id, also=[receiver.id, row["_id"]], owes=False, **told)
            return row

        return await self._journal.change(actor, Action.DELEGATION_MADE, work)

    async def of(self, actor: Actor) -> list[Row]:
        """Given and received, newest first; each with whether it is in force now."""
        query = {"$or": [{"giver.id": actor.id}, {"receiver.id": actor.id}]}
        rows = await self._rows.find(query).sort("_id", -1).limit(200).to_list(200)
        return [row | {"in_force": await self._holds(row)} for row in rows]

    async def end(self, actor: Actor, delegation_id: str, reason: str) -> Row:
        """Ends a delegation before its last day. Raises NotFound for one that is not the actor's."""
        mine = {"$or": [{"giver.id": actor.id}, {"receiver.id": actor.id}]}
        query = {"_id": ids.parse("uq", delegation_id, "ủy quyền"), **mine}

        async def work(change: Change) -> Row:
            row = await change.find_one("delegations", query)
            if row is None:
                raise errors.NotFound(what="ủy quyền")
            ended = {"at": change.now, "by": change.actor.as_row(), "reason": text.nfc(reason)}
            after = await change.take("delegations", query | {"ended": None}, {"$set": {"ended": ended}})
            if after is None:
                raise errors.Conflict(why="ủy quyền đã kết thúc")
            people = [row["giver"]["id"], row["receiver"]["id"], row["_id"]]
            change.record("person", people[0], also=people[1:], owes=False, reason=reason)
            return after

        return await self._journal.change(actor, Action.DELEGATION_ENDED, work)

    async def acting(self, actor: Actor, delegation_id: str) -> Actor:
        """The actor in the principal's name: his rights as lent and his sight. Raises NotInForce."""
        row = await self._rows.find_one({"_id": delegation_id, "receiver.id": actor.id})
        giver = await self._giver_in_force(row) if row and actor.kind == "person" else None
        if row is None or giver is None or actor.unit != row["unit"]:
            raise NotInForce(permission="delegation")
        principal = Principal(id=giver.id, name=giver.name, title=giver.title, delegation=row["_id"])
        return replace(
            giver,
            id=actor.id,
            name=actor.name,
            title=actor.title,
            roles=giver.roles & WORKING_ROLES,
            scopes=frozenset(Permission(one) for one in row["scopes"]) & lendable(giver.roles),
            inherits=actor.inherits,
            on_behalf_of=principal,
        )

    async def take(self, actor: Actor, session: str, delegation_id: str) -> Actor:
        """From now on this session acts in the principal's name, until laid down. Raises NotInForce."""
        worn = await self.acting(actor, delegation_id)
        assert worn.on_behalf_of is not None  # `acting` says whose
        principal = worn.on_behalf_of.id
        await self._wear(actor, session, delegation_id, Action.DELEGATION_TAKEN, principal)
        return worn

    async def lay_down(self, actor: Actor, session: str) -> None:
        """From now on this session acts in its person's own name again."""
        await self._wear(actor, session, "", Action.DELEGATION_LAID_DOWN, "")

    async def _wear(self, actor: Actor, session: str, delegation: str, act: Action, principal: str) -> None:
        async def work(change: Change) -> None:
            query = {"_id": session, "person": actor.id}
            if not await change.update("sessions", query, {"$set": {"acting": delegation}}):
                raise errors.NotFound(what="phiên đăng nhập")
            also = [principal, delegation] if delegation else []
            change.record("person", actor.id, also=also, owes=False)

        await self._journal.change(actor, act, work)

    async def hats(self, person: str) -> list[Actor]:
        """The actor that a person (id or user name) is, then those in whose name he may act today."""
        row = await self._people.find_one({"$or": [{"_id": person}, {"username": person}]})
        if row is None or row["disabled_at"] is not None:
            raise errors.NotFound(what="người đang có tài khoản")
        unit = await self._units.find_one({"_id": row["unit"]}, {"inherits": 1})
        own = actor_of(row, inherits=tuple((unit or {}).get("inherits", ())))
        received = self._rows.find({"receiver.id": own.id, "ended": None})
        return [
            own,
            *[await self.acting(own, one["_id"]) async for one in received if await self._holds(one)],
        ]

    async def _holds(self, row: Row) -> bool:
        return await self._giver_in_force(row) is not None

    async def _giver_in_force(self, row: Row) -> Actor | None:
        """The principal while the delegation holds: in its days, not ended, both sides still what they were."""
        today = local_date(self._clock.now()).isoformat()
        if row["ended"] is not None or not row["since"] <= today <= row["until"]:
            return None
        receiver, giver = await self._side(row, "receiver"), await self._side(row, "giver")
        return giver if receiver is not None else None

    async def _side(self, row: Row, side: str) -> Actor | None:
        """Giver or receiver as he is now; None when he left the unit, administers, or was disabled since."""
        person = await self._people.find_one({"_id": row[side]["id"], "disabled_at": None})
        if person is None or person["unit"] != row["unit"]:
            return None
        reinstated = person.get("reinstated_at")
        if reinstated is not None and reinstated > row["created_at"]:
            return None
        found = actor_of(person)
        return None if found.roles & ADMINISTERING else found

    def _check_dates(self, form: DelegationForm) -> None:
        listed = []
        if form.since < local_date(self._clock.now()):
            listed.append({"pointer": "/since", "detail": "không được trước hôm nay"})
        if not form.since <= form.until <= form.since + LONGEST:
            listed.append(
                {"pointer": "/until", "detail": f"từ ngày bắt đầu đến tối đa {LONGEST.days} ngày sau"}
            )
        if listed:
            raise errors.Invalid(why="thời gian ủy quyền chưa đúng", errors=listed)

    @staticmethod
    def _check_giver(actor: Actor, form: DelegationForm) -> None:
        if actor.kind != "person" or actor.on_behalf_of is not None:
            raise NotDelegable(permission="chỉ chính người có quyền mới được ủy quyền, không ủy quyền lại")
        if actor.roles & ADMINISTERING:
            raise NotDelegable(permission="quyền quản trị không được ủy quyền")
        beyond = sorted(one.value for one in set(form.scopes) - lendable(actor.roles))
        if beyond:
            raise NotDelegable(permission=", ".join(beyond))


def lendable(roles: Iterable[Role]) -> frozenset[Permission]:
    """What holders of these roles may lend: the working rights, never administration or one's own account."""
    return permissions_of(one for one in roles if one in WORKING_ROLES) - _OWN
