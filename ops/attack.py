"""`tangthu attack`: tries, with the service's own S3 credentials, to overwrite, delete, shorten and unlock a canary.

The only place that speaks to the store past its adapter. Nothing real is touched: a canary of its own, and requests
about the bucket whose body is broken on purpose, so that a store that would obey them refuses the body and gives
itself away. Exit 0 all refused; 1 something succeeded; 3 the store is away.
"""

import argparse
import asyncio
import base64
import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from xml.etree import ElementTree

import urllib3
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from minio.time import to_amz_date
from rich.table import Table

from indexers.wiring import Indexers
from ops.opening import console, data_argument, opened
from repository import errors
from repository.access.actors import operator
from repository.audit import Action
from repository.blobs import BlobStat, Digest, layout
from repository.journal import Change
from repository.mongo import Row
from repository.settings import Settings
from repository.wiring import Repository

ATTACKER: Final = operator("attack")
CANARY: Final = (
    "Tàng Thư: đối tượng mồi của diễn tập tấn công. Không xóa được, không sửa được.\n".encode() * 40
)
_FORGED: Final = b"forged"
_BROKEN: Final = b"<broken"
_KEPT: Final = timedelta(days=60)
_ADVICE: Final = (
    "Khóa truy cập của dịch vụ làm được điều không được phép: xem lại chính sách bucket và Object Lock của kho, "
    "đổi khóa truy cập, chạy tangthu fixity ngay."
)


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One request that must be refused. `probe`: its body is broken, so only the refusal of the right counts."""

    name: str
    method: str
    query: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    bucket: bool = False
    probe: bool = False
    adds: bool = False
    """Some stores take it as one more version beside the canary: nothing is lost, fixity sees the version."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of an attempt: `refused`, `added` (another version, nothing lost), or `succeeded`."""

    name: str
    outcome: str
    said: str


