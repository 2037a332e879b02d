"""The parts that a running installation stands on, each asked by itself, so that one that is away hides no other."""

import asyncio
import os
import shutil
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509

from indexers.search.engines import open_index
from ops.checks.part import Part, must
from ops.clock import kernel_keeps_time, skews
from repository import ids, mongo, schema
from repository.blobs.minio import open_store
from repository.clock import Clock
from repository.ingest.scanner import ClamdScanner
from repository.settings import Settings

_FREE_PART: Final = 0.05
_FREE_BYTES: Final = 2 * 1024**3
_RENEW: Final = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Site:
    """What the parts are asked with; `room` answers total, used and free bytes of a folder's disk."""

    settings: Settings
    clock: Clock
    room: Callable[[Path], Any] = shutil.disk_usage
    path: str | None = None
    """Where programs are looked for; None: where the shell looks."""


async def database(site: Site) -> str:
    """A transaction with the concern that changes use, on a row of its own."""
    opened = mongo.connect(site.settings.mongo_url, site.settings.mongo_database)
    try:
        await mongo.ping(opened)
        with mongo.told_as_away():
            said = await opened.client.admin.command("hello")
        must(
            said.get("setName") or said.get("msg") == "isdbgrid",
            "không phải là replica set: không có giao dịch",
        )
        mark = ids.new("chk")

        async def work(session: mongo.Session) -> None:
            tried = {"$set": {"mark": mark, "at": site.clock.now()}}
            await opened["leases"].update_one({"_id": "selfcheck"}, tried, upsert=True, session=session)

        async def happened() -> bool:
            return await opened["leases"].find_one({"_id": "selfcheck", "mark": mark}) is not None

        await mongo.transact(opened, work, happened, patience=5)
        return f"giao dịch ghi bền (majority, journal) được; {said.get('setName')}"
    finally:
        await mongo.close(opened)


async def indexes(site: Site) -> str:
    opened = mongo.connect(site.settings.mongo_url, site.settings.mongo_database)
    try:
        with mongo.told_as_away():
            missing = []
            for name, models in schema.INDEXES.items():
                there = {tuple(one["key"].items()) async for one in await opened[name].list_indexes()}
                missing += [f"{name}: {_keys(one)}" for one in models if _keys(one) not in there]
        must(not missing, f"thiếu chỉ mục {missing[:3]}")
        return f"đủ {sum(map(len, schema.INDEXES.values()))} chỉ mục"
    finally:
        await mongo.close(opened)


