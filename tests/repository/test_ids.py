"""Identifiers: opaque, sortable by time, never taken for another kind's."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import errors, ids


def test_an_id_names_its_kind_and_reads_back() -> None:
    one = ids.new("doc")
    assert ids.document_id(one) == one and len(one) == 30
    with pytest.raises(errors.NotFound):
        ids.dossier_id(one)


def test_ids_are_unique_and_sort_by_the_time_of_making() -> None:
    made = []
    for _ in range(5):
        made.append(ids.new("doc"))
        time.sleep(0.002)
    assert made == sorted(made)
    assert len({ids.new("doc") for _ in range(5000)}) == 5000


@given(st.text(max_size=40))
def test_what_cannot_name_anything_names_nothing(junk: str) -> None:
    with pytest.raises(errors.NotFound):
        ids.document_id(junk)


@pytest.mark.parametrize("tail", ["\n", " ", "x", "/..", "\0"])
def test_nothing_may_follow_an_id(tail: str) -> None:
    with pytest.raises(errors.NotFound):
        ids.document_id(ids.new("doc") + tail)
