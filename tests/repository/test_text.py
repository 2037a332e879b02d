"""Vietnamese text: whatever is typed, folding and the index terms keep their promises."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import text

LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxyAĂÂĐÊÔƠƯ"
TONES = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
vietnamese = st.lists(
    st.tuples(st.sampled_from(LETTERS + " -/,.0123456789"), st.sampled_from(TONES)).map("".join), max_size=40
).map("".join)
anything = st.one_of(vietnamese, st.text(max_size=60))


@given(anything)
def test_folding_twice_changes_nothing(value: str) -> None:
    once = text.fold(value)
    assert text.fold(once) == once


@given(vietnamese)
def test_a_folded_text_has_only_plain_letters(value: str) -> None:
    assert text.fold(value).isascii()


@given(anything)
def test_the_stored_form_is_stable_and_recognised(value: str) -> None:
    stored = text.nfc(value)
    assert text.nfc(stored) == stored and text.is_nfc(stored)


@given(anything, st.sampled_from(["NFC", "NFD"]))
def test_composed_or_decomposed_is_the_same_to_the_index(value: str, form: str) -> None:
    other = unicodedata.normalize(form, value)
    assert text.fold(other) == text.fold(value)
    assert text.accent_key(other) == text.accent_key(value)


@given(anything)
def test_the_accent_key_is_stable(value: str) -> None:
    once = text.accent_key(value)
    assert text.accent_key(once) == once


@given(vietnamese)
def test_what_is_typed_without_marks_folds_to_the_same(value: str) -> None:
    assert text.fold(text.fold(value)) == text.fold(text.accent_key(value))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"), ("HOÀ BÌNH", "hòa bình"), ("khoẻ", "khỏe"), ("thuý", "thúy"), ("loè", "lòe"),
        ("Nguyễn Thị Thuỳ", "nguyễn thị thùy"), ("xoã", "xõa"), ("hoạ", "họa"), ("tuỵ", "tụy"),
    ],
)  # fmt: skip
def test_either_place_of_the_tone_is_the_same_word(one: str, other: str) -> None:
    assert text.accent_key(one) == text.accent_key(other)


@pytest.mark.parametrize(("one", "other"), [("ma", "má"), ("hòa", "hóa"), ("quý", "quỳ"), ("toán", "toan")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert text.accent_key(one) != text.accent_key(other)
    assert text.fold(one) == text.fold(other)


@pytest.mark.parametrize("word", ["quý", "quỳ", "hoàng", "toán", "thuyền", "loại"])
def test_a_tone_that_has_only_one_place_stays(word: str) -> None:
    assert text.accent_key(word) == word


@pytest.mark.parametrize(
    ("value", "marked"),
    [
        ("quyết định", True),
        ("quyet dinh", False),
        ("đ", True),
        ("71/QD-UBND", False),
        ("71/QĐ-UBND", True),
        ("", False),
    ],
)
def test_whether_the_writer_used_marks(value: str, marked: bool) -> None:
    assert text.has_marks(value) is marked


@pytest.mark.parametrize("alike", ["Ðịnh", "Ɖịnh"])
def test_letters_that_only_look_like_đ_are_repaired(alike: str) -> None:
    assert not text.is_nfc(alike)
    assert text.nfc(alike) == "Định" and text.fold(alike) == "dinh"


numbers = st.builds(
    "{}/{}-{}".format,
    st.integers(1, 9999),
    st.sampled_from(["QĐ", "CT", "KH", "BC", "NQ"]),
    st.sampled_from(["UBND", "VP", "TCKH", "HĐND"]),
)


@given(numbers, vietnamese)
def test_a_document_number_is_one_term_as_well_as_its_parts(number: str, around: str) -> None:
    folded = text.fold(f"{around.replace('/', ' ')} {number} {around.replace('/', ' ')}")
    terms = list(text.terms(folded))
    assert text.fold(number) in terms
    assert number.partition("/")[0] in terms


@given(vietnamese)
def test_terms_are_the_syllables_and_their_neighbours(value: str) -> None:
    folded = text.fold(value)
    words = text.syllables(folded)
    terms = list(text.terms(folded))
    assert terms[: len(words)] == words
    assert all(f"{a}_{b}" in terms for a, b in pairwise(words))
    assert list(text.terms(folded, bigrams=False))[: len(words)] == words


def test_a_long_run_of_digits_and_letters_is_read_in_one_go() -> None:
    """Bytes that were written out as text are one word of many digits: looking for numbers in it took hours."""
    word = "1a" * 100_000
    assert list(text.terms(f"số 71/qđ-ubnd {word}")) == [
        "số", "71", "qđ", "ubnd", word, "số_71", "71_qđ", "qđ_ubnd", f"ubnd_{word}", "71/qđ-ubnd",
    ]  # fmt: skip
