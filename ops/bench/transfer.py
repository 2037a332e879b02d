"""Bytes in and out through the service, each paired with the same bytes through the raw S3 client.

One client, one connection, over real HTTP. Ingest: PDF files of 1 MiB as multipart forms, scanned, hashed,
stored, journalled, against `put_object` of as many bytes with the same lock. Download: 100 MiB, streamed and
redirected, against `get_object`.
"""

import asyncio
import dataclasses
import io
import json
import secrets
import time
from collections.abc import Callable
from typing import Any, Final

import urllib3
from urllib3.filepost import encode_multipart_formdata

from ops.bench.rounds import figures, paired, percentiles
from ops.bench.site import Service, Site, locked, service
from repository import errors
from repository.blobs.digest import Digest
from repository.blobs.layout import key_of
from repository.clock import SystemClock
from repository.ingest import ClamdScanner

Row = dict[str, Any]

MIB: Final = 1024 * 1024
_METADATA: Final = json.dumps({"direction": "incoming", "subject": "Văn bản dùng để đo"}, ensure_ascii=False)


def pdf_of(size: int) -> bytes:
    """A PDF of exactly that size, unlike any other: a page, and a stream that does not compress."""
    head = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    pages = b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    page = b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>\nendobj\n"
    starts = (len(head) - head.index(b"1 0 obj"), len(head), len(head) + len(pages))
    body = head + pages + page
    offsets = (head.index(b"1 0 obj"), *starts[1:], len(body))
    opening = b"4 0 obj\n<</Length %010d>>\nstream\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % one for one in offsets)
    end = b"trailer\n<</Size 5/Root 1 0 R>>\nstartxref\n%010d\n%%%%EOF\n"
    fixed = len(body) + len(opening % 0) + len(b"\nendstream\nendobj\n") + len(table) + len(end % 0)
    filling = secrets.token_bytes(size - fixed)
    body += opening % len(filling) + filling + b"\nendstream\nendobj\n"
    return body + table + end % len(body)


def upload(pool: urllib3.PoolManager, address: str, site: Site, content: bytes) -> Row:
    """The stored document. Raises Unavailable when the service does not take it."""
    fields: Any = {"metadata": _METADATA, "file": ("van-ban.pdf", content, "application/pdf")}
    body, kind = encode_multipart_formdata(fields)
    headers = site.authorization | {"Content-Type": kind}
    answer = pool.request("POST", f"{address}/api/v1/documents", body=body, headers=headers)
    if answer.status != 201:
        raise errors.Unavailable(what=f"dịch vụ ({answer.status}: {answer.data[:300]!r})")
    stored: Row = json.loads(answer.data)
    return stored


async def ingest(site: Site, *, rounds: int = 9, each: int = 20, size: int = MIB) -> Row:
    """Files a second through the API, scanned and not scanned, and their share of raw PUTs.

    The scanner is a third engine, and what it needs depends on the content, so its own time is told too.
    """
    found: Row = {"file_bytes": size}
    for name, clamd_url in (("scanned", site.settings.clamd_url), ("not_scanned", "")):
        if name == "scanned" and not clamd_url:
            continue
        async with service(dataclasses.replace(site.settings, clamd_url=clamd_url)) as running:
            measure = _ingesting(site, running, rounds=rounds, each=each, size=size)
            found[name] = await asyncio.to_thread(measure)
    if site.settings.clamd_url:
        scanner = ClamdScanner(url=site.settings.clamd_url, clock=SystemClock())
        found["scanner_alone"] = percentiles([await _scan(scanner, pdf_of(size)) for _ in range(each * 2)])
    return found


def _ingesting(site: Site, running: Service, *, rounds: int, each: int, size: int) -> Callable[[], Row]:
    pool, client = urllib3.PoolManager(), site.raw()
    verdicts: set[str] = set()

    def ours(_n: int) -> float:
        content = pdf_of(size)
        began = time.perf_counter()
        stored = upload(pool, running.address, site, content)
        took = time.perf_counter() - began
        verdicts.add(stored["versions"][0]["scan"]["verdict"])
        return took

    def raw(_n: int) -> float:
        content, name = io.BytesIO(pdf_of(size)), f"bench/{secrets.token_hex(16)}"
        began = time.perf_counter()
        client.put_object(site.settings.s3_bucket, name, content, size, retention=locked())
        return time.perf_counter() - began

    def measure() -> Row:
        pairs = paired(ours, raw, rounds=rounds, each=each)
        return figures(pairs, each=each, unit="files") | {"verdicts": sorted(verdicts)}

    return measure


async def _scan(scanner: ClamdScanner, content: bytes) -> float:
    began = time.perf_counter()
    async with scanner.open() as scanning:
        await scanning.feed(content)
        await scanning.verdict()
    return time.perf_counter() - began


async def download(site: Site, *, rounds: int = 7, size: int = 100 * MIB) -> Row:
    """MiB a second streamed through the service and by redirect, each beside raw GETs."""
    redirecting = dataclasses.replace(site.settings, downloads="redirect")
    async with service(site.settings) as streaming, service(redirecting) as redirected:
        pool, client = urllib3.PoolManager(), site.raw()
        stored = await asyncio.to_thread(lambda: upload(pool, streaming.address, site, pdf_of(size)))
        key = key_of(Digest.parse(stored["versions"][0]["sha256"]))
        path = f"/api/v1/documents/{stored['id']}/versions/1/content"

        def through(address: str) -> Callable[[int], float]:
            def get(_n: int) -> float:
                began = time.perf_counter()
                answer = pool.request(
                    "GET", address + path, headers=site.authorization, preload_content=False
                )
                return _read(answer, size, began)

            return get

        def raw(_n: int) -> float:
            began = time.perf_counter()
            return _read(client.get_object(site.settings.s3_bucket, key), size, began)

        found = {}
        for name, running in (("stream", streaming), ("redirect", redirected)):
            ours = through(running.address)
            pairs = await asyncio.to_thread(lambda ours=ours: paired(ours, raw, rounds=rounds, each=1))  # type: ignore[misc]
            found[name] = figures(pairs, each=1, unit="MiB", amount=size / MIB)
    return found | {"file_bytes": size}


def _read(answer: urllib3.BaseHTTPResponse, size: int, began: float) -> float:
    """Seconds until the last byte; both sides are read alike."""
    seen = 0
    while piece := answer.read(MIB):
        seen += len(piece)
    answer.release_conn()
    if answer.status != 200 or seen != size:
        raise errors.Unavailable(what=f"tải về ({answer.status}, {seen} byte)")
    return time.perf_counter() - began
