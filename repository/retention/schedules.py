"""The retention schedules in force from day to day: those that come with the program and those that were imported.

A schedule is never edited or removed; a newer one stands beside it. Its rows say which older rows they replace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from repository.mongo import Database, Row
from repository.policy import RuleSets, retention
from repository.policy.retention import Rule


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One bảng thời hạn bảo quản."""

    id: str
    name: str
    in_force: date
    source: str
    partial: bool
    """Only rows that are known; where it is silent, older schedules go on."""
    rules: tuple[Rule, ...]
    imported: Row | None = None
    """By whom and when, where it did not come with the program."""


class Schedules:
    """Reads; `ScheduleImports` adds."""

    def __init__(self, *, database: Database) -> None:
        self._rows = database["schedules"]

    async def all(self) -> list[Schedule]:
        """Every schedule, the oldest first."""
        stored = [_schedule(row, imported=row["imported"]) async for row in self._rows.find({})]
        return sorted([*shipped(), *stored], key=lambda one: (one.in_force, one.id))

    async def on(self, day: date) -> list[Schedule]:
        """Those in force on a day, the oldest first."""
        return [one for one in await self.all() if one.in_force <= day]

    async def find(self, rule_id: str) -> Rule | None:
        """A row by its id, of whatever schedule."""
        for one in shipped():
            for rule in one.rules:
                if rule.id == rule_id:
                    return rule
        row = await self._rows.find_one({"rules.id": rule_id})
        found = _schedule(row, imported=row["imported"]).rules if row else ()
        return next((rule for rule in found if rule.id == rule_id), None)

    async def newer(self, rule: Rule, on: date) -> list[Rule]:
        """The rows that replaced this one, directly or through others, by a day; the oldest schedule first."""
        replaced, found = {rule.id}, []
        for schedule in await self.on(on):
            heirs = [one for one in schedule.rules if replaced & set(one.supersedes)]
            found += heirs
            replaced |= {one.id for one in heirs}
        return found

    async def choices(self, day: date) -> list[Rule]:
        """The rows that may be chosen on a day: those that nothing in force has replaced."""
        rules = [rule for schedule in await self.on(day) for rule in schedule.rules]
        replaced = {old for rule in rules for old in rule.supersedes}
        return [rule for rule in rules if rule.id not in replaced]


@cache
def shipped() -> tuple[Schedule, ...]:
    return tuple(_schedule(row) for row in RuleSets.shipped("retention").all())


def _schedule(row: Mapping[str, Any], *, imported: Row | None = None) -> Schedule:
    name = row.get("id") or row["_id"]
    in_force = row["in_force"]
    rules = tuple(
        Rule(
            id=one["id"], schedule=name, group=one["group"], title=one["title"], variant=one["variant"],
            period=retention.parse(one["period"]), supersedes=tuple(one.get("supersedes", ())),
        )
        for one in row["rules"]
    )  # fmt: skip
    return Schedule(
        id=name,
        name=row["name"],
        in_force=in_force if isinstance(in_force, date) else date.fromisoformat(in_force),
        source=row["source"],
        partial=bool(row["partial"]),
        rules=rules,
        imported=imported,
    )
