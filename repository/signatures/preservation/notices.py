"""Units' certificates that are about to end: notices 60, 30 and 7 days before, unless another outlasts it (Đ10.1)."""

from datetime import date
from typing import Final

from repository.access.actors import Actor
from repository.clock import Clock, local, local_date
from repository.incidents.incidents import Incidents
from repository.mongo import Database, Row
from repository.policy import RuleSets

_SETS: Final = RuleSets.shipped("trust")
NOTICED: Final = 60
"""Days before its end from which the unit's page speaks of a certificate."""
_SYSTEM: Final = Actor(id="system:tangthu", name="Tàng Thư", kind="system", unit="")


class Notices:
    """One incident for each certificate and step; settling it is saying what was done."""

    def __init__(self, *, database: Database, incidents: Incidents, clock: Clock) -> None:
        self._database = database
        self._incidents = incidents
        self._clock = clock

    async def give(self) -> int:
        """Notices whose day has come; how many."""
        now, given = self._clock.now(), 0
        steps: list[int] = sorted(_SETS.on(local_date(now))["preservation"]["certificate_notices"])
        async for unit in self._database["units"].find({"certificates.not_after": {"$gte": now}}):
            for one in ending(unit, steps[-1], local_date(now)):
                left = (local_date(one["not_after"]) - local_date(now)).days
                step = next(days for days in steps if left <= days)
                given += await self._tell(unit, one, left, step)
        return given

    async def _tell(self, unit: Row, one: Row, left: int, step: int) -> int:
        kind, subject = f"certificate.ends_{step}", f"{unit['_id']}:{one['sha256'][:16]}"
        if await self._database["incidents"].find_one({"kind": kind, "subject.id": subject}, {"_id": 1}):
            return 0
        await self._incidents.report(
            _SYSTEM, kind=kind, subject_kind="certificate", subject_id=subject,
            found=f"Chứng thư số của {unit['name']} (số {one['serial']}) còn {left} ngày, "
            f"hết hạn {local(one['not_after']):%d/%m/%Y}.",
            todo="Đề nghị cấp, gia hạn chứng thư với Ban Cơ yếu Chính phủ rồi ghi nhận chứng thư mới ở trang đơn vị.",
        )  # fmt: skip
        return 1


def ending(unit: Row, days: int, today: date) -> list[Row]:
    """Certificates that end within so many days and that no other of the unit outlasts."""
    rows = [one for one in unit.get("certificates", []) if local_date(one["not_before"]) <= today]
    lasting = max((local_date(one["not_after"]) for one in rows), default=today)
    left = [(one, (local_date(one["not_after"]) - today).days) for one in rows]
    return [one for one, n in left if 0 <= n <= days and local_date(one["not_after"]) == lasting]
