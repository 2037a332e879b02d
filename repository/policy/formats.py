"""Which file formats may be kept on a date (Đ6.2, PL2.III.1), and what is worth a warning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from repository.policy.rulesets import RuleSets


@dataclass(frozen=True, kw_only=True)
class Format:
    """One kind of content that may be kept."""

    name: str
    label: str
    media_type: str
    extensions: tuple[str, ...]
    clause: str


@dataclass(frozen=True, kw_only=True)
class ZipLimits:
    """How much a container may promise before it is taken for a bomb."""

    members: int
    directory_bytes: int
    expanded_bytes: int
    ratio: int


@dataclass(frozen=True, kw_only=True)
class FormatPolicy:
    """The allow-list in force on a date."""

    source: str
    formats: Mapping[str, Format]
    zip_limits: ZipLimits
    warnings: Mapping[str, Mapping[str, str]]

    def warning(self, code: str, language: str = "vi") -> str:
        """The sentence of a warning code; an unknown code (of another rule set) is shown as it is."""
        return self.warnings.get(code, {}).get(language, code)

    def media_types(self) -> set[str]:
        return {one.media_type for one in self.formats.values()}


class Formats:
    """The dated allow-lists."""

    def __init__(self, *, rules: RuleSets) -> None:
        self._policies = [(one["in_force"], _policy(one)) for one in rules.all()]

    @classmethod
    @cache
    def shipped(cls) -> "Formats":
        """The lists that come with the program."""
        return cls(rules=RuleSets.shipped("formats"))

    def on(self, day: date) -> FormatPolicy:
        """The list in force on a local date; before the first one, the first."""
        past = [policy for in_force, policy in self._policies if in_force <= day]
        return past[-1] if past else self._policies[0][1]


def _policy(one: Mapping[str, Any]) -> FormatPolicy:
    formats = {
        name: Format(name=name, **{**row, "extensions": tuple(row["extensions"])})
        for name, row in one["formats"].items()
    }
    return FormatPolicy(
        source=one["source"], formats=formats, zip_limits=ZipLimits(**one["zip_limits"]),
        warnings=one["warnings"],
    )  # fmt: skip
