"""Objects in the store: swapped, cut, marked, unlocked, put beside, also behind its S3 front."""

import io
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from repository.blobs import Digest
from tests.soak.estate import Estate, Shell
from tests.soak.tampering.deeds import Row, Tampering


def _on_version(act: Callable[[Estate, Shell, Row, bytes], Awaitable[None] | None]) -> Any:
    """A deed on the object of a fresh document."""

    async def do(estate: Estate, shell: Shell) -> None:
        row = await estate.fresh_document(subject=f"Nạn nhân {secrets.token_hex(3)}")
        version = row["versions"][0]
        async with estate.repository.versions.content(version) as pieces:
            content = b"".join([piece async for piece in pieces])
        waiting = act(estate, shell, version, content)
        if waiting is not None:
            await waiting

    return do


def _put_as_root(shell: Shell, key: str, content: bytes) -> None:
    shell.root.put_object(shell.bucket, key, io.BytesIO(content), len(content))


async def _forgotten(estate: Estate, _: Shell) -> None:
    """An object locked for long whose record somebody took away, log and all."""
    content = secrets.token_bytes(500)
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        blobs, digest = estate.repository.blobs, Digest.of(content)
        stat = await blobs.put(digest, Path(file.name), len(content), "text/plain")
        await blobs.retain(digest, stat.version, datetime.now(UTC) + timedelta(days=90))


async def _checkpoint_gone(estate: Estate, shell: Shell) -> None:
    row = await estate.repository.log.checkpoints.latest()
    assert row is not None
    shell.raw("DELETE", row)


def _governance(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    shell.raw("PUT", version, "?tagging", **{"Seaweed-X-Amz-Object-Lock-Mode": "GOVERNANCE"})


def _sooner(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    soon = int((datetime.now(UTC) + timedelta(days=2)).timestamp())
    shell.raw("PUT", version, "?tagging", **{"Seaweed-X-Amz-Retention-Until-Date": str(soon)})


def _mark(estate: Estate, shell: Shell, version: Row, content: bytes) -> None:
    shell.root.remove_object(shell.bucket, shell.key(version))


LOST = ("object.missing", "object.unreadable")
STORE = [
    Tampering("kho: đổi một bit trong tệp của kho", ("object.changed", "object.unreadable"),
              _on_version(lambda e, s, v, c: s.flip(c))),
    Tampering("kho: thay nội dung cùng độ dài", ("object.changed",),
              _on_version(lambda e, s, v, c: s.overwrite(v, bytes(len(c))))),
    Tampering("kho: cắt ngắn", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, c[:-5]))),
    Tampering("kho: nối dài", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, c + b"x"))),
    Tampering("kho: làm rỗng", ("object.short",), _on_version(lambda e, s, v, c: s.overwrite(v, b""))),
    Tampering("kho: xóa sau lưng khóa", LOST, _on_version(lambda e, s, v, c: s.raw("DELETE", v))),
    Tampering("kho: đặt dấu xóa", ("object.marked",), _on_version(_mark)),
    Tampering("kho: ghi đè phiên bản lạ", ("object.unknown_version",),
              _on_version(lambda e, s, v, c: _put_as_root(s, s.key(v), b"khac"))),
    Tampering("kho: tải lên lại cùng nội dung", ("object.unknown_version",),
              _on_version(lambda e, s, v, c: _put_as_root(s, s.key(v), c))),
    Tampering("kho: gỡ khóa", ("object.unlocked", *LOST),
              _on_version(lambda e, s, v, c: s.raw("DELETE", v, "?tagging"))),
    Tampering("kho: hạ khóa xuống GOVERNANCE", ("object.unlocked",), _on_version(_governance)),
    Tampering("kho: rút ngắn khóa", ("object.shortened",), _on_version(_sooner)),
    Tampering("kho: phong tỏa lạ", ("object.hold",), _on_version(
        lambda e, s, v, c: e.repository.blobs.hold(Digest(v["sha256"]), v["store_version"], True))),
    Tampering("kho: đối tượng lạ", ("object.stray",),
              _on_version(lambda e, s, v, c: _put_as_root(s, f"la-{secrets.token_hex(3)}", b"?"))),
    Tampering("kho: tên lạ trong thư mục của hệ thống", ("object.stray",),
              _on_version(lambda e, s, v, c: _put_as_root(s, f"sha256/zz/{secrets.token_hex(3)}", b"?"))),
    Tampering("kho: tệp khóa lâu không hồ sơ nào nhận", ("object.orphan",), _forgotten),
    Tampering("kho: xóa bản ký", ("log.checkpoint", "object.missing"), _checkpoint_gone),
]  # fmt: skip
