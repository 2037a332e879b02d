"""What must hold after any number of kills, read from MongoDB, S3 and the index directly, not through the
product's own reads. Each check answers a list of findings; an empty one is good.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pymongo
from bson.codec_options import CodecOptions
from minio import Minio

from indexers.search.index import Kind, SearchQuery
from indexers.search.tantivy import TantivyIndex
from ops.attack import CANARY
from ops.stack import EngineAddresses
from repository import audit
from tests.soak.corpus import Corpus

Row = dict[str, Any]
_CANARY = hashlib.sha256(CANARY + b"tangthu").hexdigest()
_READS_ALL = ("all", "unit:van-phong")


@dataclass
class Findings:
    """What is wrong, and figures worth telling."""

    wrong: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)

    def must(self, holds: object, what: str) -> None:
        if not holds:
            self.wrong.append(what)


class Truth:
    """Open on the engines of one installation."""

    def __init__(self, data: Path, addresses: EngineAddresses) -> None:
        self._data = data
        self._client: pymongo.MongoClient[Row] = pymongo.MongoClient(addresses.mongo_url)
        self._rows = self._client.get_database("tangthu", CodecOptions(tz_aware=True))
        keys = json.loads((data / "stack" / "secrets.json").read_text("utf-8"))
        self._bucket = addresses.bucket
        self._store = Minio(
            addresses.s3_url.removeprefix("http://"),
            keys["s3.root.key"],
            keys["s3.root.secret"],
            secure=False,
        )

    def close(self) -> None:
        self._client.close()

    def owed(self) -> int:
        return self._rows["outbox"].count_documents({})

    def documents(self) -> list[Row]:
        return list(self._rows["documents"].find())

    def look(
        self, corpora: list[Corpus], keys: dict[str, tuple[str, str]], *, deep: set[str] | None
    ) -> Findings:
        """Everything; bytes are read back of `deep` (None: of all); `keys`: document and digest."""
        found = Findings()
        documents = self.documents()
        self._files(found, documents, corpora)
        self._keys(found, documents, keys)
        self._books(found, documents)
        self._records(found, documents)
        self._objects(found, documents, deep)
        self._work(found, documents, corpora)
        asyncio.run(self._index(found, documents, corpora))
        found.figures["documents"] = len(documents)
        return found

    def _files(self, found: Findings, documents: list[Row], corpora: list[Corpus]) -> None:
        holders = Counter((one["unit"], v["sha256"]) for one in documents for v in one["versions"])
        for (unit, sha256), times in holders.items():
            found.must(times == 1, f"{sha256[:12]} is held {times} times by {unit}")
        for corpus in corpora:
            for sha256 in corpus.kept:
                found.must(
                    holders["van-phong", sha256] == 1, f"{sha256[:12]} of {corpus.folder.name} is lost"
                )
            for sha256 in corpus.infected:
                found.figures["infected kept unscanned"] += holders["van-phong", sha256]

    def _keys(self, found: Findings, documents: list[Row], keys: dict[str, tuple[str, str]]) -> None:
        holders: dict[str, list[str]] = {}
        for one in documents:
            for version in one["versions"]:
                holders.setdefault(version["sha256"], []).append(one["_id"])
        for key, (document, sha256) in keys.items():
            found.must(
                holders.get(sha256) == [document],
                f"{key}: answered {document}, held by {holders.get(sha256)}",
            )
        answered = Counter(row["answer"] for row in self._rows["idempotency"].find())
        found.must(all(times == 1 for times in answered.values()), "one document under two keys")
        found.must(len(answered) == len(keys), f"{len(answered)} keys are kept, {len(keys)} were sent")

    def _books(self, found: Findings, documents: list[Row]) -> None:
        by_id = {one["_id"]: one for one in documents}
        entered: Counter[str] = Counter()
        for book in self._rows["registers"].find():
            lines = list(self._rows["entries"].find({"register": book["_id"]}).sort("number", 1))
            numbers = [line["number"] for line in lines]
            found.must(numbers == list(range(1, book["last"] + 1)), f"numbers of {book['_id']}: {numbers}")
            found.figures["numbers"] += len(numbers)
            for line in lines:
                entered[line["document"]] += 1
                one = by_id.get(line["document"], {})
                same = one.get("number") == line["number"] and one.get("register") == book["_id"]
                found.must(same, f"line {line['number']} and its document differ")
        for one in documents:
            found.must(
                entered[one["_id"]] == bool(one["register"]), f"{one['_id']} has {entered[one['_id']]} lines"
            )

    def _records(self, found: Findings, documents: list[Row]) -> None:
        told: Counter[tuple[str, str]] = Counter()
        for record in self._rows["audit"].find():
            told[record["action"], record["subject"]["id"]] += 1
            found.must(record["hash"] == audit.content_hash(record), f"hash of {record['_id']}")
            found.figures["audit records"] += 1
        for one in documents:
            times = told["document.stored", one["_id"]]
            found.must(times == 1, f"{one['_id']} has {times} records of being stored")
            found.must(one["versions"], f"{one['_id']} has no version")
        known = {one["_id"] for one in documents}
        ghosts = [name for (action, name) in told if action == "document.stored" and name not in known]
        found.must(not ghosts, f"records of documents that are not there: {ghosts}")

    def _objects(self, found: Findings, documents: list[Row], deep: set[str] | None) -> None:
        recorded = {v["sha256"]: v for one in documents for v in one["versions"]}
        stored: dict[str, Any] = {}
        for thing in self._store.list_objects(self._bucket, recursive=True, include_version=True):
            sha256 = (thing.object_name or "").rpartition("/")[2]
            found.must(not thing.is_delete_marker, f"delete marker over {sha256[:12]}")
            # The attack drill leaves second versions beside its canary, where the store takes them.
            found.must(sha256 not in stored or sha256 == _CANARY, f"two versions of {sha256[:12]}")
            stored[sha256] = thing
        day_ago = datetime.now(UTC) - timedelta(days=1)
        for sha256 in stored.keys() - recorded.keys():
            found.figures["objects without record"] += 1
            found.must(stored[sha256].last_modified > day_ago, f"{sha256[:12]}: an old object without record")
        for sha256, version in recorded.items():
            self._object(found, version, stored.get(sha256), deep is None or sha256 in deep)
        found.figures["objects"] = len(stored)

    def _object(self, found: Findings, version: Row, thing: Any, deep: bool) -> None:
        name = version["sha256"][:12]
        if thing is None:
            found.must(False, f"{name}: a record without object")
            return
        found.must(thing.version_id == version["store_version"], f"{name}: store version")
        found.must(thing.size == version["size"], f"{name}: size {thing.size}, recorded {version['size']}")
        where = {
            "bucket_name": self._bucket,
            "object_name": thing.object_name,
            "version_id": version["store_version"],
        }
        lock = self._store.get_object_retention(**where)
        ahead = datetime.now(UTC) + timedelta(days=89)
        locked = (
            lock is not None
            and lock.mode == "COMPLIANCE"
            and lock.retain_until_date >= version["lock"]["until"]
        )
        found.must(
            locked and version["lock"]["until"] > ahead, f"{name}: lock {lock and lock.retain_until_date}"
        )
        if deep:
            answer = self._store.get_object(**where)
            try:
                found.must(
                    hashlib.sha256(answer.read()).hexdigest() == version["sha256"], f"{name}: other bytes"
                )
            finally:
                answer.close()
                answer.release_conn()

    def _work(self, found: Findings, documents: list[Row], corpora: list[Corpus]) -> None:
        """Nothing owed, nothing parked, nothing half judged, nothing left in the staging folder."""
        for row in self._rows["outbox"].find():
            found.must(False, f"outbox: {row['state']} {row['kind']} {row['why'][:200]}")
        read = {row["_id"]: row for row in self._rows["texts"].find()}
        for one in documents:
            found.must(one["legal_value"]["status"] != "pending", f"{one['_id']} was not judged")
            for version in one["versions"]:
                found.must(
                    version["signatures"]["status"] != "pending", f"{one['_id']}: signatures not looked at"
                )
                found.must(version["sha256"] in read, f"{one['_id']}: text not looked at")
                found.figures["not scanned"] += version["scan"]["verdict"] == "not_scanned"
        for sha256 in (
            sha256 for one in corpora for sha256, word in one.kept.items() if word and sha256 in read
        ):
            found.must(not read[sha256]["note"], f"{sha256[:12]}: {read[sha256]['note']}")
        for path in (self._data / "staging").iterdir():
            found.must(False, f"left in the staging folder: {path.name}")
        for row in self._rows["quarantine"].find():
            found.figures["refused malware"] += 1
            found.must(row["found"], f"quarantine: {row}")

    async def _index(self, found: Findings, documents: list[Row], corpora: list[Corpus]) -> None:
        index = TantivyIndex(folder=self._data / "search")
        words = {sha256: word for one in corpora for sha256, word in one.kept.items()}
        lines = self._rows["entries"].count_documents({})
        for kind, number in ((Kind.DOCUMENT, len(documents)), (Kind.REGISTER_ENTRY, lines)):
            every = await index.search(SearchQuery(marks=_READS_ALL, kind=kind, limit=0))
            found.must(every.total == number, f"index: {every.total} of kind {kind}, stored are {number}")
        for one in documents:
            word = next((words.get(v["sha256"], "") for v in one["versions"]), "") or one["subject"]
            hits = await index.search(SearchQuery(marks=_READS_ALL, text=word, limit=20))
            found.must(one["_id"] in [hit.id for hit in hits.hits], f"{one['_id']} is not found by {word!r}")
        await index.close()


def each(findings: Findings) -> Iterator[str]:
    """Findings and figures as lines."""
    yield ", ".join(f"{name} {number}" for name, number in sorted(findings.figures.items()))
    yield from findings.wrong[:40]
