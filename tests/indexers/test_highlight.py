"""Highlights: the right pieces, the right ranges, and nothing that a page would take for markup."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.search.highlight import WIDTH, snippets, whole

LONG = (
    ("Văn bản không liên quan. " * 40)
    + "Điều 5. Bồi thường khi thu hồi đất nông nghiệp. "
    + ("Chữ khác. " * 200)
)


def test_words_typed_without_marks_light_the_marked_ones():
    assert whole("Quyết định về hòa giải", "hoa giai").as_html() == "Quyết định về <em>hòa giải</em>"


def test_decomposed_text_is_lit_at_the_right_places():
    found = whole(unicodedata.normalize("NFD", "Bồi thường"), "thường")
    assert [found.text[a:b] for a, b in found.marks] == ["thường"]


def test_a_number_is_lit_whole():
    assert whole("Căn cứ 05/QĐ-UBND ngày 1", "5/qđ-ubnd").as_html() == "Căn cứ <em>05/QĐ-UBND</em> ngày 1"


def test_part_of_a_word_is_not_lit():
    assert whole("banh bàn", "ban").as_html() == "banh <em>bàn</em>"


def test_the_snippet_shows_where_most_words_meet():
    (first, *_) = snippets(LONG, "bồi thường thu hồi đất")
    assert "Bồi thường khi thu hồi đất nông nghiệp" in first.text
    assert first.text.startswith("… ")
    assert first.text.endswith(" …")
    assert "<em>Bồi thường</em> khi <em>thu hồi đất</em>" in first.as_html()


def test_no_word_no_snippet():
    assert snippets(LONG, "xyz") == []
    assert snippets("", "đất") == []
    assert snippets(LONG, "") == []


def test_at_most_three_that_do_not_overlap():
    text = " ".join(f"{'đệm ' * 80} điểm {n}" for n in range(9))
    found = snippets(text, "điểm")
    assert len(found) == 3
    assert len({one.text for one in found}) == 3


def test_markup_in_a_text_is_text():
    lit = whole('<script>alert("đất")</script> & đất', "đất").as_html()
    assert lit == "&lt;script&gt;alert(&quot;<em>đất</em>&quot;)&lt;/script&gt; &amp; <em>đất</em>"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=600), st.text(max_size=40))
def test_any_text_and_query_give_ranges_in_order_inside_the_snippet(text, query):
    for snippet in [whole(text, query), *snippets(text, query)]:
        flat = [place for mark in snippet.marks for place in mark]
        assert flat == sorted(flat)
        assert not flat or (flat[0] >= 0 and flat[-1] <= len(snippet.text))
        assert len(snippet.text) <= max(len(text) * 3, 2 * WIDTH)
