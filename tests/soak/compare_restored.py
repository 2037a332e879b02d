"""Writes down what a system holds and says what of it another lacks. Knows MongoDB, S3, SHA-256; nothing of backups.

    record MONGO_URL DATABASE S3_URL KEY SECRET BUCKET FILE     what is there now, one JSON line a thing
    compare … FILE                                              differences on stdout; status 1 when there are any

Of a row everything counts but the store's version ids, the count of writes, and what lives for minutes.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

import minio
import pymongo
from bson import json_util

MINUTES = {"leases", "idempotency", "sessions", "jobs", "backups", "drills", "incidents"}
ADDED = ("backup.", "store.", "drill.", "incident.", "command.")
"""Acts of the backup itself, and of commands: they leave records where they run."""


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k not in ("store_version", "writes", "leaf")}
    return [plain(one) for one in value] if isinstance(value, list) else value


def pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("sha256"), str) and isinstance(value.get("store_version"), str):
            yield value["sha256"], value["store_version"]
        for one in value.values():
            yield from pairs(one)
    elif isinstance(value, list):
        for one in value:
            yield from pairs(one)


def things(database: Any, store: minio.Minio, bucket: str) -> Iterator[dict[str, Any]]:
    for name in sorted(database.list_collection_names()):
        if name in MINUTES or name.startswith("system."):
            continue
        for row in database[name].find({}):
            if name == "audit" and str(row["action"]).startswith(ADDED):
                continue
            if name == "audit" and row["subject"]["kind"] in ("backup", "drill", "incident"):
                continue
            text = json_util.dumps(plain(row), sort_keys=True)
            yield {"kind": name, "id": str(row["_id"]), "is": hashlib.sha256(text.encode()).hexdigest()}
            for sha256, version in pairs(row):
                key = f"sha256/{sha256[:2]}/{sha256[2:4]}/{sha256}"
                yield {
                    "kind": "bytes",
                    "id": f"{row['_id']} {sha256}",
                    "is": digest(store, bucket, key, version),
                }


def digest(store: minio.Minio, bucket: str, key: str, version: str) -> str:
    found = hashlib.sha256()
    try:
        answer = store.get_object(bucket, key, version_id=version)
    except minio.S3Error as fault:
        return f"unreadable: {fault.code}"
    try:
        while piece := answer.read(1 << 20):
            found.update(piece)
    finally:
        answer.close()
        answer.release_conn()
    return found.hexdigest()


def main(words: list[str]) -> int:
    how, mongo_url, name, s3_url, key, secret, bucket, file = words
    client = pymongo.MongoClient(mongo_url, tz_aware=True)
    store = minio.Minio(s3_url.removeprefix("http://"), key, secret, secure=False)
    found = things(client[name], store, bucket)
    if how == "record":
        with open(file, "w", encoding="utf-8") as out:
            count = sum(out.write(json.dumps(one) + "\n") > 0 for one in found)
        print(f"recorded {count} things")
        return 0
    with open(file, encoding="utf-8") as lines:
        expected = {(one["kind"], one["id"]): one["is"] for one in map(json.loads, lines)}
    seen, wrong = 0, 0
    for one in found:
        seen += 1
        place = one["kind"], one["id"]
        if expected.pop(place, None) != one["is"]:
            wrong += 1
            print("differs or is new:", *place)
    for place in expected:
        print("missing:", *place)
    print(f"compared {seen} things: {wrong} differ, {len(expected)} missing")
    return 1 if wrong or expected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
