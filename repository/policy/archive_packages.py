"""Archive packages as dated data: the fields of a dossier and of a document, how long they may be, and the code lists.

Source: TT 05/2025/TT-BNV (annexes I and III), which extends E-ARK CSIP 2.0.4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from repository.policy.retention import Kind, Period
from repository.policy.rulesets import RuleSets

OTHER_PERIOD: Final = "07"
OTHER_LANGUAGE: Final = "11"
OTHER_TYPE: Final = "32"
OPEN: Final = "01"
RESTRICTED: Final = "02"
SECRET: Final = "03"
_PERMANENT: Final = "vĩnh viễn"


@dataclass(frozen=True, kw_only=True)
class PackageRules:
    """The rule set in force on a date."""

    source: str
    objid: Mapping[str, str]
    objid_known: tuple[str, ...]
    dossier_fields: Mapping[str, Mapping[str, int]]
    """`sip` or `aip` → the fields in their order, each with its most characters."""
    document_fields: Mapping[str, Mapping[str, int]]
    maintenance: Mapping[str, str]
    mode: Mapping[str, str]
    confidence: Mapping[str, str]
    language: Mapping[str, str]
    type_name: Mapping[str, str]

    def period_code(self, period: Period) -> str:
        """How long something is kept, as the list knows it; what it does not know is `07`."""
        years = period.kind is Kind.YEARS
        words = _PERMANENT if period.kind is Kind.PERMANENT else f"{period.years} năm" if years else ""
        return _code(self.maintenance, words) or OTHER_PERIOD

    def period_words(self, code: str) -> str:
        """The period that people read; empty for `07` and for what the list does not know."""
        return "" if code == OTHER_PERIOD else self.maintenance.get(code, "")

    def language_code(self, written: str) -> str:
        """`vi` and `Tiếng Việt` alike."""
        if written.casefold() in ("vi", "vie", ""):
            return _code(self.language, "Tiếng Việt")
        return _code(self.language, written) or OTHER_LANGUAGE

    def type_code(self, document_type: str) -> str:
        if document_type == self.type_name[OTHER_TYPE]:
            return OTHER_TYPE
        return _code(self.type_name, document_type) or OTHER_TYPE

    def knows_objid(self, written: str) -> bool:
        return any(re.fullmatch(one, written) for one in self.objid_known)


def rules_on(day: date) -> PackageRules:
    """The rules in force on a local date; before the first, the first."""
    return _made(_shipped().on(day)["in_force"])


@cache
def _shipped() -> RuleSets:
    return RuleSets.shipped("archive_packages")


@cache
def _made(in_force: date) -> PackageRules:
    facts: dict[str, Any] = dict(_shipped().on(in_force))
    facts.pop("in_force")
    return PackageRules(**facts | {"objid_known": tuple(facts["objid_known"])})


def _code(known: Mapping[str, str], wanted: str) -> str:
    said = wanted.casefold()
    return next((code for code, words in known.items() if said and words.casefold() == said), "")
