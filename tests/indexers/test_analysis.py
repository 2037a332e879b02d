"""From what is typed to terms."""

import pytest

from indexers.search import analysis
from indexers.search.index import SearchEntry


def fields_of(text):
    return {clause.field for clause in analysis.question(text).clauses}


def test_a_query_without_marks_asks_only_the_folded_fields():
    assert fields_of("quyet dinh") == {"text_folded", "subject_folded"}
    assert fields_of("quyết định") == {"text", "subject", "text_folded", "subject_folded"}


def test_nothing_typed_is_everything_and_signs_alone_are_nothing():
    assert analysis.question("  ").everything
    signs = analysis.question("?!*")
    assert not signs.everything
    assert (signs.clauses, signs.words) == ((), ())


def test_document_numbers_are_whole_and_without_leading_zeros():
    assert analysis.document_numbers("theo 05/QĐ-UBND và 30/2020/NĐ-CP") == ["5/qd-ubnd", "30/2020/nd-cp"]
    assert analysis.document_numbers("năm 2020, điều 5") == []


def test_a_number_is_stored_with_its_beginnings():
    assert analysis.entry_terms(SearchEntry(id="x", symbol="71/QĐ-UBND")).number == ["71/qd", "71/qd-ubnd"]


def test_all_of_a_typed_number_must_be_there():
    asked = analysis.question("71/QĐ-UBND")
    assert (asked.minimum, set(asked.words)) == (3, {"71", "qd", "ubnd"})


@pytest.mark.parametrize(("words", "needed"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (6, 3), (30, 10)])
def test_how_many_words_must_occur(words, needed):
    assert analysis.minimum_of(words) == needed


def test_quoted_words_are_phrases():
    asked = analysis.question('báo cáo "tình hình thu chi" “quy iv”')
    assert [(one.field, one.words) for one in asked.phrases] == [
        ("text", ("tình", "hình", "thu", "chi")),
        ("text_folded", ("quy", "iv")),
    ]
    assert analysis.question('một "dấu lẻ').phrases == ()


def test_a_pasted_page_asks_a_bounded_question():
    asked = analysis.question(" ".join(f"từ{n}" for n in range(5000)))
    assert len(asked.words) == analysis.LONGEST_QUERY
    assert len(asked.clauses) <= 8 * analysis.LONGEST_QUERY
