"""What belongs to a document or a dossier as evidence: rows as the log bound them, the records about them, the reports.

Rows are written out as the very text that the log hashes, so that `sha256sum` of the file is the hash in the record.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Final

from repository import errors, text
from repository.access.actors import Actor
from repository.audit import Action, binding, canonical
from repository.blobs.digest import Digest
from repository.blobs.store import BlobStore
from repository.evidence.draft import Draft
from repository.journal import Journal
from repository.mongo import Database, Row
from repository.signatures.judging.verdicts import Verdicts

_LEFT_OUT: Final = (Action.EVIDENCE_MADE.value, Action.SEARCH_MADE.value)
"""Acts that are no part of a thing's history: that evidence of it was made (the same state gives the same package),
and what others looked for when they found it."""
_PAGE: Final = 200
_AT_ONCE: Final = 100
State = tuple[str, str]


@dataclass(frozen=True)
class Placed:
    """Where a record's text lies in the spool, and what the summary tells of it."""

    leaf: int | None
    id: str
    start: int
    length: int
    at: datetime
    actor: str
    action: str
    subject: str


@dataclass
class Gathered:
    """What was found; the records' texts wait in `spool`."""

    subject: Row
    spool: BinaryIO
    rows: dict[State, Row] = field(default_factory=dict)
    reports: dict[tuple[str, int], Row] = field(default_factory=dict)
    locks: dict[tuple[str, int], Row] = field(default_factory=dict)
    records: dict[str, Placed] = field(default_factory=dict)
    states: dict[State, dict[int, str]] = field(default_factory=dict)

    def of(self, collection: str) -> list[Row]:
        return [row for (name, _), row in self.rows.items() if name == collection]

    @property
    def documents(self) -> list[Row]:
        return [self.rows["documents", one] for one in self.subject["documents"]]

    @property
    def sealed(self) -> list[Placed]:
        """In the order of their leaves."""
        found = [(one.leaf, one) for one in self.records.values() if one.leaf is not None]
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    @property
    def unsealed(self) -> list[Placed]:
        return [one for _, one in sorted(self.records.items()) if one.leaf is None]

    def text_of(self, one: Placed) -> bytes:
        self.spool.seek(one.start)
        return self.spool.read(one.length)

    def take(self, record: Row) -> None:
        """Keeps a record once."""
        if record["_id"] in self.records or record["action"] in _LEFT_OUT:
            return
        told = canonical(record)
        start = self.spool.seek(0, 2)
        self.spool.write(told)
        actor = record["actor"].get("name") or record["actor"]["id"]
        self.records[record["_id"]] = Placed(
            record["leaf"], record["_id"], start, len(told), record["at"], actor, record["action"],
            record["subject"]["id"],
        )  # fmt: skip
        for one in record.get("rows", ()):
            self.states.setdefault((one["in"], one["id"]), {})[one["n"]] = one["sha256"]

    def unfit(self) -> list[State]:
        """Rows that no record here binds as they are: written meanwhile, or bound elsewhere."""
        return [
            key
            for key, row in self.rows.items()
            if self.states.get(key, {}).get(row.get(binding.COUNTER, 0)) != binding.row_hash(row)
            or max(self.states[key]) != row[binding.COUNTER]
        ]


class PartlyHidden(errors.Forbidden):
    """Evidence of many is whole or not made at all."""

    vi = (
        "Trong đó có văn bản bạn không được xem, nên không lập được gói của tất cả. "
        "Hãy lập gói từng văn bản, hoặc nhờ kiểm tra viên."
    )
    en = "There are papers in it that you may not see; evidence can only be whole. Ask for single papers."


class NotDoneYet(errors.Conflict):
    """What was decided is not carried out yet."""

    vi = "Chưa lập được gói chứng cứ: quyết định tiêu hủy chưa thực hiện xong ({why})."
    en = "No evidence yet: the disposal is not carried out ({why})."


