"""People: one person, one account (Đ9.1). Accounts are disabled, never deleted: history keeps its names (Đ10.3a).

A person's positions are dated: each act keeps the title of its day (Đ10.3c). A unit's administrator reaches the
people of that unit only, and gives no role that reaches further (Đ10.2); for him the others do not exist.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids, text
from repository.access.actors import Actor
from repository.access.permissions import FOR_PEOPLE, GRANTED_BY_IT_ONLY, Permission, Role
from repository.audit import Action
from repository.clock import local_date
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.organisation.people.open_work import WorkKind, hand_over, open_work
from repository.organisation.tokens import revoke_owned

_UNREAD: Final = "(nội dung không thuộc quyền xem của bạn)"
_EMAIL: Final = r"^$|^[^@\s]{1,64}@[^@\s]{1,190}$"
_STAFF_CODE: Final = r"^[0-9A-Za-z./-]{0,30}$"
_EVER: Final = datetime.max.replace(tzinfo=UTC) - timedelta(days=36_500)
"""For rows written before times were kept: never idle until their first login."""
_HIDDEN: Final = {"password": 0, "totp": 0}


class PersonForm(BaseModel):
    """What a new account is made of."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,49}$")
    full_name: str = Field(min_length=2, max_length=50)
    unit: str
    title: str = Field(default="", max_length=100)
    roles: list[Role] = Field(min_length=1)
    staff_code: str = Field(default="", pattern=_STAFF_CODE)
    """The person's number in the personnel file; one account bears it."""
    email: str = Field(default="", pattern=_EMAIL)
    """By which an identity provider's login finds the account."""


