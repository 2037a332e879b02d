"""Tokens: how other systems are known.

Issued for one unit with named permissions, shown once; revoked at once in this process, within a quarter of a
second in others.
"""

import hashlib
import secrets
import time
from datetime import timedelta
from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission, Role
from repository.audit import Action
from repository.clock import Clock
from repository.journal import Change, Journal
from repository.mongo import Database, Row

_TOKEN_PREFIX: Final = "tt_"
_REMEMBERED: Final = 0.25
"""Seconds for which a token that was good is good without a look: what another process revokes ends that much later,
what this process revokes ends at once.
"""
_MOST_KNOWN: Final = 1024
_SYSTEM_ROLES: Final = frozenset({Role.SYSTEM, Role.AUDITOR, Role.CLERK})
"""What a token's scopes may be drawn from; the scopes say what it really may."""


class Tokens:
    """Issues, lists and revokes tokens, and tells who bears one."""

    def __init__(self, *, database: Database, journal: Journal, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._clock = clock
        self._known: dict[str, tuple[float, Row]] = {}
        self._vouched = 0

    async def issue_token(
        self, actor: Actor, *, system: str, unit: str, scopes: list[Permission], lasts: timedelta
    ) -> tuple[str, Row]:
        """A new token's secret (shown this once) and its row.

        Sight of every unit's documents is given on the machine itself only: over HTTP it would let whoever issues
        tokens read what their own role may not.
        """
        if Permission.READ_EVERYTHING in scopes and actor.kind != "operator":
            raise errors.Forbidden(permission=Permission.READ_EVERYTHING.value)
        secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
        found = await self._database["units"].find_one({"_id": unit})
        if found is None or found.get("closed_on"):
            said = f"không có «{unit}»" if found is None else f"«{unit}» đã kết thúc hoạt động"
            raise errors.Invalid(
                why="đơn vị không tồn tại hoặc đã kết thúc", errors=[{"pointer": "/unit", "detail": said}]
            )
        known = {Permission.READ_UNITS} if Permission.READ_DOCUMENTS in scopes else set()
        row: Row = {
            "_id": hashlib.sha256(secret.encode()).hexdigest(),
            "system": system,
            "unit": unit,
            "scopes": sorted({*scopes, *known}),  # whoever reads documents reads whose they are
        }

        async def work(change: Change) -> None:
            row.update(owner=actor.id, created_at=change.now, expires_at=change.now + lasts, revoked_at=None)
            await change.insert("tokens", row)
            change.record("token", row["_id"][:16], system=system, unit=unit, scopes=row["scopes"])

        await self._journal.change(actor, Action.TOKEN_CREATED, work)
        return secret, row

    async def of_token(self, secret: str) -> Actor | None:
        """Which system bears this token; None when unknown, expired or revoked."""
        row = await self._found(hashlib.sha256(secret.encode()).hexdigest())
        if row is None or row["expires_at"] <= self._clock.now():
            return None
        return Actor(
            id=f"system:{row['system']}",
            name=row["system"],
            kind="system",
            unit=row["unit"],
            roles=_SYSTEM_ROLES,
            scopes=frozenset(Permission(s) for s in row["scopes"]) - {Permission.OWN_ACCOUNT},
            inherits=tuple(one for office in row["office"] for one in office.get("inherits", ())),
        )

    async def _found(self, digest: str) -> Row | None:
        """The token with its unit, in one round trip; a system that sends file after file is not looked up for each."""
        changes = self._journal.rows_changed("tokens", "units")
        if changes != self._vouched:
            self._known.clear()
            self._vouched = changes
        at, row = self._known.get(digest, (0.0, None))
        if row is not None and time.monotonic() - at < _REMEMBERED:
            return row
        office = {"from": "units", "localField": "unit", "foreignField": "_id", "as": "office"}
        asked: list[Row] = [{"$match": {"_id": digest, "revoked_at": None}}, {"$lookup": office}]
        found = await (await self._database["tokens"].aggregate(asked)).to_list(1)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if found and changes == self._journal.rows_changed("tokens", "units"):
            # Else it was read beside a change: what it says may be over, so it is good for this once only.
            self._known[digest] = (time.monotonic(), found[0])
        return found[0] if found else None

    async def tokens(self) -> list[Row]:
        """All tokens without their secrets, newest first."""
        return await self._database["tokens"].find({}).sort("created_at", -1).to_list(None)

    async def revoke(self, actor: Actor, token_id: str) -> None:
        """Ends a token at once; `token_id` is the first 16 or more digits of its fingerprint."""

        async def work(change: Change) -> None:
            query = {"_id": {"$regex": f"^{token_id}"}, "revoked_at": None}
            if (
                len(token_id) < 16
                or not token_id.isalnum()
                or not await change.update("tokens", query, {"$set": {"revoked_at": change.now}})
            ):
                raise errors.NotFound(what="mã truy cập")
            change.record("token", token_id[:16])

        await self._journal.change(actor, Action.TOKEN_REVOKED, work)


async def revoke_owned(change: Change, person_id: str) -> int:
    """Ends, within the caller's change, every token that this person issued; how many."""
    count = 0
    while row := await change.take(
        "tokens", {"owner": person_id, "revoked_at": None}, {"$set": {"revoked_at": change.now}}
    ):
        change.record(
            "token", row["_id"][:16], action=Action.TOKEN_REVOKED, reason="người cấp không còn nhiệm vụ"
        )
        count += 1
    return count
