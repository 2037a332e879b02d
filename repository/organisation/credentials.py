"""Proving who one is: passwords (argon2id), sessions for people, tokens for systems (Đ5.3, Đ9.4).

Secrets are shown once and kept only as SHA-256; they never reach a log, a URL or a dump in the clear.
"""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.audit import Action
from repository.clock import Clock
from repository.journal import Change, Journal
from repository.mongo import Database, Row
from repository.organisation.people import actor_of

SESSION_LASTS: Final = timedelta(hours=10)
TRIES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=10)
_HASHER: Final = PasswordHasher()
_TOKEN_PREFIX: Final = "tt_"
_NOBODY: Final = _HASHER.hash(secrets.token_hex(8))
"""Checked when the user name is unknown, so that the answer takes as long as for a known one."""


class LoginRefused(errors.Forbidden):
    """Wrong name or password, a disabled or locked account: one answer for all, so that nothing is given away."""

    vi = "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản đang bị khóa. Sau 5 lần sai, tài khoản khóa 10 phút."
    en = "The user name or password is wrong, or the account is locked. Five wrong tries lock it for ten minutes."


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


def fingerprint(secret: str) -> str:
    """What is stored of a session or token secret (random, 256 bits, so one fast hash is enough)."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Credentials:
    """Logs people in and out, issues and revokes tokens, and tells who a secret belongs to."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock

    async def log_in(self, username: str, password: str) -> tuple[str, Actor]:
        """A new session's secret and its actor. Raises LoginRefused; each refusal is recorded and counted."""
        person = await self._database["people"].find_one({"username": username})
        known_hash = person["password"] if person else _NOBODY
        right = await asyncio.to_thread(_matches, known_hash, password)
        now = self._clock.now()
        if person is None or not right or person["disabled_at"] or (person["locked_until"] or now) > now:
            await self._refuse(username, person, now)
            raise LoginRefused(permission="login")
        actor, secret = actor_of(person), secrets.token_urlsafe(32)

        async def work(change: Change) -> None:
            session = {"_id": fingerprint(secret), "person": person["_id"], "created_at": now}
            await change.insert("sessions", session | {"expires_at": now + SESSION_LASTS})
            await change.update(
                "people", {"_id": person["_id"]}, {"$set": {"failures": 0, "locked_until": None}}
            )
            change.record("person", person["_id"])

        await self._journal.change(actor, Action.LOGGED_IN, work)
        return secret, actor

    async def _refuse(self, username: str, person: Row | None, now: datetime) -> None:
        stranger = Actor(id="", name=username[:50], kind="person", unit="")

        async def work(change: Change) -> None:
            if person is not None:
                after = await change.take("people", {"_id": person["_id"]}, {"$inc": {"failures": 1}})
                if after and after["failures"] >= TRIES:
                    locked = {"$set": {"locked_until": now + LOCKED_FOR, "failures": 0}}
                    await change.update("people", {"_id": person["_id"]}, locked)
            change.record("person" if person else "login", person["_id"] if person else "unknown")

        await self._journal.change(stranger, Action.LOGIN_REFUSED, work)

    async def log_out(self, secret: str, actor: Actor) -> None:
        async def work(change: Change) -> None:
            ended = {"$set": {"expires_at": change.now}}
            await change.update("sessions", {"_id": fingerprint(secret)}, ended)
            change.record("person", actor.id)

        await self._journal.change(actor, Action.LOGGED_OUT, work)

    async def of_session(self, secret: str) -> Actor | None:
        """Whose session this is; None when unknown, ended, or its owner disabled."""
        session = await self._database["sessions"].find_one({"_id": fingerprint(secret)})
        if session is None or session["expires_at"] <= self._clock.now():
            return None
        person = await self._database["people"].find_one({"_id": session["person"], "disabled_at": None})
        return actor_of(person) if person else None

    async def issue_token(
        self, actor: Actor, *, system: str, unit: str, scopes: list[Permission], lasts: timedelta
    ) -> tuple[str, Row]:
        """A new token's secret (shown this once) and its row."""
        secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
        if await self._database["units"].find_one({"_id": unit}) is None:
            raise errors.Invalid(
                why="đơn vị không tồn tại", errors=[{"pointer": "/unit", "detail": f"không có «{unit}»"}]
            )
        row: Row = {
            "_id": fingerprint(secret),
            "system": system,
            "unit": unit,
            "scopes": [s.value for s in scopes],
        }

        async def work(change: Change) -> None:
            row.update(owner=actor.id, created_at=change.now, expires_at=change.now + lasts, revoked_at=None)
            await change.insert("tokens", row)
            change.record("token", row["_id"][:16], system=system, unit=unit, scopes=row["scopes"])

        await self._journal.change(actor, Action.TOKEN_CREATED, work)
        return secret, row

    async def of_token(self, secret: str) -> Actor | None:
        """Which system bears this token; None when unknown, expired or revoked."""
        row = await self._database["tokens"].find_one({"_id": fingerprint(secret), "revoked_at": None})
        if row is None or row["expires_at"] <= self._clock.now():
            return None
        scopes = frozenset(Permission(s) for s in row["scopes"])
        identity = f"system:{row['system']}"
        return Actor(
            id=identity,
            name=row["system"],
            kind="system",
            unit=row["unit"],
            roles=_SYSTEM_ROLES,
            scopes=scopes,
        )

    async def tokens(self) -> list[Row]:
        """All tokens without their secrets, newest first."""
        return await self._database["tokens"].find({}).sort("created_at", -1).to_list(None)

    async def revoke(self, actor: Actor, token_id: str) -> None:
        """Ends a token at once; `token_id` is the first 16 or more digits of its fingerprint."""

        async def work(change: Change) -> None:
            query = {"_id": {"$regex": f"^{token_id}"}, "revoked_at": None}
            if not token_id.isalnum() or not await change.update(
                "tokens", query, {"$set": {"revoked_at": change.now}}
            ):
                raise errors.NotFound(what="mã truy cập")
            change.record("token", token_id[:16])

        await self._journal.change(actor, Action.TOKEN_REVOKED, work)


_SYSTEM_ROLES: Final = frozenset({Role.SYSTEM, Role.AUDITOR, Role.CLERK})
"""What a token's scopes may be drawn from; the scopes say what it really may."""


def _matches(known_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(known_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
