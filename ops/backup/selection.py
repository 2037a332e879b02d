"""Which rows a partial restore takes: one unit's, or one dossier's, with the organisation and the whole log around it.

The log comes whole: a record is only proven against the tree that holds all of them.
"""

from dataclasses import dataclass, field
from typing import Any, Final

Row = dict[str, Any]

LEFT_OUT: Final = frozenset({"leases", "idempotency"})
"""What lives for minutes and is in no log."""
ENDED: Final = "sessions"
"""A session of that day must not come alive again: it is put back ended."""
WHOLE: Final = frozenset(
    {
        "units", "people", "delegations", "audit", "heads", "tiles", "checkpoints",
        "holds", "schedules", "trust", "backups",
    }
)  # fmt: skip
"""What is nobody's own, and what no unit may be without: a hold of an auditor's lies on papers of every unit."""
FIRST: Final = ("dossiers", "documents", "registers", "entries")
"""The order in which the choice is made; the rest follows from it."""
BY_CONTENT: Final = frozenset({"texts", "verdicts"})


@dataclass
class Selection:
    """What was asked for, and what belongs to it as the rows go by in the order of FIRST."""

    unit: str = ""
    dossier: str = ""
    ids: set[str] = field(default_factory=set)
    digests: set[str] = field(default_factory=set)
    books: set[str] = field(default_factory=set)
    """Registers of which only the lines of chosen papers are taken."""

    def takes(self, collection: str, row: Row) -> bool:
        if collection in WHOLE:
            return True
        if collection in BY_CONTENT:
            return row.get("sha256", row["_id"]) in self.digests
        return self._chosen(collection, row)

    def note(self, collection: str, row: Row) -> None:
        """Called in the order of FIRST, before anything is written."""
        if not self._chosen(collection, row):
            return
        own = bool(self.unit) and row.get("unit") == self.unit
        if own or row["_id"] not in self.books:
            self.ids.add(row["_id"])
        if collection == "documents":
            (self.ids if own else self.books).add(row.get("register") or row["_id"])
            self.digests |= {one["sha256"] for one in row["versions"]}

    def _chosen(self, collection: str, row: Row) -> bool:
        if row["_id"] in self.ids or row["_id"] in self.books:
            return True
        if collection == "dossiers":
            return bool(row["_id"] == self.dossier or (self.unit and row.get("unit") == self.unit))
        if collection == "documents" and not self.ids.isdisjoint(row.get("dossiers", [])):
            return True  # whoever's it is: a dossier comes whole
        if self.unit and row.get("unit") == self.unit:
            return True
        named = {row.get("document"), row.get("dossier"), row.get("register") if self.unit else None}
        if collection == "disposals":  # whoever proposed it
            named |= {one["id"] for one in row["dossiers"]}
        subject = row.get("subject")
        if isinstance(subject, dict):
            named.add(subject.get("id"))
        return bool(named & self.ids)
