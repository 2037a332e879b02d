"""What a benchmark measures on: engines, a database of its own, services as child processes, a raw S3 client.

Without `--data` and without named engines all of it lives in a temporary folder. With named engines the files
of the run stay in their bucket, locked for a day, as anything that is put there.
"""

import asyncio
import dataclasses
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.retention import Retention

from ops.demo.children import answers, free_port
from ops.opening import settings_for
from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission
from repository.organisation.units.units import UnitForm
from repository.settings import Settings, environment_of
from repository.wiring import open_repository

UNIT: Final = "bench"
_SCOPES: Final = [Permission.STORE_DOCUMENTS, Permission.READ_DOCUMENTS, Permission.SEARCH]
_PATIENCE: Final = 600  # tenths of a second until a service is ready


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running `tangthu serve`."""

    address: str
    pid: int


@dataclass(frozen=True, kw_only=True)
class Site:
    """Opened engines with a unit and a token in an otherwise empty database."""

    settings: Settings
    token: str

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def raw(self) -> Minio:
        """The plain client, as its makers configure it."""
        scheme, _, place = self.settings.s3_url.partition("://")
        return Minio(
            place, self.settings.s3_access_key, self.settings.s3_secret_key, secure=scheme == "https",
            region=self.settings.s3_region,
        )  # fmt: skip


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tangthu-bench-")))
        found = await stack.enter_async_context(settings_for(data or folder, say=lambda _: None))
        settings = dataclasses.replace(
            found, data=folder, mongo_database=f"bench_{secrets.token_hex(4)}",
            search_url=f"tantivy:{folder / 'bench-search'}", downloads="stream",
        )  # fmt: skip
        async with open_repository(settings) as repository:
            actor = operator("bench")
            await repository.units.create(actor, UnitForm(id=UNIT, name="Đơn vị đo", symbol="ĐO"))
            token, _ = await repository.credentials.issue_token(
                actor, system="bench", unit=UNIT, scopes=_SCOPES, lasts=timedelta(hours=12)
            )
        yield Site(settings=settings, token=token)


@asynccontextmanager
async def service(settings: Settings) -> AsyncIterator[Service]:
    """`tangthu serve` as a child, without a worker: what is owed afterwards is not measured."""
    port = free_port(settings.host, 0)
    address = f"http://{settings.host}:{port}"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops.cli", "serve", stdin=asyncio.subprocess.DEVNULL,
        env=dict(os.environ) | environment_of(settings) | {"TANGTHU_PORT": str(port)},
    )  # fmt: skip
    try:
        for _ in range(_PATIENCE):
            if await asyncio.to_thread(answers, f"{address}/readyz"):
                break
            if child.returncode is not None:
                raise errors.Unavailable(what=f"tangthu serve (mã {child.returncode})")
            await asyncio.sleep(0.1)
        yield Service(address=address, pid=child.pid)
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def locked() -> Retention:
    """The lock that the service gives at birth: raw writes do the same work."""
    return Retention(COMPLIANCE, datetime.now(UTC).replace(microsecond=0) + timedelta(days=1))