class Gatherer:
    """Reads only. Whoever asks has been let in already."""

    def __init__(self, *, database: Database, journal: Journal, verdicts: Verdicts, blobs: BlobStore) -> None:
        self._database = database
        self._journal = journal
        self._verdicts = verdicts
        self._blobs = blobs

    async def document(self, row: Row, spool: BinaryIO) -> Gathered:
        found = Gathered(await self._about("document", row, [row]), spool)
        await self._document(found, row["_id"])
        await self._histories(found, [row["_id"]])
        await self._bind(found)
        return found

    async def dossier(self, actor: Actor, row: Row, spool: BinaryIO) -> Gathered:
        """Everything in a dossier. Raises Forbidden unless the actor may see all that lies in it now."""
        query = {"dossier": row["_id"]}
        places = await self._database["filings"].find(query).to_list(None)
        places.sort(key=lambda one: float(one["order"]))
        wanted = [one["document"] for one in places if one["removed"] is None]
        seen = await self._seen(actor, [one["document"] for one in places])
        if not set(wanted) <= seen:
            raise PartlyHidden(why="có văn bản không được xem")
        rows = [await self._row("documents", one) for one in wanted]
        found = Gathered(await self._about("dossier", row, rows), spool)
        found.subject["withheld"] = sum(one["document"] not in seen for one in places)
        found.rows["dossiers", row["_id"]] = await self._row("dossiers", row["_id"])
        for one in places:
            if one["document"] in seen:
                found.rows["filings", one["_id"]] = one
        for one in wanted:
            await self._document(found, one)
        await self._histories(found, wanted)
        async for record in self._history(row["_id"]):
            subject = record["subject"]
            if subject["kind"] != "document" or subject["id"] in seen:
                found.take(record)
        await self._bind(found)
        return found

    async def disposal(self, actor: Actor, row: Row, spool: BinaryIO) -> Gathered:
        """What a council had erased: its list, votes, certificate, and the stubs with all that was ever written of
        them. Raises Conflict before it is done, Forbidden unless the actor may see every paper of it.
        """
        if row["state"] != "done":
            raise NotDoneYet(why=str(row["state"]))
        items = await self._database["erasures"].find({"disposal": row["_id"]}).sort("_id", 1).to_list(None)
        gone = sorted(one["document"] for one in items if one["state"] == "erased")
        if not set(gone) <= await self._seen(actor, gone):
            raise PartlyHidden(why="có văn bản không được xem")
        rows = [await self._row("documents", one) for one in gone]
        found = Gathered(await self._about("disposal", row, rows), spool)
        found.rows["disposals", row["_id"]] = row
        for one in items:
            found.rows["erasures", one["_id"]] = one
        for document in gone:
            await self._document(found, document)
        await self._histories(found, gone)
        async for record in self._history(row["_id"]):
            found.take(record)
        await self._bind(found)
        return found

    async def _seen(self, actor: Actor, documents: list[str]) -> set[str]:
        found: set[str] = set()
        for start in range(0, len(documents), _AT_ONCE):
            query = {"_id": {"$in": documents[start : start + _AT_ONCE]}, "readers": {"$in": actor.marks}}
            found |= {one["_id"] async for one in self._database["documents"].find(query, {"_id": 1})}
        return found

    async def _row(self, collection: str, row_id: str) -> Row:
        row = await self._database[collection].find_one({"_id": row_id})
        if row is None:
            raise errors.Corrupt(what=f"{collection}/{row_id}")
        return row

    async def _about(self, kind: str, row: Row, documents: list[Row]) -> Row:
        """What the package is about, with the names that its rows have only ids for."""
        units = {one for each in (row, *documents) if (one := each.get("unit"))}
        books = {one for each in documents if (one := each.get("register"))}
        named = {}
        for collection, wanted, name in (("units", units, "name"), ("registers", books, "title")):
            query: Row = {"_id": {"$in": sorted(wanted)}}
            rows = await self._database[collection].find(query, {name: 1}).to_list(None)
            named[collection] = {one["_id"]: one[name] for one in rows}
        return {
            "format": "tangthu-evidence/1", "kind": kind, "id": row["_id"], "withheld": 0,
            "documents": [one["_id"] for one in documents], "names": named,
        }  # fmt: skip

    async def _document(self, found: Gathered, document_id: str) -> None:
        """A document's row, its lines in the books, its files' reports and locks, its history."""
        row = found.rows["documents", document_id] = await self._row("documents", document_id)
        async for one in self._database["entries"].find({"document": document_id}):
            found.rows["entries", one["_id"]] = one
        for version in row["versions"]:
            key = (document_id, version["n"])
            verdicts = await self._verdicts.on(version["sha256"])
            if verdicts:
                found.reports[key] = verdicts[-1]
            stat = await self._blobs.stat(Digest.parse(version["sha256"]), version["store_version"])
            if stat is None or stat.size != version["size"]:
                raise errors.Corrupt(what=f"phiên bản {version['n']} của văn bản {document_id} trong kho")
            until = stat.locked_until and stat.locked_until.isoformat()
            found.locks[key] = {
                "mode": stat.lock_mode,
                "until": until,
                "held": stat.held,
                "store_version": stat.version,
            }

    async def _history(self, subject: str) -> AsyncIterator[Row]:
        after = ""
        while page := await self._journal.history(subject, limit=_PAGE, after=after):
            for record in page:
                yield record
            if len(page) < _PAGE:
                return
            after = page[-1]["_id"]

    async def _histories(self, found: Gathered, documents: list[str]) -> None:
        """The records about many documents, in few questions: each of them one index, which an `$or` may not use."""
        for start in range(0, len(documents), _AT_ONCE):
            part = {"$in": documents[start : start + _AT_ONCE]}
            queries: list[Row] = [{"subject.kind": "document", "subject.id": part}, {"also": part}]
            for query in queries:
                async for record in self._database["audit"].find(query):
                    found.take(record)

    async def _bind(self, found: Gathered) -> None:
        """Looks for what bound a row elsewhere: a line of a book is bound by what was done to the book, too."""
        for collection, row_id in found.unfit():
            row = found.rows[collection, row_id]
            near = [one for one in (row.get("register"), row.get("dossier"), *row.get("dossiers", ())) if one]
            query: Row = {"subject.id": {"$in": near}, "rows.id": row_id}
            async for record in self._database["audit"].find(query):
                found.take(record)


