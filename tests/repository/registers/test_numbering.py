"""Numbers and symbols as Decree 30/2020 writes them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import errors
from repository.registers import numbering


@given(st.integers(1, 10_000))
def test_a_number_reads_back_and_has_two_digits_at_least(number: int) -> None:
    shown = numbering.written(number)
    assert int(shown) == number and len(shown) >= 2


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"number": 5, "document_type": "QĐ", "unit_symbol": "UBND"}, "05/QĐ-UBND"),
        ({"number": 71, "document_type": "QĐ", "unit_symbol": "UBND"}, "71/QĐ-UBND"),
        ({"number": 128, "document_type": "TTr", "unit_symbol": "TCKH"}, "128/TTr-TCKH"),
        ({"number": 15, "document_type": "CV", "unit_symbol": "UBND", "drafter": "VP"}, "15/UBND-VP"),
        ({"number": 9, "document_type": "CV", "unit_symbol": "UBND"}, "09/UBND"),
        ({"number": 3, "document_type": "ThC", "unit_symbol": "UBND"}, "03/UBND"),
    ],
)
def test_symbols(facts: dict, expected: str) -> None:
    assert numbering.symbol(**facts) == expected


@given(st.sampled_from(sorted(numbering.TYPES)), st.sampled_from(["lower", "upper", "title"]))
def test_a_type_is_known_by_its_code_and_its_name(code: str, form: str) -> None:
    assert numbering.type_of(code) == code
    name = getattr(numbering.TYPES[code], form)()
    assert numbering.TYPES[numbering.type_of(name)] == numbering.TYPES[code]


@pytest.mark.parametrize(
    ("typed", "code"), [("quyet dinh", "QĐ"), ("Quyết Định", "QĐ"), ("to trinh", "TTr"), ("cv", "CV")]
)
def test_a_type_is_found_as_people_type_it(typed: str, code: str) -> None:
    assert numbering.type_of(typed) == code


@pytest.mark.parametrize("typed", ["", "THƠ", "QĐ ", "quyết"])
def test_an_unknown_type_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(errors.Invalid) as refused:
        numbering.type_of(typed)
    assert refused.value.errors[0]["pointer"] == "/document_type"


def test_names_and_codes_are_each_used_once() -> None:
    names = list(numbering.TYPES.values())
    assert len(set(names)) == len(names) >= 29


def test_a_book_is_of_the_local_year() -> None:
    assert numbering.year_of(date(2027, 1, 1)) == 2027
