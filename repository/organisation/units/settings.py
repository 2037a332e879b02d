"""A unit's own rules for accounts: stricter than the district's or equal, never looser (Đ13.3)."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from repository.access.permissions import Role
from repository.mongo import Database, Row
from repository.policy.accounts import AccountPolicy, account_policy

ADMINISTRATORS: Final = frozenset({Role.UNIT_ADMIN, Role.IT})
_DEEPEST: Final = 12


class UnitSettings(BaseModel):
    """What a unit may tighten; a field left out follows the unit above."""

    model_config = ConfigDict(extra="forbid")

    password_length: int | None = Field(default=None, ge=1, le=64)
    password_kinds: int | None = Field(default=None, ge=1, le=4)
    tries: int | None = Field(default=None, ge=1, le=100)
    idle_days: int | None = Field(default=None, ge=1, le=3650)
    session_hours: int | None = Field(default=None, ge=1, le=8760)
    totp: Literal["nobody", "administrators", "all"] | None = None

    def chosen(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


async def policy_for(database: Database, unit_id: str, day: date) -> AccountPolicy:
    """The rules that hold in a unit: the dated rule set, tightened by each unit from the top down to this one."""
    policy = account_policy(day)
    for row in reversed(await _chain(database, unit_id)):
        policy = policy.tightened(row.get("settings", {}))
    return policy


async def _chain(database: Database, unit_id: str) -> list[Row]:
    """The unit and those above it, the lowest first."""
    found: list[Row] = []
    while unit_id and len(found) < _DEEPEST:
        row = await database["units"].find_one({"_id": unit_id}, {"parent": 1, "settings": 1})
        if row is None:
            break
        found.append(row)
        unit_id = row["parent"]
    return found


def factor_is_due(policy: AccountPolicy, roles: Iterable[str], *, admin_totp: bool) -> bool:
    """Whether a person with these roles must have a second factor; `admin_totp` off excuses administrators."""
    if policy.totp == "all":
        return True
    return (
        admin_totp and policy.totp == "administrators" and bool(ADMINISTRATORS & {Role(one) for one in roles})
    )
