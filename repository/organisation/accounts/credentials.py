"""Proving who one is: passwords and second factors, sessions for people (Đ5.3, Đ9.4; QCVN 12:2026/BCA).

Secrets are shown once and kept only as SHA-256; they never reach a log, a URL or a dump in the clear.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.clock import Clock, local_date
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.accounts import second_factor
from repository.organisation.accounts.passwords import hash_password, matches
from repository.organisation.accounts.second_factor import Vault
from repository.organisation.people.people import actor_of, idle_since, position_on
from repository.organisation.tokens import Tokens
from repository.organisation.units.settings import factor_is_due, policy_for

__all__ = ["Credentials", "LoginRefused", "Origin", "Standing", "fingerprint", "hash_password"]

_CODE_LASTS: Final = timedelta(minutes=5)
"""How long the second factor may take after the password."""


class LoginRefused(errors.Forbidden):
    """Wrong name or password, a disabled or locked account: one answer for all, so that nothing is given away."""

    vi = (
        "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản đang bị khóa. Sau 5 lần sai, tài khoản khóa 10 phút; "
        "mỗi lần khóa tiếp theo dài gấp đôi."
    )
    en = (
        "The user name or password is wrong, or the account is locked. Five wrong tries lock it for ten minutes, "
        "each further time twice as long."
    )


@dataclass(frozen=True)
class Origin:
    """Where a login came from, as its owner will read it."""

    address: str = ""
    agent: str = ""
    via: str = "password"
    """`password`, or `oidc` where the identity provider asked for it."""
    strong: bool = False
    """Whether the identity provider vouched for a second factor."""


@dataclass(frozen=True)
class Standing:
    """A session as it stands: whose it is, and what its person must do before anything else."""

    actor: Actor
    session: str
    owes: str
    """`code` the second factor, `password` a new password, `factor` setting up a second factor; empty: nothing."""
    elsewhere: datetime | None
    """When somebody logged in on this account while it was in use, until its owner has looked."""
    acting: str = ""
    """The delegation under which this session acts, as its person chose."""


def fingerprint(secret: str) -> str:
    """What is stored of a session or token secret (random, 256 bits, so one fast hash is enough)."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Credentials(Tokens):
    """Logs people in and out and tells who a secret belongs to; tokens of systems are told by `Tokens`."""

    def __init__(
        self,
        *,
        database: Database,
        journal: Journal,
        clock: Clock,
        vault: Vault | None = None,
        admin_totp: bool = False,
    ) -> None:
        super().__init__(database=database, journal=journal, clock=clock)
        self._vault = vault or Vault.forgetful()
        self._admin_totp = admin_totp

    async def log_in(self, username: str, password: str, origin: Origin | None = None) -> tuple[str, Actor]:
        """A new session's secret and its actor. Raises LoginRefused; each refusal is recorded and counted.

        Where a second factor is in force, the session owes its code and is worth nothing until `prove`.
        """
        origin = origin or Origin()
        person = await self._database["people"].find_one({"username": username})
        right = await matches(person["password"] if person else None, password)
        if person is None or not right or await self._is_barred(person):
            await self._refuse(username, person, right=right, origin=origin)
            raise LoginRefused(permission="login")
        return await self._begin(person, origin)

    async def admit(self, username: str, email: str, origin: Origin) -> tuple[str, Actor]:
        """A session for whom an identity provider vouches: an existing account only. Raises LoginRefused."""
        people = self._database["people"]
        person = await people.find_one({"username": username}) if username else None
        if person is None and email:
            person = await people.find_one({"email": email.casefold()})
        if person is None or await self._is_barred(person):
            await self._refuse(username or email, person, right=True, origin=origin)
            raise LoginRefused(permission="login")
        return await self._begin(person, origin)

    async def _begin(self, person: Row, origin: Origin) -> tuple[str, Actor]:
        now, secret = self._clock.now(), secrets.token_urlsafe(32)
        actor = self._actor(person)
        session: Row = {
            "_id": fingerprint(secret),
            "person": person["_id"],
            "created_at": now,
            "ended_at": None,
        }
        session |= {"address": origin.address[:60], "agent": origin.agent[:200], "via": origin.via}
        session |= {
            "epoch": person.get("epoch", 0),
            "position": _position(person, now),
            "strong": origin.strong,
        }
        if person.get("totp") and not origin.strong:
            session |= {"owes": "code", "expires_at": now + _CODE_LASTS}
            await self._journal.change(actor, Action.FACTOR_ASKED, lambda change: _half_open(change, session))
            return secret, actor
        return secret, await self._open(person, actor, session)

    async def _open(self, person: Row, actor: Actor, session: Row) -> Actor:
        policy = await policy_for(self._database, actor.unit, local_date(self._clock.now()))
        due = factor_is_due(policy, person["roles"], admin_totp=self._admin_totp)
        session["factor_due"] = due and not session["strong"]
        others = {"person": person["_id"], "expires_at": {"$gt": self._clock.now()}, "owes": ""}
        others |= {"epoch": person.get("epoch", 0)}

        async def work(change: Change) -> None:
            session.update(owes="", expires_at=change.now + timedelta(hours=policy.session_hours))
            seen: Row = {"failures": 0, "locks": 0, "locked_until": None, "last_login_at": change.now}
            seen["idle_warned_at"] = None
            other = await change.find_one("sessions", others)
            if other is not None:
                seen["elsewhere_at"] = change.now
            await change.insert("sessions", session)
            await change.update("people", {"_id": person["_id"]}, {"$set": seen})
            where = {name: session[name] for name in ("address", "agent", "via")}
            change.record("person", person["_id"], owes=False, other_session=other is not None, **where)

        await self._journal.change(actor, Action.LOGGED_IN, work)
        return actor

    async def prove(self, secret: str, code: str) -> str:
        """The full session's secret for one that owed its code. Raises WrongCode; wrong codes lock like passwords."""
        half = await self._with_owner({"_id": fingerprint(secret), "owes": "code"})
        now = self._clock.now()
        person = self._person_of(half) if half and half["expires_at"] > now else None
        if half is None or person is None or await self._is_barred(person):
            raise LoginRefused(permission="login")
        right = second_factor.answer(self._vault, person["totp"], code, now)
        origin = Origin(half["address"], half["agent"], half["via"])
        if right is None:
            await self._refuse(person["username"], person, right=False, origin=origin)
            raise second_factor.WrongCode(permission="login")
        fresh = secrets.token_urlsafe(32)
        session = half | {"_id": fingerprint(fresh), "created_at": now}
        actor = self._actor(person)
        await self._spend(actor, person, right, half["_id"])
        await self._open(person, actor, session)
        return fresh

    async def _spend(self, actor: Actor, person: Row, right: Row, half: str) -> None:
        """Uses the code up, whoever else sends it at the same moment, and ends the half session."""

        async def work(change: Change) -> None:
            query = {"_id": person["_id"], "totp.step": person["totp"]["step"]}
            query["totp.recovery"] = person["totp"]["recovery"]
            if not await change.update("people", query, right):
                raise second_factor.WrongCode(permission="login")
            ended = {"expires_at": change.now, "ended_at": change.now}
            await change.update("sessions", {"_id": half}, {"$set": ended})
            recovery = "$pull" in right
            change.record("person", person["_id"], owes=False, factor="recovery" if recovery else "totp")

        await self._journal.change(actor, Action.FACTOR_USED, work)

    async def log_out(self, secret: str, actor: Actor) -> None:
        async def work(change: Change) -> None:
            ended = {"$set": {"expires_at": change.now, "ended_at": change.now}}
            await change.update("sessions", {"_id": fingerprint(secret)}, ended)
            change.record("person", actor.id, owes=False)

        await self._journal.change(actor, Action.LOGGED_OUT, work)

    async def of_session(self, secret: str) -> Actor | None:
        """Whose session this is; None when unknown, ended, its owner disabled or moved, or its code still owed."""
        found = await self.standing(secret)
        return None if found is None or found.owes == "code" else found.actor

    async def standing(self, secret: str) -> Standing | None:
        """The session with what its person owes first; None as for `of_session`."""
        session = await self._with_owner({"_id": fingerprint(secret)})
        if session is None or session["expires_at"] <= self._clock.now():
            return None
        person = self._person_of(session)
        if person is None:
            return None
        actor = self._actor(person)
        inherits = await self._inherited(actor.unit)
        actor = self._actor(person, inherits) if inherits else actor
        owed, acting = self._owed(person, session), session.get("acting", "")
        return Standing(actor, session["_id"], owed, person.get("elsewhere_at"), acting)

    async def _with_owner(self, query: Row) -> Row | None:
        """The session and whose it is in one round trip: it is asked on every request."""
        people = {"from": "people", "localField": "person", "foreignField": "_id", "as": "owner"}
        asked = [{"$match": query}, {"$lookup": people}]
        found = await (await self._database["sessions"].aggregate(asked)).to_list(1)
        return found[0] if found else None

    async def _inherited(self, unit: str) -> tuple[str, ...]:
        """The closed units that this one succeeds."""
        found = await self._database["units"].find_one({"_id": unit}, {"inherits": 1})
        return tuple(found.get("inherits", ())) if found else ()

    def _person_of(self, session: Row) -> Row | None:
        """The session's person, unless disabled, moved, or with a changed password since."""
        [person] = session["owner"] or [None]
        if person is None or person["disabled_at"] or session["epoch"] != person.get("epoch", 0):
            return None
        return person if session["position"] == _position(person, self._clock.now()) else None

    @staticmethod
    def _owed(person: Row, session: Row) -> str:
        if session["owes"]:
            return str(session["owes"])
        if person.get("must_change") and session["via"] == "password":
            return "password"
        return "factor" if session["factor_due"] and not person.get("totp") else ""

    def _actor(self, person: Row, inherits: tuple[str, ...] = ()) -> Actor:
        return actor_of(person, local_date(self._clock.now()), inherits=inherits)

    async def _is_barred(self, person: Row) -> bool:
        """Whether the account is disabled, locked for now, or was left alone for too long."""
        now = self._clock.now()
        if person["disabled_at"] or (person["locked_until"] or now) > now:
            return True
        policy = await policy_for(self._database, person["unit"], local_date(now))
        return idle_since(person) + timedelta(days=policy.idle_days) <= now

    async def _refuse(self, username: str, person: Row | None, *, right: bool, origin: Origin) -> None:
        """Records the refusal; a wrong secret counts, unless the account is barred already."""
        stranger = Actor(id="", name=username[:50], kind="person", unit="")
        counts = person is not None and not right and not await self._is_barred(person)
        policy = await policy_for(
            self._database, person["unit"] if person else "", local_date(self._clock.now())
        )

        async def work(change: Change) -> None:
            if person is not None and counts:
                after = await change.take("people", {"_id": person["_id"]}, {"$inc": {"failures": 1}})
                if after and after["failures"] >= policy.tries:
                    until = change.now + policy.lock_lasts(after.get("locks", 0))
                    locked = {"$set": {"locked_until": until, "failures": 0}, "$inc": {"locks": 1}}
                    await change.update("people", {"_id": person["_id"]}, locked)
            where: Row = {"address": origin.address[:60], "agent": origin.agent[:200], "via": origin.via}
            about = ("person", person["_id"]) if person else ("login", "unknown")
            change.record(*about, owes=False, **where)

        await self._journal.change(stranger, Action.LOGIN_REFUSED, work)


async def _half_open(change: Change, session: Row) -> None:
    await change.insert("sessions", session)
    change.record("person", session["person"], owes=False)


def _position(person: Row, now: datetime) -> str:
    """What a session is bound to: with another position it is dead, without anybody ending it."""
    held = position_on(person, local_date(now))
    return f"{held['since']} {held['unit']}"
