"""What is trusted at the moment, as the sandbox reads it: the settings' files, and what was imported (Đ8.2).

Rows of `trust`, named by the SHA-256 of their bytes and never removed: {_id, kind root | intermediate | crl |
ocsp, der, name, issuer, purpose, from, until, source imported | settings, added_at, added_by, retired}. What the
settings' files held is kept too, by an act of its own, once a verdict stood on it: so that it can be made again
without them, and fixity knows every row.
"""

import asyncio
import hashlib
import json
import os
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any, Final

from asn1crypto import x509

from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.signatures.trust.trust import Anchors, common_name

_SETTINGS: Final = operator("settings")
_FORM: Final = "3"
"""Raised when a verdict may come out differently for the same bytes."""
_FACTS: Final = {"kind": 1, "purpose": 1, "source": 1}
ROOTED: Final = ("root", "intermediate")


@dataclass(frozen=True)
class Snapshot:
    """What a verdict depends on besides the bytes."""

    fingerprint: str
    """Of engine, rules and certificates; revocation evidence comes and goes without being another trust."""
    paths: tuple[str, ...]
    bundle: str
    """A file with what was imported; empty when nothing was."""
    certificates: tuple[str, ...]
    """Ids of all roots and intermediates, the settings' included."""

    def options(self) -> dict[str, Any]:
        return {"trust_anchors": list(self.paths), "trust_bundle": self.bundle}


class Trusted:
    """Reads what is trusted; one file for each state of the collection, written when first needed."""

    def __init__(self, *, database: Database, journal: Journal, folder: Path, anchors: list[Path]) -> None:
        self._rows = database["trust"]
        self._journal = journal
        self._folder = folder
        self._paths = tuple(str(path.absolute()) for path in anchors)
        self._settled: tuple[str, tuple[str, ...]] | None = None

    async def snapshot(self) -> Snapshot:
        """Raises Unavailable when an anchor file cannot be read."""
        engine, own = await self._of_settings()
        query = {"retired": None, "source": "imported"}
        rows = await self._rows.find(query, _FACTS).sort("_id", 1).to_list(None)
        certificates = [row for row in rows if row["kind"] in ROOTED]
        fingerprint = _hash([engine, *map(_fact, certificates)])[:16]
        ids = (*own, *(row["_id"] for row in certificates))
        return Snapshot(fingerprint, self._paths, await self._bundle(rows) if rows else "", ids)

    async def known(self) -> Anchors:
        """Certificates and revocation evidence themselves, for whoever puts them into a signed file."""
        found = await self.snapshot()
        return await asyncio.to_thread(Anchors.load, found.paths, found.bundle)

    def settings_only(self) -> Snapshot:
        """Where no database is: what the settings' files hold."""
        return Snapshot("", self._paths, "", ())

    async def past(self, ids: Iterable[str]) -> Snapshot:
        """Exactly these rows, retired or not: what a verdict of the past stood on."""
        query = {"_id": {"$in": list(ids)}}
        rows = await self._rows.find(query, _FACTS).sort("_id", 1).to_list(None)
        return Snapshot("", (), await self._bundle(rows), ())

    async def _of_settings(self) -> tuple[str, tuple[str, ...]]:
        if self._settled is None:
            try:
                rows = await asyncio.to_thread(_rows_of, self._paths)
                engine = await asyncio.to_thread(_engine, self._paths)
            except OSError as fault:
                raise errors.Unavailable(what=f"tệp neo tin cậy {fault.filename}") from fault
            except ValueError as fault:
                raise errors.Unavailable(what=f"tệp neo tin cậy ({fault})") from fault
            await self._keep(rows)
            self._settled = engine, tuple(row["_id"] for row in rows if row["kind"] in ROOTED)
        return self._settled

    async def _keep(self, rows: list[Row]) -> None:
        wanted = {"_id": {"$in": [row["_id"] for row in rows]}}
        known = {row["_id"] async for row in self._rows.find(wanted, {"_id": 1})}
        for row in rows:
            if row["_id"] in known:
                continue

            async def work(change: Change, row: Row = row) -> None:
                await change.insert("trust", row | {"added_at": change.now})
                told = {"what": row["kind"], "name": row["name"], "purpose": row["purpose"]}
                change.record("trust", row["_id"], owes=False, **told)

            with suppress(DuplicateKeyError):  # another process kept it meanwhile
                await self._journal.change(_SETTINGS, Action.TRUST_IMPORTED, work)

    async def _bundle(self, facts: list[Row]) -> str:
        path = self._folder / f"{_hash(map(_fact, facts))[:32]}.json"
        if not await asyncio.to_thread(path.exists):
            ids = [row["_id"] for row in facts]
            rows = await self._rows.find({"_id": {"$in": ids}}).sort("_id", 1).to_list(None)
            await asyncio.to_thread(_write, path, [_told(row) for row in rows])
        return str(path.absolute())


def _fact(row: Row) -> str:
    return f"{row['_id']} {row['purpose']} {row['source']}"


def _told(row: Row) -> dict[str, str]:
    return {
        "kind": row["kind"], "der": b64encode(row["der"]).decode(), "purpose": row["purpose"],
        "name": row["name"], "source": row["source"],
    }  # fmt: skip


def _rows_of(paths: Iterable[str]) -> list[Row]:
    """The settings' files as rows; their roots are a test PKI's, whatever they call themselves."""
    found = Anchors.load(paths)
    certificates = [("root", one) for one in found.roots]
    certificates += [("intermediate", one) for one in found.intermediates]
    rows = [certificate_row(kind, one, "thu-nghiem") for kind, one in certificates]
    rows += [evidence_row("crl", der) for der in found.lists]
    return list({row["_id"]: row | {"source": "settings"} for row in rows}.values())


def certificate_row(kind: str, one: x509.Certificate, purpose: str) -> Row:
    return _row(kind, one.dump()) | {
        "name": common_name(one.subject), "issuer": common_name(one.issuer), "purpose": purpose,
        "from": one.not_valid_before, "until": one.not_valid_after,
    }  # fmt: skip


def evidence_row(kind: str, der: bytes, **more: Any) -> Row:
    empty = {"name": "", "issuer": "", "purpose": "", "from": None, "until": None}
    return _row(kind, der) | empty | more


def _row(kind: str, der: bytes) -> Row:
    ident = hashlib.sha256(der).hexdigest()
    return {"_id": ident, "kind": kind, "der": der, "source": "imported", "retired": None, "added_by": None}


def _engine(paths: Iterable[str]) -> str:
    rules = (resources.files("repository.policy") / "rules" / "trust.yaml").read_bytes()
    contents = [rules, *(Path(one).read_bytes() for one in paths)]
    versions = [metadata.version(name) for name in ("pyHanko", "pyhanko-certvalidator")]
    return _hash([_FORM, *versions, *(hashlib.sha256(one).hexdigest() for one in contents)])


def _hash(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    """Whole or not at all: another process may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.part")
    draft.write_text(json.dumps(rows), "utf-8")
    draft.replace(path)