class PersonChange(BaseModel):
    """What may be corrected of an account; a field left out stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    full_name: str | None = Field(default=None, min_length=2, max_length=50)
    staff_code: str | None = Field(default=None, pattern=_STAFF_CODE)
    email: str | None = Field(default=None, pattern=_EMAIL)


class People:
    """Creates, reads, corrects, disables and reinstates accounts. There is no delete."""

    def __init__(self, *, database: Database, journal: Journal, work: Sequence[WorkKind] = ()) -> None:
        self._people = database["people"]
        self._units = database["units"]
        self._journal = journal
        self._work = work

    async def create(
        self, actor: Actor, form: PersonForm, password_hash: str, *, must_change: bool = True
    ) -> Row:
        """The new person. Raises Conflict when name, staff code or e-mail is taken, Invalid for an unknown unit.

        `must_change` is the rule: whoever made the account knows its first password.
        """
        require_reach(actor, form.unit, form.roles)
        await require_open_unit(self._units, form.unit)
        row: Row = {"_id": ids.new("ng"), "password": password_hash, "must_change": must_change}
        row |= {
            "disabled_at": None,
            "failures": 0,
            "locks": 0,
            "locked_until": None,
            "totp": None,
            "epoch": 0,
        }
        row |= form.model_dump(mode="json") | {"email": form.email.casefold(), "revision": 1}

        async def work(change: Change) -> None:
            if await change.find_one("people", {"username": form.username}):
                raise errors.Conflict(why=f"đã có tài khoản «{form.username}»")
            row["created_at"] = change.now
            row["positions"] = [position(form.unit, form.title, row["roles"], local_date(change.now))]
            await change.insert("people", row)
            change.record("person", row["_id"], username=form.username, roles=row["roles"], unit=form.unit)

        try:
            await self._journal.change(actor, Action.PERSON_CREATED, work)
        except DuplicateKeyError as fault:
            raise _taken() from fault
        return row

    async def get(self, person_id: str) -> Row:
        found = await self._people.find_one({"_id": person_id}, _HIDDEN)
        if found is None:
            raise errors.NotFound(what="người dùng")
        return found

    async def within(self, actor: Actor, person_id: str, *, changing: bool = True) -> Row:
        """The person, if the actor administers his unit; otherwise NotFound. Raises Forbidden for higher roles."""
        found = await self.get(person_id)
        if not oversees_all(actor) and found["unit"] != actor.unit:
            raise errors.NotFound(what="người dùng")
        if changing:
            require_reach(actor, found["unit"], [Role(one) for one in found["roles"]])
        return found

    async def named(self, username: str) -> Row:
        found = await self._people.find_one({"username": username}, _HIDDEN)
        if found is None:
            raise errors.NotFound(what=f"tài khoản «{username}»")
        return found

    async def all(self, unit: str | None = None) -> list[Row]:
        query = {"unit": unit} if unit else {}
        return await self._people.find(query, _HIDDEN).sort("username", 1).to_list(None)

    async def page(
        self, unit: str | None = None, *, words: str = "", limit: int = 100, after: str = ""
    ) -> list[Row]:
        """Accounts in order of their user names, from the one after `after`; `words` are looked for in both names."""
        query: Row = {"unit": unit} if unit else {}
        if after:
            query["username"] = {"$gt": after}
        if not words:
            return await self._people.find(query, _HIDDEN).sort("username", 1).limit(limit).to_list(limit)
        wanted, found = text.fold(words), list[Row]()
        async for row in self._people.find(query, _HIDDEN).sort("username", 1):
            if wanted in text.fold(f"{row['full_name']} {row['username']} {row.get('staff_code', '')}"):
                found.append(row)
            if len(found) == limit:
                break
        return found

    async def count(self, unit: str | None = None) -> int:
        return await self._people.count_documents({"unit": unit} if unit else {})

    async def edit(self, actor: Actor, person_id: str, form: PersonChange, *, revision: int) -> Row:
        """The person with corrected facts. Raises Stale when somebody changed it after `revision` was read."""
        before = await self.within(actor, person_id)
        now = {
            name: value
            for name, value in form.model_dump(exclude_none=True).items()
            if value != before.get(name)
        }
        if "email" in now:
            now["email"] = now["email"].casefold()

        async def work(change: Change) -> None:
            query = {"_id": person_id, "revision": revision}
            if not await change.update("people", query, {"$set": now, "$inc": {"revision": 1}}):
                raise errors.Stale
            change.record("person", person_id, was={name: before.get(name) for name in now}, now=now)

        try:
            await self._journal.change(actor, Action.PERSON_EDITED, work)
        except DuplicateKeyError as fault:
            raise _taken() from fault
        return await self.get(person_id)

    async def work_of(self, actor: Actor, person_id: str) -> list[Row]:
        """What the person leaves behind, kind by kind; who may not read a dossier is not told its title."""
        await self.within(actor, person_id, changing=False)
        pieces = await open_work(self._work, person_id)
        return [piece if _may_read(actor, piece) else piece | {"title": _UNREAD} for piece in pieces]

    async def disable(
        self, actor: Actor, person_id: str, reason: str, *, successor: str = "", urgent: bool = False
    ) -> None:
        """Ends the account, its sessions and the tokens it issued, and hands its open work over: all or nothing.

        Raises WorkLeft when there is open work and no successor, unless it is urgent (a stolen password): then
        the work stays listed under the person's name until `Postings.hand_over`.
        """
        person = await self.within(actor, person_id)
        if actor.id == person_id:
            raise errors.Conflict(why="không tự ngừng tài khoản của chính mình")

        async def work(change: Change) -> None:
            query = {"_id": person_id, "disabled_at": None}
            ended = {
                "$set": {"disabled_at": change.now, "disabled_why": reason},
                "$inc": {"epoch": 1, "revision": 1},
            }
            if not await change.update("people", query, ended):
                raise errors.Conflict(why="tài khoản không tồn tại hoặc đã ngừng")
            change.record("person", person_id, reason=reason, urgent=urgent, successor=successor)
            await revoke_owned(change, person_id)
            await hand_over(change, self._work, person, successor, demanded=not urgent)

        await self._journal.change(actor, Action.PERSON_DISABLED, work)

    async def reinstate(self, actor: Actor, person_id: str, reason: str, password_hash: str) -> None:
        """Opens a disabled account again, with a new first password; what it was logged in with stays ended."""
        await self.within(actor, person_id)

        async def work(change: Change) -> None:
            fresh: Row = {"disabled_at": None, "password": password_hash, "must_change": True, "failures": 0}
            fresh |= {"locks": 0, "locked_until": None, "reinstated_at": change.now, "idle_warned_at": None}
            query = {"_id": person_id, "disabled_at": {"$ne": None}}
            if not await change.update("people", query, {"$set": fresh, "$inc": {"epoch": 1, "revision": 1}}):
                raise errors.Conflict(why="tài khoản đang hoạt động")
            change.record("person", person_id, reason=reason)

        await self._journal.change(actor, Action.PERSON_REINSTATED, work)

    async def reset(
        self, actor: Actor, person_id: str, reason: str, password_hash: str, *, factor: bool = False
    ) -> None:
        """A new first password for who forgot his or was locked out; `factor` also takes a lost second factor off."""
        await self.within(actor, person_id)

        async def work(change: Change) -> None:
            fresh: Row = {"password": password_hash, "must_change": True, "failures": 0, "locks": 0}
            fresh["locked_until"] = None
            if factor:
                fresh["totp"] = None
            query = {"_id": person_id, "disabled_at": None}
            if not await change.update("people", query, {"$set": fresh, "$inc": {"epoch": 1, "revision": 1}}):
                raise errors.Conflict(why="tài khoản đã ngừng; hãy mở lại trước")
            change.record("person", person_id, reason=reason, factor=factor)

        await self._journal.change(actor, Action.PERSON_RESET, work)


def oversees_all(actor: Actor) -> bool:
    """Whether the actor administers every unit, not only the own one."""
    return actor.kind == "operator" or actor.may(Permission.ADMINISTER_UNITS)


def require_reach(actor: Actor, unit: str, roles: Sequence[Role]) -> None:
    """Raises Forbidden unless the actor administers the unit and may give (or touch) these roles."""
    if set(roles) - set(FOR_PEOPLE):
        raise errors.Invalid(
            why="vai trò này không dành cho người dùng",
            errors=[{"pointer": "/roles", "detail": "không dành cho người dùng"}],
        )
    if oversees_all(actor):
        return
    if unit != actor.unit:
        raise errors.Forbidden(permission="quản trị tài khoản của đơn vị khác")
    if GRANTED_BY_IT_ONLY & set(roles):
        raise errors.Forbidden(permission="quản trị tài khoản Tổ CNTT, kiểm tra viên")


async def require_open_unit(units: Any, unit: str) -> Row:
    """The unit's row. Raises Invalid when it is unknown or closed."""
    found: Row | None = await units.find_one({"_id": unit})
    if found is None or found.get("closed_on"):
        said = f"không có «{unit}»" if found is None else f"«{unit}» đã kết thúc hoạt động"
        raise errors.Invalid(
            why="đơn vị không tồn tại hoặc đã kết thúc", errors=[{"pointer": "/unit", "detail": said}]
        )
    return found