def _keys(model: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(model.document["key"].items())


async def store(site: Site) -> str:
    async with open_store(site.settings, clock=site.clock) as blobs:
        async for key, _ in blobs.survey():
            return f"bucket {site.settings.s3_bucket} có Object Lock, đọc được ({key[:20]}…)"
    return f"bucket {site.settings.s3_bucket} có Object Lock, còn trống"


async def search(site: Site) -> str:
    async with open_index(site.settings.search) as index:
        return f"{await index.count()} mục tìm kiếm"


async def scanner(site: Site) -> str:
    health = await ClamdScanner(url=site.settings.clamd_url, clock=site.clock).health()
    must(health.answers, "không có clamd trả lời: tệp được giữ nhưng không phát hành được")
    return health.engine


async def ocr(site: Site) -> str:
    program = shutil.which("tesseract", path=site.path)
    must(program, "không có chương trình tesseract")
    asked = await asyncio.create_subprocess_exec(
        str(program), "--list-langs", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(asked.communicate(), 20)
    must("vie" in said.decode(errors="replace").split(), "tesseract không có tiếng Việt (vie)")
    return "tesseract đọc được tiếng Việt"


async def disk(site: Site) -> str:
    folder = site.settings.data.absolute()
    while not folder.exists():
        folder = folder.parent
    room = site.room(folder)
    free = f"{room[2] / 1024**3:.1f} GiB trống"
    must(room[2] >= min(_FREE_BYTES, room[0] * 0.5) and room[2] >= room[0] * _FREE_PART, f"chỉ còn {free}")
    return free


async def tls(site: Site) -> str:
    """Where the service faces the network by itself, its certificate and key fit and are not about to end."""
    settings = site.settings
    if not settings.tls_certificate and not settings.tls_key:
        local = settings.host in ("127.0.0.1", "::1", "localhost")
        must(local, f"nghe ở {settings.host} mà không có TLS")
        return "chỉ nghe trong máy; TLS do máy chủ phía trước lo"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_certificate, settings.tls_key or None
        )
        raw = await asyncio.to_thread(Path(settings.tls_certificate).read_bytes)
        ends = x509.load_pem_x509_certificate(raw).not_valid_after_utc
    except (OSError, ssl.SSLError, ValueError) as fault:
        must(False, f"không dùng được chứng thư hoặc khóa: {fault}")
        raise
    must(ends > datetime.now(UTC) + _RENEW, f"chứng thư hết hạn ngày {ends:%d/%m/%Y}")
    return f"chứng thư đến {ends:%d/%m/%Y}"


async def keys(site: Site) -> str:
    """Secrets in the data folder are files of their owner alone."""
    folder = site.settings.data
    wanted = [folder / "account.key", folder / "log" / "signing.key", folder / "stack" / "secrets.json"]
    found = [one for one in wanted if one.exists()]
    loose = [one.name for one in found if os.stat(one).st_mode & 0o077]
    must(not loose, f"người khác trong máy đọc được {', '.join(loose)}")
    must(site.settings.account_key or wanted[0].exists(), "chưa có khóa tài khoản")
    empty = [one.name for one in found if not one.stat().st_size]
    must(not empty, f"khóa rỗng: {', '.join(empty)}")
    return f"{len(found)} tệp khóa, chỉ chủ đọc được"


async def clock(site: Site) -> str:
    found = await skews(site.settings, site.clock)
    wrong = [one.words for one in found if not one.fit]
    must(not wrong, "; ".join(wrong))
    unsure = " (nhân hệ điều hành báo chưa đồng bộ NTP)" if kernel_keeps_time() is False else ""
    return "; ".join(one.words for one in found) + unsure


PARTS: Final[tuple[Part[Site], ...]] = (
    Part(name="database", words="Cơ sở dữ liệu", ask=database,
         todo="Khởi động lại MongoDB (replica set); xem nhật ký của nó."),
    Part(name="indexes", words="Chỉ mục của cơ sở dữ liệu", ask=indexes,
         todo="Khởi động lại dịch vụ: chỉ mục thiếu được tạo lại khi mở."),
    Part(name="store", words="Kho tệp", ask=store, todo="Kiểm tra máy chủ kho, địa chỉ, khóa truy cập, Object Lock."),
    Part(name="search", words="Chỉ mục tìm kiếm", ask=search, todo="Chạy tangthu reindex."),
    Part(name="scanner", words="Quét mã độc", ask=scanner, todo="Khởi động clamd; xem TANGTHU_CLAMD_URL."),
    Part(name="ocr", words="Nhận dạng chữ", ask=ocr, todo="Cài tesseract-ocr và tesseract-ocr-vie."),
    Part(name="disk", words="Ổ đĩa", ask=disk, todo="Dọn hoặc thêm ổ đĩa cho thư mục dữ liệu trước khi nhận thêm tệp."),
    Part(name="tls", words="TLS", ask=tls, todo="Thay chứng thư và khóa (TANGTHU_TLS_CERTIFICATE, TANGTHU_TLS_KEY)."),
    Part(name="keys", words="Khóa bí mật", ask=keys, todo="chmod 600 các tệp khóa; thiếu thì lấy lại từ bản sao lưu."),
    Part(name="clock", words="Đồng hồ", ask=clock, todo="Bật chrony/NTP, chỉnh giờ rồi chạy tangthu clock."),
)  # fmt: skip
