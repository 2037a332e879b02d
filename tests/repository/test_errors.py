"""Errors are sentences with facts, in both languages."""

import pytest

from repository import errors


def test_facts_fill_the_sentence_and_are_attributes() -> None:
    fault = errors.TooLarge(filename="a.pdf", limit=5)
    assert fault.filename == "a.pdf" and fault.limit == 5
    assert str(fault) == fault.sentence("vi") == "Tệp a.pdf vượt giới hạn 5 byte."
    assert fault.sentence("en") == "File a.pdf exceeds the limit of 5 bytes."
    with pytest.raises(AttributeError):
        _ = fault.colour


def test_a_forgotten_fact_does_not_hide_the_error() -> None:
    assert str(errors.NotFound()) == "Không tìm thấy —."


def test_a_fact_with_braces_is_shown_as_it_is() -> None:
    assert "{x}" in str(errors.NotFound(what="{x}"))


def test_single_faults_are_listed() -> None:
    listed = [{"pointer": "/subject", "detail": "bắt buộc phải có"}]
    assert errors.Invalid(why="x", errors=listed).errors == listed
    assert errors.Invalid(why="x").errors == [] and errors.Invalid(why="x", errors="no list").errors == []


def test_kinds_are_told_apart_by_their_remedy() -> None:
    assert all(issubclass(kind, errors.TangThuError) and kind.__doc__ for kind in errors.KINDS)
    assert issubclass(errors.Stale, errors.Conflict) and errors.Stale not in errors.KINDS
