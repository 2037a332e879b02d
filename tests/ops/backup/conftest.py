"""A living system with a little of everything, a key, and a folder to back up into."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.backup.keys import Key
from ops.backup.opening import sets_of
from ops.backup.sets import Sets
from repository.dossiers.dossiers import DossierForm
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.factories import District, make_district, stored


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    Key.make(tmp_path / "backup.key")
    return dataclasses.replace(
        settings,
        data=tmp_path / "data",
        backup_to=str(tmp_path / "place"),
        backup_key=str(tmp_path / "backup.key"),
    )


@pytest.fixture
async def repository(settings: Settings, clock) -> AsyncIterator[Repository]:
    async with open_repository(settings, clock=clock) as opened:
        yield opened
        await opened.database.client.drop_database(settings.mongo_database)


@pytest.fixture
async def office(repository: Repository) -> District:
    """Two units, books, registered papers, a dossier, a sealed log."""
    district = await make_district(repository)
    form = DossierForm(code="01", title="Hồ sơ đất đai")
    dossier = await repository.dossiers.open(district.clerk, form)
    for number in range(3):
        document = await stored(repository, district.clerk, f"Văn bản số {number}".encode())
        await repository.documents.register(district.clerk, document["_id"])
        await repository.dossiers.file(district.clerk, dossier["_id"], document["_id"])
    await stored(repository, district.foreign_clerk, b"x" * 5_000_000)
    await repository.log.sealer.catch_up()
    return district


@pytest.fixture
def sets(settings: Settings) -> Sets:
    return sets_of(settings)
