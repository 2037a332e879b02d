"""Audit records: the hash covers values, so any copy read back agrees, and any change is seen."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.access.actors import operator
from repository.audit import Action, Subject, canonical, content_hash, make
from repository.wiring import Repository

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
keys = words.filter(lambda key: key and "." not in key and not key.startswith("$"))
plain = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), words)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
values = st.recursive(
    st.one_of(plain, moments, st.dates(date(1990, 1, 1))),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
details = st.dictionaries(keys, values, max_size=4)
AT = datetime(2026, 11, 23, 1, 2, 3, 456_000, tzinfo=UTC)


def record(detail: dict, at: datetime = AT) -> dict:
    actor = operator("test").as_row()
    subject = Subject("document", "doc-1")
    return make(
        at=at, actor=actor, action=Action.DOCUMENT_STORED, subject=subject, detail=detail, also=["hs-1"]
    )


@given(details)
def test_a_record_hashes_to_what_it_bears(detail: dict) -> None:
    made = record(detail)
    assert content_hash(made) == made["hash"] and len(made["hash"]) == 64


async def test_a_record_read_back_from_the_database_has_the_same_hash(repository: Repository) -> None:
    samples = [
        {
            "at": AT,
            "day": date(2026, 1, 2),
            "n": 5,
            "none": None,
            "yes": True,
            "nested": {"a": [AT, {"b": "đ"}]},
        },
        {"vi": "Quyết định số 71/QĐ-UBND", "emoji": "📄", "quote": '"\\\n\t', "big": 2**53 - 1, "empty": {}},
        {"zone": AT.astimezone(timezone(timedelta(hours=7))), "fine": AT + timedelta(microseconds=999)},
    ]
    drawn = [_example(seed) for seed in range(30)]
    rows = [record(one) for one in [*samples, *drawn]]
    await repository.database["audit"].insert_many([dict(one) for one in rows])
    for made in rows:
        read = await repository.database["audit"].find_one({"_id": made["_id"]})
        assert read is not None and content_hash(read) == read["hash"] == made["hash"], made


def _example(seed: int) -> dict:
    """A detail of many shapes, the same in every run."""
    import random

    pick = random.Random(seed)
    word = "".join(pick.choice("aáđêợ \"'\\{}\u2028é漢") for _ in range(pick.randrange(12)))
    return {
        f"k{n}": pick.choice([word, seed, None, [word, seed], {"in": word}, AT])
        for n in range(pick.randrange(5))
    }


@pytest.mark.parametrize("field", ["at", "actor", "action", "subject", "also", "detail", "_id"])
def test_any_changed_field_changes_the_hash(field: str) -> None:
    made = record({"n": 1})
    changed = made | {field: "something else"}
    assert content_hash(changed) != made["hash"]


def test_the_place_in_the_sealed_tree_is_outside_the_hash() -> None:
    made = record({})
    assert content_hash(made | {"leaf": 7}) == made["hash"]


def test_the_canonical_bytes_do_not_depend_on_the_order_of_fields() -> None:
    made = record({"b": 1, "a": 2})
    assert canonical(dict(reversed(list(made.items())))) == canonical(made)


def test_equal_moments_in_other_zones_are_the_same_value() -> None:
    there = AT.astimezone(timezone(timedelta(hours=7)))
    assert content_hash(record({}) | {"_id": "x", "at": there}) == content_hash(record({}) | {"_id": "x"})
