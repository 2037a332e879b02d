"""Rule sets as dated data (QĐ.2, Đ15.4): a document is judged by the set in force on its date.

A file `rules/NAME.yaml` is a list of sets, each with `in_force` (a date), `source` (the act) and its own content.
"""

from collections.abc import Mapping
from datetime import date
from importlib import resources
from typing import Any

import yaml

from repository import errors


class RuleSets:
    """All the sets of one name, oldest first."""

    def __init__(self, *, name: str, sets: list[Mapping[str, Any]]) -> None:
        if not sets:
            raise errors.Invalid(why=f"rules/{name}.yaml holds no rule set")
        self.name = name
        self._sets = sorted(sets, key=lambda one: one["in_force"])

    @classmethod
    def shipped(cls, name: str) -> "RuleSets":
        """The sets that come with the program."""
        file = resources.files("repository.policy") / "rules" / f"{name}.yaml"
        return cls(name=name, sets=yaml.safe_load(file.read_text("utf-8")))

    def on(self, day: date) -> Mapping[str, Any]:
        """The set in force on a local date; before the first one, the first (nothing older is known)."""
        found = self._sets[0]
        for one in self._sets:
            if one["in_force"] <= day:
                found = one
        return found

    def all(self) -> list[Mapping[str, Any]]:
        return list(self._sets)
