"""The rules of fixity by themselves: what each difference is called, and what is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from repository.blobs import BlobStat, Digest
from repository.evidence import fixity
from repository.evidence.fixity import ADVICE, Claim, Read
from repository.evidence.fixity_rows import claims_of, of_chain
from repository.evidence.fixity_runs import SLICES, _slice_end

NOW = datetime(2026, 11, 23, tzinfo=UTC)
DIGEST = Digest.of(b"x")
STAT = BlobStat(
    digest=DIGEST, size=1, version="v1", lock_mode="COMPLIANCE", locked_until=NOW + timedelta(days=90)
)
CLAIM = Claim(sha256=DIGEST.hex, version="v1", size=1, owner="doc-1", n=1, until=STAT.locked_until)
READ = Read(STAT, DIGEST.hex, 1)


def kinds(found) -> list[str]:
    return [one.kind for one in found]


def test_what_is_as_recorded_is_no_finding() -> None:
    assert kinds(fixity.of_content(CLAIM, READ, NOW)) == []
    assert kinds(fixity.of_versions([STAT], [CLAIM])) == []


@pytest.mark.parametrize(
    ("claim", "read", "kind"),
    [
        (CLAIM, Read(STAT, "0" * 64, 1), "object.changed"),
        (CLAIM, Read(STAT, "0" * 64, 0), "object.short"),
        (CLAIM, Read(replace(STAT, lock_mode=None), DIGEST.hex, 1), "object.unlocked"),
        (CLAIM, Read(replace(STAT, lock_mode="GOVERNANCE"), DIGEST.hex, 1), "object.unlocked"),
        (CLAIM, Read(replace(STAT, locked_until=NOW), DIGEST.hex, 1), "object.unlocked"),
        (CLAIM, Read(replace(STAT, locked_until=NOW + timedelta(days=9)), DIGEST.hex, 1), "object.shortened"),
        (CLAIM, Read(replace(STAT, held=True), DIGEST.hex, 1), "object.hold"),
        (replace(CLAIM, held=True), READ, "object.hold"),
    ],
)
def test_each_difference_has_its_name(claim: Claim, read: Read, kind: str) -> None:
    found = list(fixity.of_content(claim, read, NOW))
    assert kinds(found) == [kind] and found[0].subject == "doc-1" and found[0].todo == ADVICE[kind]


def test_listings_show_markers_strangers_and_absence() -> None:
    marker = replace(STAT, version="v2", marker=True)
    assert kinds(fixity.of_versions([marker, STAT], [CLAIM])) == ["object.marked"]
    assert kinds(fixity.of_versions([STAT, replace(STAT, version="v3")], [CLAIM])) == [
        "object.unknown_version"
    ]
    retired = frozenset({"v3"})
    assert kinds(fixity.of_versions([STAT, replace(STAT, version="v3")], [CLAIM], retired)) == []
    assert kinds(fixity.of_versions([], [CLAIM])) == ["object.missing"]


def test_an_object_without_a_record_is_on_its_way_for_a_day() -> None:
    fresh = replace(STAT, locked_until=NOW + timedelta(hours=23))
    assert fixity.unclaimed(fresh, NOW) is None
    awaiting = replace(STAT, locked_until=NOW - timedelta(hours=30))
    assert fixity.unclaimed(awaiting, NOW) is None, (
        "a sweep a day takes what broke off; until then nobody is alarmed"
    )
    for told, kind in ((STAT, "object.orphan"), (replace(fresh, held=True), "object.orphan"),
                       (replace(STAT, locked_until=None), "object.stale"),
                       (replace(STAT, locked_until=NOW - timedelta(3)), "object.stale")):  # fmt: skip
        found = fixity.unclaimed(told, NOW)
        assert found is not None and found.kind == kind


def test_whatever_a_row_keeps_in_the_store_is_claimed() -> None:
    lock = {"until": NOW, "hold": True}
    row = {"_id": "a", "sha256": "1", "store_version": "v", "bytes": 7,
           "deep": [{"versions": {"sha256": "2", "store_version": "w", "size": 8, "n": 2, "lock": lock}}],
           "not": {"sha256": "3"}}  # fmt: skip
    found = {(one.sha256, one.version, one.size, one.n, one.held) for one in claims_of("things", row)}
    assert found == {("1", "v", 7, 0, False), ("2", "w", 8, 2, True)}


@pytest.mark.parametrize("numbers", [[2, 1], [1, 1], [1, 3], [0, 1]])
def test_versions_out_of_order_are_a_broken_chain(numbers: list[int]) -> None:
    row = {"_id": "d", "versions": [{"n": n, "created_at": NOW} for n in numbers]}
    assert kinds(of_chain(row)) == ["versions.broken"]
    later = {
        "_id": "d",
        "versions": [{"n": 1, "created_at": NOW}, {"n": 2, "created_at": NOW - timedelta(1)}],
    }
    assert kinds(of_chain(later)) == ["versions.broken"]
    assert kinds(of_chain({"_id": "d", "versions": [{"n": 1, "created_at": NOW}]})) == []


def test_slices_cover_everything_in_time() -> None:
    cursor, days = "", 0
    while (end := _slice_end(cursor)) != fixity_end():
        assert end > cursor[:4]
        cursor, days = end.ljust(64, "0"), days + 1
    assert days <= SLICES < 30


def fixity_end() -> str:
    return "g"
