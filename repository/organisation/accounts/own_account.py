"""What a person does with the own account: password, second factor, sessions, login history (Đ5.3, Đ9.4)."""

from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.accounts import second_factor
from repository.organisation.accounts.passwords import PasswordRefused, hash_password, matches, require_good
from repository.organisation.accounts.second_factor import Enrolment, Vault, WrongCode
from repository.organisation.units.settings import factor_is_due, policy_for

_LOGINS: Final = [
    Action.LOGGED_IN.value, Action.LOGIN_REFUSED.value, Action.LOGGED_OUT.value, Action.SESSION_ENDED.value,
    Action.SESSION_ACKNOWLEDGED.value,
    Action.PASSWORD_CHANGED.value, Action.PERSON_RESET.value, Action.FACTOR_ENROLLED.value,
    Action.FACTOR_REMOVED.value, Action.FACTOR_USED.value,
]  # fmt: skip


class OwnAccount:
    """Every method acts on the actor's own account only."""

    def __init__(
        self, *, database: Database, journal: Journal, clock: Clock, vault: Vault, admin_totp: bool = False
    ) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._vault = vault
        self._admin_totp = admin_totp

    async def change_password(self, actor: Actor, session_id: str, old: str, new: str) -> None:
        """A new password; every other session of the account ends. Raises PasswordRefused."""
        person = await self._person(actor)
        await self._require_password(person, old)
        policy = await policy_for(self._database, person["unit"], local_date(self._clock.now()))
        require_good(new, policy, names=[person["username"]])
        if await matches(person["password"], new):
            raise _refused("/new_password", "phải khác mật khẩu cũ")
        hashed = await hash_password(new)

        async def work(change: Change) -> None:
            fresh = {"password": hashed, "must_change": False, "password_changed_at": change.now}
            query = {"_id": person["_id"], "password": person["password"]}
            after = await change.take("people", query, {"$set": fresh, "$inc": {"epoch": 1}})
            if after is None:
                raise errors.Stale
            await change.update("sessions", {"_id": session_id}, {"$set": {"epoch": after["epoch"]}})
            change.record("person", person["_id"], owes=False)

        await self._journal.change(actor, Action.PASSWORD_CHANGED, work)

    async def begin_factor(self, actor: Actor) -> Enrolment:
        """A secret to set up a telephone with; nothing is in force until `confirm_factor`."""
        person = await self._person(actor)
        if person.get("totp"):
            raise errors.Conflict(why="xác thực hai bước đã bật; hãy tắt trước nếu muốn đổi điện thoại")
        return second_factor.begin(person["username"])

    async def confirm_factor(self, actor: Actor, secret: str, code: str) -> list[str]:
        """The recovery codes, shown this once: the factor is in force. Raises WrongCode."""
        person = await self._person(actor)
        now = self._clock.now()
        step = second_factor.step_of(secret, code, now)
        if step is None:
            raise WrongCode(permission="factor")
        row, codes = second_factor.enrolled(self._vault, secret, step, now)

        async def work(change: Change) -> None:
            if not await change.update(
                "people", {"_id": person["_id"], "totp": None}, {"$set": {"totp": row}}
            ):
                raise errors.Conflict(why="xác thực hai bước đã bật")
            change.record("person", person["_id"], owes=False)

        await self._journal.change(actor, Action.FACTOR_ENROLLED, work)
        return codes

    async def drop_factor(self, actor: Actor, password: str, code: str) -> None:
        """Takes the factor off, with password and code. Raises Conflict where the rules demand one."""
        person = await self._person(actor)
        await self._require_password(person, password, "/password")
        policy = await policy_for(self._database, person["unit"], local_date(self._clock.now()))
        if factor_is_due(policy, person["roles"], admin_totp=self._admin_totp):
            raise errors.Conflict(why="vai trò của bạn bắt buộc xác thực hai bước")
        if not person.get("totp"):
            raise errors.Conflict(why="xác thực hai bước chưa bật")
        if second_factor.answer(self._vault, person["totp"], code, self._clock.now()) is None:
            raise WrongCode(permission="factor")

        async def work(change: Change) -> None:
            await change.update("people", {"_id": person["_id"]}, {"$set": {"totp": None}})
            change.record("person", person["_id"], owes=False)

        await self._journal.change(actor, Action.FACTOR_REMOVED, work)

    async def factor_since(self, actor: Actor) -> Row | None:
        """Since when the factor is in force and how many recovery codes are left; None without one."""
        factor = (await self._person(actor)).get("totp")
        return {"since": factor["since"], "recovery_left": len(factor["recovery"])} if factor else None

    async def sessions(self, actor: Actor) -> list[Row]:
        """The sessions that are open now, newest first."""
        person = await self._person(actor)
        query = {
            "person": actor.id,
            "expires_at": {"$gt": self._clock.now()},
            "epoch": person.get("epoch", 0),
        }
        return await self._database["sessions"].find(query).sort("created_at", -1).to_list(200)

    async def end_session(self, actor: Actor, session_id: str) -> None:
        """Ends one session of the account; `session_id` is the first 16 digits, as listed."""
        found = [one for one in await self.sessions(actor) if one["_id"][:16] == session_id]
        if not found:
            raise errors.NotFound(what="phiên đăng nhập")
        await self._end(actor, found)

    async def end_other_sessions(self, actor: Actor, session_id: str) -> int:
        """Ends all sessions but this one; how many."""
        others = [one for one in await self.sessions(actor) if one["_id"] != session_id]
        await self._end(actor, others)
        return len(others)

    async def acknowledge(self, actor: Actor) -> None:
        """The owner has seen that the account was used elsewhere at the same time, and says that it is right."""

        async def work(change: Change) -> None:
            await change.update("people", {"_id": actor.id}, {"$set": {"elsewhere_at": None}})
            change.record("person", actor.id, owes=False)

        await self._journal.change(actor, Action.SESSION_ACKNOWLEDGED, work)

    async def _end(self, actor: Actor, sessions: list[Row]) -> None:
        async def work(change: Change) -> None:
            ended = {"$set": {"expires_at": change.now, "ended_at": change.now}}
            for one in sessions:
                await change.update("sessions", {"_id": one["_id"], "person": actor.id}, ended)
            await change.update("people", {"_id": actor.id}, {"$set": {"elsewhere_at": None}})
            change.record("person", actor.id, owes=False, ended=len(sessions))

        await self._journal.change(actor, Action.SESSION_ENDED, work)

    async def logins(self, actor: Actor, *, limit: int = 50) -> list[Row]:
        """Logins, refusals and what changed of the account, newest first: a stranger's try is seen here."""
        query = {"subject.kind": "person", "subject.id": actor.id, "action": {"$in": _LOGINS}}
        return await self._database["audit"].find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def _person(self, actor: Actor) -> Row:
        found = await self._database["people"].find_one({"_id": actor.id, "disabled_at": None})
        if found is None:
            raise errors.NotFound(what="tài khoản")
        return found

    @staticmethod
    async def _require_password(person: Row, password: str, pointer: str = "/old_password") -> None:
        if not await matches(person["password"], password):
            raise _refused(pointer, "mật khẩu hiện tại không đúng")


def _refused(pointer: str, why: str) -> PasswordRefused:
    return PasswordRefused(why=why, errors=[{"pointer": pointer, "detail": why}])