def attempts(version: str, now: datetime) -> list[Attempt]:
    """Everything that is tried, in this order."""
    soon = (now + timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    locked = {"x-amz-object-lock-mode": "COMPLIANCE", "x-amz-object-lock-retain-until-date": late}
    bypass = {"x-amz-bypass-governance-retention": "true"}
    mine = f"versionId={version}"

    def retention(mode: str, until: str) -> bytes:
        return (
            f"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>".encode()
        )

    many = f"<Delete><Object><Key>%s</Key><VersionId>{version}</VersionId></Object></Delete>"
    return [
        Attempt(name="ghi đè có điều kiện", method="PUT", body=_FORGED, headers=locked | {"If-None-Match": "*"}),
        Attempt(name="ghi đè không điều kiện", method="PUT", body=_FORGED, headers=locked, adds=True),
        Attempt(name="ghi đè không khóa", method="PUT", body=_FORGED),
        Attempt(name="ghi đè khóa GOVERNANCE", method="PUT", body=_FORGED,
                headers=locked | {"x-amz-object-lock-mode": "GOVERNANCE"}),
        Attempt(name="xóa", method="DELETE"),
        Attempt(name="xóa phiên bản", method="DELETE", query=mine),
        Attempt(name="xóa phiên bản, vượt khóa", method="DELETE", query=mine, headers=bypass),
        Attempt(name="xóa hàng loạt", method="POST", query="delete=", bucket=True, body=many.encode()),
        Attempt(name="rút ngắn khóa", method="PUT", query=f"retention=&{mine}", body=retention("COMPLIANCE", soon)),
        Attempt(name="hạ khóa xuống GOVERNANCE", method="PUT", query=f"retention=&{mine}",
                body=retention("GOVERNANCE", late)),
        Attempt(name="hạ khóa, vượt khóa", method="PUT", query=f"retention=&{mine}",
                body=retention("GOVERNANCE", soon), headers=bypass),
        Attempt(name="gỡ khóa", method="PUT", query=f"retention=&{mine}", body=b"<Retention></Retention>"),
        Attempt(name="chép đè lên chính nó", method="PUT", headers={"x-amz-copy-source": "%s"}, adds=True),
        Attempt(name="sửa chính sách bucket", method="PUT", query="policy=", bucket=True, body=_BROKEN, probe=True),
        Attempt(name="dừng giữ phiên bản", method="PUT", query="versioning=", bucket=True, body=_BROKEN, probe=True),
        Attempt(name="đổi cấu hình khóa", method="PUT", query="object-lock=", bucket=True, body=_BROKEN, probe=True),
        Attempt(name="đặt lịch tự xóa", method="PUT", query="lifecycle=", bucket=True, body=_BROKEN, probe=True),
        Attempt(name="xóa bucket", method="DELETE", bucket=True, probe=True),
    ]  # fmt: skip


_REFUSALS: Final = frozenset({"AccessDenied", "MethodNotAllowed", "NotImplemented", "InvalidRequest"})


class Attacker:
    """The S3 client of the drill: the service's keys, none of the adapter's care."""

    def __init__(self, *, settings: Settings, digest: Digest) -> None:
        self._url = settings.s3_url.rstrip("/")
        self._bucket, self._region = settings.s3_bucket, settings.s3_region
        self._keys = Credentials(settings.s3_access_key, settings.s3_secret_key)
        self._key = layout.key_of(digest)
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def close(self) -> None:
        self._http.clear()

    def try_one(self, one: Attempt) -> Tried:
        """Sends the request; says what the store made of it."""
        place = f"/{self._bucket}" if one.bucket else f"/{self._bucket}/{self._key}"
        body = one.body.replace(b"%s", self._key.encode())
        source = f"/{self._bucket}/{self._key}"
        url = urlsplit(f"{self._url}{place}" + (f"?{one.query}" if one.query else ""))
        now = datetime.now(UTC)
        sha256 = hashlib.sha256(body).hexdigest()
        headers: dict[str, Any] = {
            "Host": url.netloc, "x-amz-date": to_amz_date(now), "x-amz-content-sha256": sha256,
            "Content-MD5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
            **{name: value.replace("%s", source) for name, value in one.headers.items()},
        }  # fmt: skip
        signed: Any = sign_v4_s3(
            method=one.method, url=url, region=self._region, headers=headers, credentials=self._keys,
            content_sha256=sha256, date=now,
        )  # fmt: skip
        try:
            answer = self._http.request(one.method, url.geturl(), body=body, headers=signed)
        except (urllib3.exceptions.HTTPError, OSError) as fault:
            raise errors.Unavailable(what="kho tệp") from fault
        return _judged(one, answer.status, answer.data)


def _judged(one: Attempt, status: int, body: bytes) -> Tried:
    code = _code(body) or str(status)
    if status >= 500 and status != 501:
        raise errors.Unavailable(what=f"kho tệp ({code})")
    if one.method == "POST" and status < 300:  # many at once: what was refused stands in the answer
        outcome = "refused" if b"<Error>" in body and b"<Deleted>" not in body else "succeeded"
    elif status < 300:
        outcome = "added" if one.adds else "succeeded"
    elif one.probe and status != 501 and code not in _REFUSALS and status not in (401, 403, 405):
        outcome = "succeeded"  # the right was there; only the broken body was refused
    else:
        outcome = "refused"
    return Tried(name=one.name, outcome=outcome, said=code)


def _code(body: bytes) -> str:
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - our own store's answer, and only one word of it is read
    except ElementTree.ParseError:
        return ""
    return next((node.text or "" for node in root.iter() if node.tag.rpartition("}")[2] == "Code"), "")


async def drill(repository: Repository) -> tuple[list[Tried], list[str]]:
    """All attempts on the canary, then a look that it is whole; what was tried, and what is wrong."""
    digest, stat, wrong = await _canary(repository)
    attacker = Attacker(settings=repository.settings, digest=digest)
    wanted = attempts(stat.version, repository.clock.now())
    try:
        tried = [await asyncio.to_thread(attacker.try_one, one) for one in wanted]
    finally:
        attacker.close()
    wrong += [f"kho chấp nhận “{one.name}” ({one.said})" for one in tried if one.outcome == "succeeded"]
    wrong += await _damage(repository, digest, stat)
    await _noted(repository, digest, stat, tried, wrong)
    return tried, wrong


def canary_of(repository: Repository) -> bytes:
    """Each installation has a canary of its own, also where two share a bucket."""
    return CANARY + repository.settings.mongo_database.encode()


async def _canary(repository: Repository) -> tuple[Digest, BlobStat, list[str]]:
    """The object that is attacked: the same each night, locked well ahead, known to fixity by its row."""
    content, blobs, wrong = canary_of(repository), repository.blobs, list[str]()
    digest = Digest.of(content)
    row = await repository.database["canaries"].find_one({"_id": "canary"})
    told = await blobs.stat(digest, row["store_version"]) if row else None
    if told is None:
        if row:
            wrong.append("đối tượng mồi của đêm trước đã biến mất")
        with tempfile.NamedTemporaryFile(dir=repository.settings.staging) as file:
            await asyncio.to_thread(file.write, content)
            file.flush()
            told = await blobs.replace(digest, Path(file.name), len(content), "text/plain")
    if told.lock_mode != "COMPLIANCE" or told.locked_until is None:
        wrong.append("đối tượng mồi của đêm trước đã mất khóa")
    try:
        await blobs.retain(digest, told.version, repository.clock.now() + _KEPT)
    except errors.Unavailable as fault:
        if not wrong:  # a store that is away is no finding; a lock that cannot be put right again is one
            raise
        wrong.append(f"không khóa lại được đối tượng mồi: {fault}")
    return digest, await blobs.stat(digest, told.version) or told, wrong


async def _damage(repository: Repository, digest: Digest, before: BlobStat) -> list[str]:
    """What the attempts did to the canary after all."""
    try:
        seen = await repository.blobs.reread(digest, before.version, lambda _: 0)
    except errors.NotFound:
        return ["đối tượng mồi đã bị xóa"]
    wrong, told = [], seen.stat
    if seen.sha256 != digest.hex:
        wrong.append("nội dung đối tượng mồi đã bị đổi")
    if told.lock_mode != "COMPLIANCE":
        wrong.append(f"khóa của đối tượng mồi bị hạ xuống {told.lock_mode or 'không khóa'}")
    if told.locked_until is None or (before.locked_until and told.locked_until < before.locked_until):
        wrong.append(f"hạn khóa của đối tượng mồi bị rút còn {told.locked_until}")
    return wrong


async def _noted(
    repository: Repository, digest: Digest, stat: BlobStat, tried: list[Tried], wrong: list[str]
) -> None:
    versions = []
    async for key, one in repository.blobs.survey(layout.key_of(digest)[:-1]):
        if key > layout.key_of(digest):
            break
        if one is not None and not one.marker and one.version != stat.version:
            versions.append({"store_version": one.version})
        if one is not None and one.marker:
            wrong.append(f"dấu xóa {one.version} trên đối tượng mồi")
    canary: Row = {
        "sha256": digest.hex, "store_version": stat.version, "bytes": stat.size, "replaced": versions,
        "media_type": "text/plain", "at": repository.clock.now(), "wrong": wrong,
        "tried": [vars(one) for one in tried],
    }  # fmt: skip

    async def work(change: Change) -> None:
        if not await change.update("canaries", {"_id": "canary"}, {"$set": canary}):
            await change.insert("canaries", {"_id": "canary"} | canary)
        outcomes = {one.name: f"{one.outcome} ({one.said})" for one in tried}
        change.record("job", "attack", owes=False, outcomes=outcomes, wrong=wrong)

    await repository.journal.change(ATTACKER, Action.DRILL_RUN, work)
    for what in wrong:
        await repository.incidents.report(
            ATTACKER,
            kind="attack.succeeded",
            subject_kind="object",
            subject_id=what,
            found=what,
            todo=_ADVICE,
        )


async def nightly(indexers: Indexers) -> str:
    """The job of the schedule."""
    tried, wrong = await drill(indexers.repository)
    added = sum(one.outcome == "added" for one in tried)
    return f"{len(tried)} đòn, {added} chỉ thêm phiên bản, {len(wrong)} điều không đúng"


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data, say=lambda _: None) as indexers:
        tried, wrong = await drill(indexers.repository)
    if options.json:
        told = {"tried": [vars(one) for one in tried], "wrong": wrong}
        console.file.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return 1 if wrong else 0
    words = {
        "refused": "bị từ chối",
        "added": "chỉ thêm phiên bản lạ, bản gốc nguyên vẹn",
        "succeeded": "THÀNH CÔNG",
    }
    table = Table("đòn", "kết quả", "kho trả lời")
    for one in tried:
        table.add_row(one.name, words[one.outcome], one.said)
    console.print(table)
    for what in wrong:
        console.print(what, style="red", markup=False)
    return 1 if wrong else 0
