"""What a restored system must come out at, gathered while the rows go by; an increment goes on from its base's."""

import hashlib
from typing import Final

from ops.backup import rows
from repository.mongo import Row

_WAITING: Final = 20_000
"""Records without a leaf that a set's facts name; with more of them the next set is read whole."""


class Facts:
    """Sums, so that a row can be taken out again when it was changed."""

    def __init__(self) -> None:
        self._tallies: dict[str, rows.Tally] = {}
        self._registers: dict[str, Row] = {}
        self._closings: dict[str, Row] = {}
        self._dossiers: dict[str, Row] = {}
        self._sealed = rows.Tally()
        self._unsealed: set[str] = set()
        self.head: Row = {"size": 0, "root": "", "unsealed": 0, "checkpoint": None}

    @classmethod
    def going_on(cls, base: Row, lasting: frozenset[str]) -> "Facts":
        """From the facts of a set: its sealed records, and its rows of the lasting collections."""
        facts = cls()
        facts._sealed = rows.Tally(base["sealed"])
        facts._tallies = {one: rows.Tally(base["collections"].get(one)) for one in lasting}
        facts._tallies["audit"] = rows.Tally(base["sealed"])
        facts._registers = {name: told | {"last": None} for name, told in base["registers"].items()}
        facts._dossiers = {
            name: {"documents": told["documents"], "sum": int(told["digest"], 16)}
            for name, told in base["dossiers"].items()
        }
        return facts

    def go_on(self, collection: str, tally: Row | None) -> None:
        """From what the base counted of one more collection."""
        self._tallies[collection] = rows.Tally(tally)

    def add(self, collection: str, raw: bytes, sign: int = 1) -> None:
        """Takes a row in, or, with a sign of -1, as it was before it was changed, out."""
        essence = rows.essence(raw)
        self._tallies.setdefault(collection, rows.Tally()).add(essence, sign)
        if collection == "audit":
            self._see_record(raw, essence)
        look = getattr(self, f"_see_{collection}", None)
        if look is not None:
            look(rows.decoded(raw), sign)

    def _see_record(self, raw: bytes, essence: int) -> None:
        if rows.sealed(raw):
            self._sealed.add(essence)
        elif len(self._unsealed) <= _WAITING:
            self._unsealed.add(rows.identity(raw))

    @property
    def unsealed(self) -> frozenset[str]:
        return frozenset(self._unsealed)

    def as_json(self) -> Row:
        return {
            "collections": {name: one.as_json() for name, one in sorted(self._tallies.items())},
            "sealed": self._sealed.as_json() if self.may_be_continued else None,
            "unsealed": sorted(self._unsealed) if self.may_be_continued else [],
            "registers": dict(sorted(self._registers.items())),
            "closings": {name: one["digest"] for name, one in sorted(self._closings.items())},
            "dossiers": {
                name: {"documents": one["documents"], "digest": f"{one['sum']:064x}"}
                for name, one in sorted(self._dossiers.items())
                if one["documents"]
            },
            "search": sum(self._count(name) for name in ("documents", "dossiers", "entries")),
            "head": self.head,
        }

    def counts(self) -> dict[str, int]:
        return {name: one.rows for name, one in sorted(self._tallies.items())}

    def _count(self, name: str) -> int:
        return self._tallies[name].rows if name in self._tallies else 0

    @property
    def may_be_continued(self) -> bool:
        """Whether an increment may stand on this: every leaf counted, and not too many records waiting for theirs."""
        return self._sealed.rows == self.head["size"] and len(self._unsealed) <= _WAITING

    def _register(self, register: str) -> Row:
        return self._registers.setdefault(register, {"last": None, "entries": 0, "annulled": 0})

    def _see_registers(self, row: Row, _sign: int) -> None:
        self._register(row["_id"])["last"] = row.get("last")

    def _see_entries(self, row: Row, sign: int) -> None:
        told = self._register(row["register"])
        told["entries"] += sign
        told["annulled"] += sign * (row.get("annulled") is not None)

    def _see_closings(self, row: Row, _sign: int) -> None:
        known = self._closings.get(row["register"])
        if known is None or known["n"] < row["n"]:
            digest = row.get("digest") or hashlib.sha256(repr(sorted(row.items())).encode()).hexdigest()
            self._closings[row["register"]] = {"n": row["n"], "digest": str(digest)}

    def _see_documents(self, row: Row, sign: int) -> None:
        for dossier in row.get("dossiers", []):
            told = self._dossiers.setdefault(dossier, {"documents": 0, "sum": 0})
            told["documents"] += sign
            one = int.from_bytes(hashlib.sha256(row["_id"].encode()).digest())
            told["sum"] = (told["sum"] + sign * one) % (1 << 256)

    def _see_heads(self, row: Row, _sign: int) -> None:
        self.head |= {"size": row["size"], "root": bytes(row["root"]).hex()}

    def _see_checkpoints(self, row: Row, _sign: int) -> None:
        known = self.head["checkpoint"]
        if known is None or row["_id"] > known["id"]:
            told = {"id": row["_id"], "size": row["size"], "root": row["root"], "note": row["note"]}
            self.head["checkpoint"] = told
