"""The choice of a sample: the seed and the ids decide, nothing else."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.evidence.choice import Choosing, rank

IDS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), unique=True, max_size=60)
SEEDS = st.text(st.characters(codec="utf-8"), max_size=20)


def chosen(seed: str, size: int, population: list[str]) -> list[str]:
    choosing = Choosing(seed, size)
    for one in population:
        choosing.see(one)
    assert choosing.population == len(population)
    return choosing.picked()


@given(SEEDS, st.integers(1, 70), IDS, st.randoms(use_true_random=False))
def test_the_order_of_reading_decides_nothing(seed, size, population, random) -> None:
    shuffled = random.sample(population, len(population))
    assert chosen(seed, size, population) == chosen(seed, size, shuffled)


@given(SEEDS, st.integers(1, 70), IDS)
def test_it_is_the_smallest_ranks_each_once(seed, size, population) -> None:
    assert chosen(seed, size, population) == sorted(population, key=lambda one: rank(seed, one))[:size]


@given(SEEDS, st.integers(1, 30), IDS)
def test_a_smaller_sample_begins_the_larger_one(seed, size, population) -> None:
    assert chosen(seed, size * 2, population)[:size] == chosen(seed, size, population)


@given(SEEDS, st.integers(1, 30), IDS.filter(bool))
def test_what_was_not_picked_changes_nothing_when_it_goes(seed, size, population) -> None:
    picked = chosen(seed, size, population)
    assert chosen(seed, size, [one for one in population if one in picked]) == picked


def test_a_rank_can_be_worked_out_by_hand() -> None:
    assert rank("hạt", "doc-1") == hashlib.sha256("hạt\ndoc-1".encode()).hexdigest()


@pytest.mark.parametrize("one", range(10))
def test_every_document_has_its_chance(one: int) -> None:
    """Over many seeds each of ten is among three about three times in ten."""
    population = [f"doc-{n}" for n in range(10)]
    often = sum(f"doc-{one}" in chosen(str(seed), 3, population) for seed in range(1000))
    assert 240 < often < 360
