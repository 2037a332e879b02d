"""Each part is broken in turn and seen to fail; the others go on answering."""

import gc
import os
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ops import cli, selfcheck
from ops.checks import installation, records
from ops.checks.installation import Site
from ops.clock import Skew
from repository.clock import FixedClock, SystemClock
from repository.schema import ensure_indexes
from repository.settings import environment_of
from repository.wiring import Repository
from tests.soak.estate import Estate, open_estate

pytestmark = pytest.mark.clause("Đ10.4c")


@pytest.fixture
async def estate(settings, engines):
    async with open_estate(settings, engines) as opened:
        yield opened


@pytest.fixture
def site(repository: Repository) -> Site:
    return Site(settings=repository.settings, clock=SystemClock())


async def broken(site: Site) -> dict[str, str]:
    """Name of each part of the installation that is not fit → what to do."""
    return {one.name: one.todo for one in await selfcheck._ask(installation.PARTS, site) if not one.fit}


async def test_a_sound_office_is_fit(estate: Estate) -> None:
    settings = estate.repository.settings
    lines = await selfcheck.examine(Site(settings=settings, clock=SystemClock()), told=True)
    assert [one.name for one in lines] == [one.name for one in (*installation.PARTS, *records.PARTS)]
    assert [(one.name, one.said) for one in lines if not one.fit] == []
    assert all(one.said and not one.todo for one in lines)
    record = await estate.repository.database["audit"].find_one({"action": "selfcheck.run"})
    assert record["detail"] == {"parts": len(lines), "broken": []}


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("store", "s3_url", "http://127.0.0.1:9"),
        ("store", "s3_bucket", "there-is-none"),
        ("scanner", "clamd_url", "tcp:127.0.0.1:9"),
        ("scanner", "clamd_url", ""),
        ("tls", "host", "0.0.0.0"),
        ("tls", "tls_certificate", "/nowhere/cert.pem"),
    ],
)
async def test_a_part_of_the_installation_that_is_broken_is_named(
    site: Site, part: str, field: str, value: str
) -> None:
    found = await broken(replace(site, settings=replace(site.settings, **{field: value})))
    assert found.get(part)


# PyMongo's monitor drops the socket of an attempt that is cancelled by closing: one that never got to a server.
@pytest.mark.filterwarnings(
    "ignore:unclosed <socket.socket [^>]*laddr=[^>]*'127.0.0.1', [0-9]+.>:ResourceWarning"
)
async def test_a_database_that_is_away_is_named_and_hides_no_other(site: Site) -> None:
    settings = replace(site.settings, mongo_url="mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200")
    lines = {one.name: one for one in await selfcheck.examine(replace(site, settings=settings))}
    assert not lines["database"].fit and not lines["books"].fit and lines["store"].fit and lines["disk"].fit
    assert "không kiểm tra được" in lines["books"].said
    gc.collect()  # those sockets go while this test still answers for them


async def test_a_full_disk_and_a_missing_reader_are_named(site: Site) -> None:
    assert set(await broken(replace(site, room=lambda _: (100 * 2**30, 99 * 2**30, 2**30)))) == {"disk"}
    assert set(await broken(replace(site, path="/nowhere"))) == {"ocr"}


async def test_a_clock_that_is_off_is_named(site: Site) -> None:
    ahead = FixedClock(moment=SystemClock().now() + timedelta(minutes=5))
    line = (await selfcheck._ask(installation.PARTS[-1:], replace(site, clock=ahead)))[0]
    assert line.name == "clock" and not line.fit and "nhanh hơn" in line.said


def test_doubt_about_an_answer_is_no_skew() -> None:
    assert Skew("x", 5.4, 0.5).fit and not Skew("x", -5.6, 0.5).fit


async def test_an_index_of_the_database_that_is_gone_is_named(repository: Repository, site: Site) -> None:
    await repository.database["documents"].drop_index("versions.sha256_1")
    assert set(await broken(site)) == {"indexes"}
    await ensure_indexes(repository.database)
    assert await broken(site) == {}


async def test_a_search_index_that_cannot_be_read_is_named(
    estate: Estate, site: Site, tmp_path: Path
) -> None:
    folder = tmp_path / "search"
    for meta in folder.glob("*/meta.json"):
        meta.write_text("broken")
    assert "search" in await broken(site)


async def test_a_key_that_others_may_read_is_named(estate: Estate, site: Site) -> None:
    key = site.settings.data / "account.key"
    os.chmod(key, stat.S_IRUSR | stat.S_IROTH)
    assert set(await broken(site)) == {"keys"}


async def test_what_is_kept_is_looked_at(estate: Estate) -> None:
    database, now = estate.database, estate.repository.clock.now()
    before = await estate.dump()

    async def seen(part: str) -> None:
        lines = await selfcheck._ask(records.PARTS, estate.indexers)
        assert [one.name for one in lines if not one.fit] == [part]
        await estate.restore(before)

    parked = {"_id": "p", "kind": "x", "subject": {"id": "x"}, "state": "parked", "why": "x", "at": now}
    await database["outbox"].insert_one(parked)
    await seen("queue")
    await database["outbox"].delete_many({})
    owed = parked | {
        "state": "pending",
        "at": now - timedelta(hours=1),
        "not_before": now - timedelta(hours=1),
    }
    await database["outbox"].insert_one(owed)
    await seen("queue")
    await database["outbox"].delete_many({})
    job = {"_id": "accounts", "next": now - timedelta(days=3), "failed": "", "said": ""}
    await database["jobs"].insert_one(job)
    await seen("jobs")
    await database["jobs"].replace_one({"_id": "accounts"}, job | {"next": now, "failed": "hỏng"})
    await seen("jobs")
    await database["jobs"].delete_many({})
    past = {"$set": {"versions.0.lock.until": now - timedelta(days=1)}}
    await database["documents"].update_one({}, past)
    await seen("locks")
    await database["audit"].update_one({"leaf": 3}, {"$set": {"actor.name": "Người khác"}})
    await seen("log")
    await database["entries"].delete_one({"number": 2})
    await seen("books")
    await database["rounds"].insert_one(
        {"_id": "round", "started": now - timedelta(days=40), "ended": None, "cursor": "ab"}
    )
    await seen("fixity")


def test_the_commands_answer_by_their_exit_status(
    engines, settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    assert cli.run(["clock", "--json"]) == 0
    assert cli.run(["clock"]) == 0
    assert '"kernel_synchronised"' in capsys.readouterr().out
    monkeypatch.setenv("TANGTHU_CLAMD_URL", "")
    assert cli.run(["selfcheck"]) == 1
    assert "HỎNG" in capsys.readouterr().out
