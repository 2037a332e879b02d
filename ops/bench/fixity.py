"""Fixity beside its two limits in the same run: the raw client's GET of the same objects, and SHA-256 alone.

Each limit is one client or one core, as in the other benchmarks; the share that matters is of the slower one. The
same GETs as many at once as fixity has are told too: there both cores are busy before anything is hashed.
"""

import asyncio
import hashlib
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from ops.bench.rounds import spread
from ops.bench.site import Site
from repository.blobs import Digest
from repository.blobs.layout import key_of
from repository.blobs.minio import open_store
from repository.clock import SystemClock
from repository.evidence.fixity import Claim
from repository.evidence.fixity_ledger import Ledger
from repository.evidence.fixity_objects import Objects, Store

Row = dict[str, Any]

MIB: Final = 1024 * 1024
_PARALLEL: Final = 4


async def fixity(site: Site, *, rounds: int = 5, objects: int = 40, size: int = 8 * MIB) -> Row:
    """Megabytes a second of each, and ours as a share of the slower of the two limits."""
    with tempfile.TemporaryDirectory(prefix="tangthu-bench-") as folder:
        async with open_store(site.settings, clock=SystemClock()) as blobs:
            claims = [await _put(blobs, Path(folder), size) for _ in range(objects)]
            ledger = Ledger(Path(folder) / "ledger.sqlite")
            ledger.claim(claims)
            ledger.sort()
            try:
                rates = [await _round(site, blobs, ledger, claims) for _ in range(rounds)]
            finally:
                ledger.close()
    ratios = [ours / min(get, sha) for ours, get, sha, _ in rates]
    return {
        "unit": "MB/s", "objects": objects, "bytes_each": size, "at_once": _PARALLEL, "rounds": rounds,
        "ours": spread([one[0] for one in rates]), "raw_get": spread([one[1] for one in rates]),
        "sha256": spread([one[2] for one in rates]), "ratio": spread(ratios),
        "raw_get_at_once": spread([one[3] for one in rates]),
    }  # fmt: skip


async def _put(blobs: Store, folder: Path, size: int) -> Claim:
    content = os.urandom(size)
    path, digest = folder / "object", Digest.of(content)
    await asyncio.to_thread(path.write_bytes, content)
    stat = await blobs.put(digest, path, size, "application/octet-stream")
    return Claim(sha256=digest.hex, version=stat.version, size=size, owner="bench", until=stat.locked_until)


async def _round(
    site: Site, blobs: Store, ledger: Ledger, claims: list[Claim]
) -> tuple[float, float, float, float]:
    """Rates of fixity, of one raw client, of SHA-256, and of as many raw clients as fixity has."""
    whole = sum(one.size for one in claims) / 1e6
    get = whole / await asyncio.to_thread(_raw, site, claims, 1)
    at_once = whole / await asyncio.to_thread(_raw, site, claims, _PARALLEL)
    sha = whole / await asyncio.to_thread(_hashing, claims)
    began = time.perf_counter()
    check = Objects(blobs=blobs, ledger=ledger, clock=SystemClock(), parallel=_PARALLEL)
    found = [finding async for batch in check.scan() for finding in batch.findings]
    ours = whole / (time.perf_counter() - began)
    if found:
        raise RuntimeError(f"the measured objects are not as recorded: {found[:3]}")
    return ours, get, sha, at_once


def _raw(site: Site, claims: list[Claim], clients: int) -> float:
    """Seconds that the plain client takes to read all objects, thrown away as they come."""
    client, bucket = site.raw(), site.settings.s3_bucket

    def read(one: Claim) -> None:
        answer = client.get_object(bucket, key_of(Digest(one.sha256)), version_id=one.version)
        for _ in answer.stream(MIB):
            pass
        answer.close()
        answer.release_conn()

    with ThreadPoolExecutor(clients) as pool:
        began = time.perf_counter()
        list(pool.map(read, claims))
        return time.perf_counter() - began


def _hashing(claims: list[Claim]) -> float:
    """Seconds that SHA-256 alone takes over as many bytes, in pieces of a mebibyte, on one core."""
    piece = os.urandom(MIB)
    began = time.perf_counter()
    for one in claims:
        sha256 = hashlib.sha256()
        for _ in range(one.size // MIB):
            sha256.update(piece)
        sha256.hexdigest()
    return time.perf_counter() - began
