"""The main story, told once over HTTP and with an S3 client: each step is tried for real and its outcome printed."""

import asyncio
import hashlib
import io
import json
import mmap
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from minio import Minio
from minio.error import S3Error

from ops.demo.command import Demo
from ops.demo.district import PEOPLE
from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.blobs.digest import Digest
from repository.blobs.layout import key_of
from repository.settings import Settings
from repository.wiring import open_repository

_SCOPES = [
    Permission.STORE_DOCUMENTS, Permission.READ_DOCUMENTS, Permission.SEARCH, Permission.READ_REGISTERS,
    Permission.MAKE_ENTRIES, Permission.KEEP_DOSSIERS, Permission.READ_DOSSIERS, Permission.VERIFY,
    Permission.READ_HISTORY,
]  # fmt: skip
_UNIT = next(one.unit for one in PEOPLE if "clerk" in one.roles)


class StepFailed(Exception):
    """A step did not come out as it must; the message says what was seen."""


def must(holds: bool, seen: object) -> None:
    if not holds:
        raise StepFailed(str(seen))


@dataclass
class Story:
    """What the steps hand on to one another."""

    demo: Demo
    http: httpx.AsyncClient
    path: Path
    sha256: str
    document: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"/api/v1/documents/{self.document['id']}"

    async def get(self, path: str, **params: str) -> dict[str, Any]:
        answer = await self.http.get(path, params=params)
        must(answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}")
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, path: str, expected: int, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(path, json=body)
        must(answer.status_code == expected, f"{path}: {answer.status_code} {answer.text[:300]}")
        made: dict[str, Any] = answer.json()
        return made

    async def until(self, ask: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not await ask():
            must(time.monotonic() < end, f"chờ {seconds:.0f} giây mà chưa thấy: {what}")
            await asyncio.sleep(0.1)


async def store(story: Story) -> str:
    metadata = {
        "direction": "incoming",
        "symbol": "128/QĐ-UBND",
        "issued_on": "2026-03-09",
        "document_type": "QĐ",
        "subject": "Quyết định thử nghiệm về tiếp nhận văn bản điện tử có chữ ký số",
        "issuer": _issuer(story),
    }
    headers = {"Repr-Digest": Digest(story.sha256).repr_digest}
    content = await asyncio.to_thread(story.path.read_bytes)
    files = {"file": ("quyết-định.pdf", content, "application/pdf")}
    sent = {"metadata": json.dumps(metadata, ensure_ascii=False)}
    answer = await story.http.post("/api/v1/documents", data=sent, files=files, headers=headers)
    must(answer.status_code == 201, f"{answer.status_code} {answer.text[:300]}")
    story.document = answer.json()
    version = story.document["versions"][0]
    must(version["sha256"] == story.sha256, version["sha256"])
    return f"{version['size']} byte, SHA-256 {story.sha256[:12]}…, quét mã độc: {version['scan']['verdict']}"


def _issuer(story: Story) -> dict[str, str]:
    sample = next(one for one in story.demo.samples if one.path == story.path)
    issuer: dict[str, str] = sample.metadata["issuer"]
    return issuer


async def judge(story: Story) -> str:
    async def judged() -> bool:
        story.document = await story.get(story.url)
        return bool(story.document["legal_value"]["status"] != "pending")

    await story.until(judged, "kết luận giá trị pháp lý")
    found = await story.get(f"{story.url}/versions/1/signatures")
    signers = [one["signer"]["name"] for one in found["items"]]
    must(story.document["legal_value"]["status"] == "valid", story.document["legal_value"])
    must(all(one["status"] == "TOTAL-PASSED" for one in found["items"]), found["items"])
    return f"có giá trị pháp lý; {len(signers)} chữ ký: {'; '.join(signers)}"


async def register(story: Story) -> str:
    books = (await story.get("/api/v1/registers"))["items"]
    book = next(one for one in books if one["direction"] == "incoming" and one["unit"] == _UNIT)
    entered = await story.post(f"/api/v1/registers/{book['id']}/entries", 201, document=story.document["id"])
    must(entered["number"] == book["last"] + 1, entered["number"])
    return f"{book['title']}, số {entered['number']}"


async def file_it(story: Story) -> str:
    code = f"KT-{story.document['id'][-6:]}"
    dossier = await story.post("/api/v1/dossiers", 201, code=code, title="Hồ sơ kiểm tra hệ thống")
    await story.post(f"/api/v1/dossiers/{dossier['id']}/documents", 200, document=story.document["id"])
    inside = (await story.get(f"/api/v1/dossiers/{dossier['id']}"))["documents"]
    must([one["id"] for one in inside] == [story.document["id"]], inside)
    return f"hồ sơ {code}"


async def index(story: Story) -> str:
    async def level() -> bool:
        return bool((await story.get("/api/v1/search", q=""))["complete"])

    await story.until(level, "chỉ mục theo kịp kho")
    text = await story.get(f"{story.url}/versions/1/text")
    must(len(text["text"]) > 200, text)
    return f"chỉ mục theo kịp; đọc được {len(text['text'])} ký tự ({text['pages'][0]['how']})"


async def find(story: Story) -> str:
    for asked in ("Quyết định thử nghiệm tiếp nhận", "quyet dinh thu nghiem tiep nhan"):
        found = await story.get("/api/v1/search", q=asked)
        must(
            found["items"] and found["items"][0]["id"] == story.document["id"], f"«{asked}»: {found['total']}"
        )
    return "thấy ở dòng đầu, gõ có dấu và không dấu"


async def download(story: Story) -> str:
    sha256 = hashlib.sha256()
    async with story.http.stream("GET", f"{story.url}/versions/1/content") as answer:
        async for chunk in answer.aiter_bytes():
            sha256.update(chunk)
    must(sha256.hexdigest() == story.sha256, sha256.hexdigest())
    must(answer.headers["etag"] == f'"{story.sha256}"', answer.headers["etag"])
    return "SHA-256 của bản tải về trùng với bản gửi"


def _client(settings: Settings) -> Minio:
    secure = settings.s3_url.startswith("https://")
    place = settings.s3_url.split("://", 1)[1]
    return Minio(
        place, settings.s3_access_key, settings.s3_secret_key, secure=secure, region=settings.s3_region
    )


async def attack(story: Story) -> str:
    return await asyncio.to_thread(_attack, story)


def _attack(story: Story) -> str:
    """Overwrites and deletes with the service's own S3 credentials; both must be refused and change nothing."""
    settings = story.demo.settings
    client, name = _client(settings), key_of(Digest(story.sha256))
    stat = client.stat_object(settings.s3_bucket, name)
    attempts: dict[str, Callable[[], object]] = {
        "ghi đè": lambda: _overwrite(client, settings.s3_bucket, name),
        "xóa phiên bản": lambda: client.remove_object(settings.s3_bucket, name, version_id=stat.version_id),
        "xóa": lambda: client.remove_object(settings.s3_bucket, name),
    }
    refusals = []
    for what, attempt in attempts.items():
        try:
            attempt()
        except S3Error as refusal:
            refusals.append(f"{what}: {refusal.code}")
        else:
            raise StepFailed(f"kho chấp nhận {what}")
    after = client.stat_object(settings.s3_bucket, name)
    must(after.version_id == stat.version_id and after.etag == stat.etag, "đối tượng đã đổi")
    return ", ".join(refusals)


def _overwrite(client: Minio, bucket: str, name: str) -> None:
    client.put_object(bucket, name, io.BytesIO(b"forged"), 6)


async def intact(story: Story) -> str:
    found = await story.post(f"{story.url}/check", 200)
    must(all(one["intact"] for one in found["items"]), found["items"])
    return f"{found['total']} phiên bản nguyên vẹn, khóa đến {found['items'][0]['locked_until'][:10]}"


async def tamper(story: Story) -> str:
    """Changes one byte in the store's own files and asks again: the change must be found."""
    content = await asyncio.to_thread(story.path.read_bytes)
    place = await asyncio.to_thread(_flip, story.demo.settings.data, content)
    found = await story.post(f"{story.url}/check", 200)
    damaged = [one for one in found["items"] if not one["intact"]]
    must([one["n"] for one in damaged] == [1], found["items"])
    return f"đổi 1 byte trong {place}; phát hiện: {damaged[0]['finding'][:100]}"


def _flip(data: Path, content: bytes) -> str:
    """Flips one bit of the middle byte of the content wherever the local store keeps it."""
    middle = len(content) // 2
    for path in sorted(data.rglob("*.dat")):
        if path.stat().st_size < len(content):
            continue
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            at = memory.find(content)  # the whole: other papers share fonts and whole pages with this one
            if at >= 0:
                memory[at + middle] ^= 1
                memory.flush()
                return path.name
    raise StepFailed("không thấy nội dung trong tệp của kho trên máy này (kho từ xa?)")


STEPS: tuple[tuple[str, Callable[[Story], Awaitable[str]]], ...] = (
    ("Tiếp nhận và lưu", store),
    ("Kiểm tra chữ ký, giá trị pháp lý", judge),
    ("Vào sổ", register),
    ("Đưa vào hồ sơ", file_it),
    ("Đọc chữ và lập chỉ mục", index),
    ("Tìm có dấu và không dấu", find),
    ("Tải về và so SHA-256", download),
    ("Ghi đè, xóa bằng ứng dụng S3 bị từ chối", attack),
    ("Kiểm tra toàn vẹn", intact),
    ("Sửa lén một byte bị phát hiện", tamper),
)


async def tell(demo: Demo, say: Callable[[str], None]) -> int:
    """Runs the steps in order; 0 when all hold, 1 with the first that does not."""
    path = next(
        one.path for one in demo.samples if one.expected == "agency+person" and one.path.suffix == ".pdf"
    )
    sha256 = hashlib.sha256(await asyncio.to_thread(path.read_bytes)).hexdigest()
    headers = {"Authorization": f"Bearer {await _token(demo.settings)}"}
    async with httpx.AsyncClient(base_url=demo.address, headers=headers, timeout=60) as http:
        story = Story(demo=demo, http=http, path=path, sha256=sha256)
        for number, (title, step) in enumerate(STEPS, start=1):
            try:
                say(f"{number:2}. {title}: ĐẠT – {await step(story)}")
            except (StepFailed, httpx.HTTPError, S3Error, KeyError, StopIteration) as fault:
                say(f"{number:2}. {title}: KHÔNG ĐẠT – {type(fault).__name__}: {fault}")
                return 1
    say("Câu chuyện chính: đạt cả.")
    return 0


async def _token(settings: Settings) -> str:
    async with open_repository(settings) as repository:
        secret, _ = await repository.credentials.issue_token(
            operator("demo"), system="kiem-tra", unit=_UNIT, scopes=_SCOPES, lasts=timedelta(hours=1)
        )
    return secret
