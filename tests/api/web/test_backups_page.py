"""The page Sao lưu: what it says when all is well, when it is late, when nothing is set up; for IT alone."""

from datetime import timedelta

import httpx

from api.web.pages.backups import bars
from repository.access.actors import operator
from repository.clock import SystemClock

ROOT = operator("test")


def backup(
    name: str, *, age: timedelta = timedelta(hours=1), size: int = 1_000_000, new: int = 500_000
) -> dict:
    at = SystemClock().now() - age
    return {
        "_id": name, "kind": "full", "area": name, "place": "/sao-luu", "at": at, "ended": at, "manifest": "0" * 64,
        "head": {"size": 7, "root": ""}, "objects": 3, "bytes": size, "new_objects": 1, "new_bytes": new, "rows": 9,
    }  # fmt: skip


async def test_the_metrics_tell_the_age_of_the_last_good_set(repository, nobody: httpx.AsyncClient) -> None:
    assert "tangthu_backup_age_seconds +Inf" in (await nobody.get("/metrics")).text
    await repository.backups.made(ROOT, backup("20261101T000000000Z", age=timedelta(hours=30)))
    told = {
        line.split()[0]: float(line.split()[1])
        for line in (await nobody.get("/metrics")).text.splitlines()
        if line.startswith(("tangthu_backup", "tangthu_drill"))
    }
    assert 108_000 <= told["tangthu_backup_age_seconds"] < 109_000
    assert told["tangthu_drill_passed"] == 0
    assert (await repository.backups.standing()).late
    await repository.backups.judged(ROOT, "20261101T000000000Z", damaged="mất tệp")
    assert (await repository.backups.standing()).last is None


def test_the_bars_grow_with_the_sets_and_stay_inside_the_picture() -> None:
    found = bars([backup("b", size=200, new=10), backup("a", size=100, new=100)])
    assert [(one["height"], one["new"]) for one in found] == [(50, 50), (100, 5)]
    assert bars([]) == []