def write(draft: Draft, found: Gathered, trust: list[Row]) -> None:
    """Everything but log and summary into the draft."""
    draft.add("data/subject.json", _json(found.subject))
    for (collection, row_id), row in found.rows.items():
        draft.add(f"data/rows/{collection}/{row_id.replace(':', '_')}.json", binding.row_text(row))
    for document in found.documents:
        for version in document["versions"]:
            name = f"data/files/{document['_id']}/{version['n']}/{plain_name(version['filename'])}"
            draft.stored(name, version["sha256"], version["size"], version["store_version"])
    for disposal in found.of("disposals"):
        for one in disposal["certificate"]["files"]:
            name = f"data/certificate/{plain_name(one['name'])}"
            draft.stored(name, one["sha256"], one["size"], one["store_version"])
    for (document_id, n), verdict in found.reports.items():
        told = {name: verdict[name] for name in ("sha256", "known_since", "judged_at", "report", "trust")}
        draft.add(f"data/signatures/{document_id}/{n}.json", _json(told))
    for (document_id, n), lock in found.locks.items():
        draft.add(f"data/locks/{document_id}/{n}.json", _json(lock))
    for one in trust:
        draft.add(f"data/trust/{one['_id']}.der", bytes(one["der"]))
    listed = [
        {name: one.get(name) for name in ("_id", "kind", "name", "issuer", "purpose", "source")}
        for one in trust
    ]
    draft.add("data/trust/list.json", _json(listed))


async def trusted(database: Database, found: Gathered) -> list[Row]:
    """Certificates and revocation evidence that the reports stood on, each once."""
    ids = sorted({one for verdict in found.reports.values() for one in verdict["trust"]})
    rows: list[Row] = await database["trust"].find({"_id": {"$in": ids}}).sort("_id", 1).to_list(None)
    for row in rows:
        if (
            await asyncio.to_thread(lambda der: hashlib.sha256(der).hexdigest(), bytes(row["der"]))
            != row["_id"]
        ):
            raise errors.Corrupt(what=f"chứng thư {row['_id']}")
    return rows


def plain_name(filename: str) -> str:
    """A file's name that every system can write: no marks, no spaces, its ending kept."""
    folded = re.sub(r"[^a-z0-9.]+", "-", text.fold(filename)).strip("-.") or "tep"
    return folded if len(folded) <= 80 else folded[:60].rstrip("-.") + folded[-20:].lstrip("-")


def _json(value: object) -> bytes:
    told = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=_plain)
    return told.encode() + b"\n"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"not for JSON: {type(value).__name__}")
