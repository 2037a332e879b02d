"""What was inspected and how it ended: fixity runs, attack drills, restore drills, selfchecks; newest first.

Read from the log, where each of them left a record when it ended: whoever would hide one has to bend the sealed log.
A run that was cut short left none; its job and its incident tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.mongo import Database, Row

_MOST: Final = 500


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """One that ended. `findings`: what was wrong, and how often; `measured`: what it went through."""

    id: str
    """Of its record in the log, by which it is proven."""
    kind: str
    at: datetime
    by: str
    findings: dict[str, int]
    measured: dict[str, Any]

    @property
    def passed(self) -> bool:
        return not self.findings


@dataclass(frozen=True)
class _Kind:
    action: Action
    findings: Callable[[Row], dict[str, int]]
    measured: Callable[[Row], dict[str, Any]]


def _once(found: list[str]) -> dict[str, int]:
    return {one: found.count(one) for one in found}


def _restore_findings(detail: Row) -> dict[str, int]:
    """One that failed has at least one, whatever it was able to say."""
    return _once(detail["findings"]) if detail["findings"] or detail["passed"] else {"không đạt": 1}


def _fixity_measured(detail: Row) -> dict[str, Any]:
    names = ("objects", "bytes", "rows", "records", "sample", "whole")
    return {name: detail[name] for name in names} | {"resumed": detail.get("resumed", False)}


def _attack_measured(detail: Row) -> dict[str, Any]:
    outcomes = [one.partition(" ")[0] for one in detail["outcomes"].values()]
    names = ("refused", "added", "succeeded")
    return {"attempts": len(outcomes)} | {name: outcomes.count(name) for name in names}


KINDS: Final = {
    "fixity": _Kind(Action.FIXITY_RUN, lambda detail: dict(detail["findings"]), _fixity_measured),
    "attack": _Kind(Action.DRILL_RUN, lambda detail: _once(detail["wrong"]), _attack_measured),
    "restore": _Kind(Action.DRILL_DONE, _restore_findings, lambda detail: {"set": detail["set"]}),
    "selfcheck": _Kind(
        Action.SELFCHECK_RUN,
        lambda detail: dict.fromkeys(detail["broken"], 1),
        lambda detail: {"parts": detail["parts"]},
    ),
}
"""What is inspected, in the order in which people are told."""
_KIND_OF: Final = {kind.action.value: name for name, kind in KINDS.items()}
_JOBS: Final = ("fixity", "attack", "drill")
"""The jobs of the schedule that inspect."""


class Inspections:
    """Read only."""

    def __init__(self, *, database: Database) -> None:
        self._log = database["audit"]
        self._jobs = database["jobs"]

    async def find(
        self, actor: Actor, *, kind: str = "", limit: int = 50, before: str = ""
    ) -> list[Inspection]:
        """Newest first, from the one before `before`. Raises Forbidden, Invalid for a kind there is not."""
        actor.require(Permission.READ_INSPECTIONS)
        if kind and kind not in KINDS:
            told = [{"pointer": "/kind", "detail": f"một trong {', '.join(KINDS)}"}]
            raise errors.Invalid(why="không có loại kiểm tra này", errors=told)
        wanted = [KINDS[kind]] if kind else KINDS.values()
        query: Row = {"action": {"$in": [one.action.value for one in wanted]}}
        if before:
            query["_id"] = {"$lt": before}
        limit = min(limit, _MOST)
        rows = await self._log.find(query).sort("_id", -1).limit(limit).to_list(limit)
        return [_read(row) for row in rows]

    async def latest(self, actor: Actor) -> dict[str, Inspection | None]:
        """The last of each kind, None where there never was one."""
        return {kind: next(iter(await self.find(actor, kind=kind, limit=1)), None) for kind in KINDS}

    async def jobs(self, actor: Actor) -> list[Row]:
        """How the inspecting jobs of the schedule ended last: {_id, started, ended, said, failed, next}."""
        actor.require(Permission.READ_INSPECTIONS)
        return await self._jobs.find({"_id": {"$in": list(_JOBS)}}).sort("_id", 1).to_list(len(_JOBS))


def _read(row: Row) -> Inspection:
    name, detail = _KIND_OF[row["action"]], row["detail"]
    return Inspection(
        id=row["_id"], kind=name, at=row["at"], by=row["actor"]["name"], findings=KINDS[name].findings(detail),
        measured=KINDS[name].measured(detail),
    )  # fmt: skip
