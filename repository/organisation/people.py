"""People: one person, one account (Đ9.1). Accounts are disabled, never deleted, so that history keeps its names (Đ10.3a)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from repository import errors, ids
from repository.access.actors import Actor
from repository.access.permissions import Role
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class PersonForm(BaseModel):
    """What a new account is made of."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    username: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,49}$")
    full_name: str = Field(min_length=2, max_length=50)
    unit: str
    title: str = Field(default="", max_length=100)
    roles: list[Role] = Field(min_length=1)


class People:
    """Creates, reads and disables accounts. There is no delete."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._people = database["people"]
        self._units = database["units"]
        self._journal = journal

    async def create(self, actor: Actor, form: PersonForm, password_hash: str) -> Row:
        """The new person. Raises Conflict when the user name is taken, Invalid when the unit is unknown."""
        if await self._units.find_one({"_id": form.unit}) is None:
            raise errors.Invalid(
                why="đơn vị không tồn tại", errors=[{"pointer": "/unit", "detail": f"không có «{form.unit}»"}]
            )
        row: Row = {"_id": ids.new("ng"), "password": password_hash, "disabled_at": None, "failures": 0}
        row |= {"locked_until": None} | form.model_dump(mode="json")

        async def work(change: Change) -> None:
            if await change.find_one("people", {"username": form.username}):
                raise errors.Conflict(why=f"đã có tài khoản «{form.username}»")
            await change.insert("people", row)
            change.record("person", row["_id"], username=form.username, roles=row["roles"], unit=form.unit)

        await self._journal.change(actor, Action.PERSON_CREATED, work)
        return row

    async def get(self, person_id: str) -> Row:
        found = await self._people.find_one({"_id": person_id}, {"password": 0})
        if found is None:
            raise errors.NotFound(what="người dùng")
        return found

    async def named(self, username: str) -> Row:
        found = await self._people.find_one({"username": username}, {"password": 0})
        if found is None:
            raise errors.NotFound(what=f"tài khoản «{username}»")
        return found

    async def all(self, unit: str | None = None) -> list[Row]:
        query = {"unit": unit} if unit else {}
        return await self._people.find(query, {"password": 0}).sort("username", 1).to_list(None)

    async def disable(self, actor: Actor, person_id: str, reason: str) -> None:
        """Ends the account and, in the same transaction, whatever it is logged in with."""

        async def work(change: Change) -> None:
            query = {"_id": person_id, "disabled_at": None}
            if not await change.update("people", query, {"$set": {"disabled_at": change.now}}):
                raise errors.Conflict(why="tài khoản không tồn tại hoặc đã ngừng")
            change.record("person", person_id, reason=reason)

        await self._journal.change(actor, Action.PERSON_DISABLED, work)


def actor_of(person: dict[str, Any]) -> Actor:
    """The actor that a person's row stands for."""
    return Actor(
        id=person["_id"],
        name=person["full_name"],
        kind="person",
        unit=person["unit"],
        title=person["title"],
        roles=frozenset(Role(role) for role in person["roles"]),
    )