def position(unit: str, title: str, roles: list[str], since: date) -> Row:
    """A position as it is kept: from a day, until the next one begins."""
    return {"unit": unit, "title": title, "roles": roles, "since": since.isoformat(), "until": None}


def position_on(person: Mapping[str, Any], day: date) -> Mapping[str, Any]:
    """The position held on a local date; before the first one, the first."""
    positions: list[Row] = person.get("positions") or [{**person, "since": ""}]
    held = positions[0]
    for one in positions:
        if one["since"] <= day.isoformat():
            held = one
    return held


def idle_since(person: Mapping[str, Any]) -> datetime:
    """When the account was last used, made or opened again."""
    moments = (person.get(name) for name in ("created_at", "last_login_at", "reinstated_at"))
    return max((one for one in moments if one), default=_EVER)


def actor_of(person: Mapping[str, Any], day: date | None = None, *, inherits: tuple[str, ...] = ()) -> Actor:
    """The actor that a person's row stands for, in the position of the day (the present one when left out)."""
    held = person if day is None else position_on(person, day)
    return Actor(
        id=person["_id"],
        name=person["full_name"],
        kind="person",
        unit=held["unit"],
        title=held["title"],
        roles=frozenset(Role(role) for role in held["roles"]),
        inherits=inherits,
    )


def _may_read(actor: Actor, piece: Row) -> bool:
    """Administering an account is no right to read what its person works on."""
    if actor.kind == "operator" or actor.may(Permission.READ_EVERYTHING):
        return True
    return actor.may(Permission.READ_DOSSIERS) and piece["unit"] in actor.units


def _taken() -> errors.Conflict:
    return errors.Conflict(why="tên đăng nhập, mã cán bộ hoặc thư điện tử đã thuộc một tài khoản khác")
