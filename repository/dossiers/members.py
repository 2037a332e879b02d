"""Members of a dossier: named people, mostly of other units, who see it and what its unit keeps in it (Đ1.p2).

Documents carry the dossier's mark, so taking somebody in or out changes one row and holds from the next request on.
"""

from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access import marks
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents.metadata import Text
from repository.dossiers.dossiers import Dossiers
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class MemberForm(BaseModel):
    """Who, and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    person: str = Field(max_length=60)
    """Id or user name."""
    reason: Text = Field(min_length=3, max_length=500)


class Members:
    """Taken in and let go by clerks and leaders of the dossier's unit."""

    def __init__(self, *, database: Database, journal: Journal, dossiers: Dossiers) -> None:
        self._rows = database["dossiers"]
        self._people = database["people"]
        self._journal = journal
        self._dossiers = dossiers

    async def joined(self, actor: Actor) -> Actor:
        """The same actor with the dossiers he is a member of; asked once for each request."""
        if actor.kind != "person":
            return actor
        person = actor.on_behalf_of.id if actor.on_behalf_of else actor.id
        query = {"readers": marks.person(person, actor.unit)}
        found = [row["_id"] async for row in self._rows.find(query, {"_id": 1})]
        return replace(actor, dossiers=frozenset(found)) if found else actor

    async def add(self, actor: Actor, dossier_id: str, form: MemberForm) -> Row:
        """The dossier with one more member. Raises Conflict for one who is a member already."""
        await self._own(actor, dossier_id)
        named = {"$or": [{"_id": form.person}, {"username": form.person}]}
        person = await self._people.find_one(named | {"disabled_at": None})
        if person is None:
            listed = [{"pointer": "/person", "detail": "không có người này, hoặc tài khoản đã ngừng"}]
            raise errors.Invalid(why="thành viên không tồn tại", errors=listed)
        mark = marks.person(person["_id"], person["unit"])

        async def work(change: Change) -> Row:
            member = {
                "id": person["_id"],
                "name": person["full_name"],
                "unit": person["unit"],
                "mark": mark,
                "reason": form.reason,
                "at": change.now,
                "by": change.actor.as_row(),
                "ended": None,
            }
            query = {"_id": dossier_id, "readers": {"$ne": mark}}
            update = {"$push": {"members": member, "readers": mark}, "$inc": {"revision": 1}}
            after = await change.take("dossiers", query, update)
            if after is None:
                raise errors.Conflict(why=f"{person['full_name']} đã là thành viên hồ sơ")
            change.record("dossier", dossier_id, also=[person["_id"]], mark=mark, reason=form.reason)
            return after

        return await self._journal.change(actor, Action.MEMBER_ADDED, work)

    async def end(self, actor: Actor, dossier_id: str, person_id: str, reason: str) -> Row:
        """The dossier without that member; the membership stays on record with its end."""
        await self._own(actor, dossier_id)

        async def work(change: Change) -> Row:
            row = await change.find_one("dossiers", {"_id": dossier_id})
            members = (row or {}).get("members", [])
            running = [one for one in members if one["id"] == person_id and one["ended"] is None]
            if row is None or not running:
                raise errors.NotFound(what="thành viên")
            for one in running:
                one["ended"] = {"at": change.now, "by": change.actor.as_row(), "reason": reason}
            gone = {one["mark"] for one in running}
            fields = {"members": members, "readers": [one for one in row["readers"] if one not in gone]}
            update = {"$set": fields, "$inc": {"revision": 1}}
            after = await change.take("dossiers", {"_id": dossier_id, "revision": row["revision"]}, update)
            if after is None:
                raise errors.Stale
            change.record("dossier", dossier_id, also=[person_id], reason=reason)
            return after

        return await self._journal.change(actor, Action.MEMBER_ENDED, work)

    async def _own(self, actor: Actor, dossier_id: str) -> None:
        actor.require(Permission.SHARE_DOCUMENTS)
        found = await self._dossiers.get(actor, dossier_id)
        actor.require_unit(found["unit"], "thêm, bớt thành viên hồ sơ")
