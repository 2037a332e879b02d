"""A large dossier as an archive package: out and in again in pieces, with every byte the same."""

import asyncio
import dataclasses
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from repository.archive_packages.contents import Kind
from repository.archive_packages.importing import STORED
from repository.archive_packages.packing import Asked
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.settings import Settings
from tests.factories import metadata, stream

COUNT, LARGE, ROOM = 500, 256 * 1024 * 1024, 160 * 1024 * 1024
LINE = "Văn bản dài, dòng này lặp lại.\n".encode() * 4096


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, max_file_size=2 * LARGE)


async def long_text() -> AsyncIterator[bytes]:
    for _ in range(LARGE // len(LINE)):
        yield LINE


class Room:
    """How much more memory this process came to hold than at the start."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._begun, self.most = self._process.memory_info().rss, 0

    async def watch(self) -> None:
        while True:
            self.most = max(self.most, self._process.memory_info().rss - self._begun)
            await asyncio.sleep(0.05)


async def digests(repository, dossier: str) -> list[list[str]]:
    rows = await repository.database["filings"].find({"dossier": dossier}).sort("order", 1).to_list(None)
    found = [await repository.database["documents"].find_one({"_id": row["document"]}) for row in rows]
    return [[version["sha256"] for version in one["versions"]] for one in found]


@pytest.mark.soak
@pytest.mark.timeout(3000)
async def test_a_large_dossier(repository, district, tmp_path: Path) -> None:
    clerk = district.clerk
    dossier = await repository.dossiers.open(
        clerk, DossierForm(code="01", title="Hồ sơ lớn", retention="20 năm")
    )
    for n in range(COUNT):
        content = long_text() if n == 0 else stream(f"Văn bản thứ {n}".encode())
        received = await repository.intake.receive(clerk, content, filename=f"{n}.txt")
        wanted = metadata(subject=f"Văn bản thứ {n}", dossier_id=dossier["_id"], symbol=f"{n}/VP")
        await repository.documents.store(clerk, wanted, [received])
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm())
    packages, path = repository.archive_packages, tmp_path / "goi.zip"
    room = Room()
    watching = asyncio.create_task(room.watch())
    begun = time.monotonic()
    async with packages.packing.package(clerk, dossier["_id"], Asked(kind=Kind.AIP)) as ready:
        with path.open("wb") as out:
            async for piece in ready.pieces:
                out.write(piece)
    sent, outward = time.monotonic() - begun, room.most
    begun = time.monotonic()
    taken = await packages.importing.take(district.foreign_clerk, path)
    took = time.monotonic() - begun
    watching.cancel()
    print(
        f"\n{COUNT} papers, {path.stat().st_size:,} bytes: out in {sent:.1f} s, in in {took:.1f} s;"
        f" memory +{outward / 1e6:.0f} MB out, +{room.most / 1e6:.0f} MB in all"
    )
    assert [one.outcome for one in taken.lines] == [STORED] * COUNT and taken.closed and not taken.warnings
    assert await digests(repository, taken.dossier) == await digests(repository, dossier["_id"])
    assert (await digests(repository, dossier["_id"]))[0][0] == hashlib.sha256(
        LINE * (LARGE // len(LINE))
    ).hexdigest()
    assert room.most < ROOM
