"""What every search engine must do, written once; `tests/indexers/test_search_*.py` run it on each."""

import unicodedata
from datetime import date

import pytest

from indexers.search.index import Kind, SearchEntry, SearchQuery, Sort, stated
from repository import errors

OFFICE, WARD = "unit:van-phong", "unit:phuong-1"


def entry(id, subject, **more):
    return SearchEntry(id=id, subject=subject, **({"readers": (OFFICE,), "unit": "van-phong"} | more))


CORPUS = [
    entry("qd-71", "Ban hành Quy chế quản lý văn bản và hồ sơ công việc", symbol="71/QĐ-UBND",
          document_type="Quyết định", issuer="UBND quận", day=date(2018, 5, 4), legal_value="valid",
          body="Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng chịu trách nhiệm thi hành.",
          dossiers=("hs-1",)),
    entry("qd-72", "Sửa đổi Quyết định số 71/QĐ-UBND về hòa giải ở cơ sở", symbol="72/QĐ-UBND",
          document_type="Quyết định", day=date(2019, 1, 2), legal_value="reference"),
    entry("tb-5", "Thông báo lịch tiếp công dân", symbol="05/TB-UBND", document_type="Thông báo",
          day=date(2019, 12, 31), legal_value="valid", readers=(OFFICE, WARD)),
    entry("cv-9", "V/v khoá sổ cuối năm", body="Đề nghị các phòng khoá sổ, đối chiếu số liệu.",
          document_type="Công văn", day=date(2020, 1, 1), readers=(WARD,), unit="phuong-1"),
    entry("cv-10", "Về việc đền bù giải phóng mặt bằng", document_type="Công văn",
          body="Người sử dụng đất được bồi thường theo giá đất cụ thể. Giải thích thêm: mặt bằng giá."),
    entry("hs-1", "Hồ sơ ban hành quy chế", kind=Kind.DOSSIER),
]  # fmt: skip


class SearchIndexContract:
    """A subclass gives the fixture `index`: empty, and closed afterwards."""

    @pytest.fixture
    async def filled(self, index):
        await index.put(CORPUS)
        await index.commit()
        return index

    async def ids(self, index, text="", *, marks=(OFFICE, WARD), **more):
        results = await index.search(SearchQuery(text=text, marks=marks, **more))
        return [hit.id for hit in results.hits]

    async def test_an_empty_index_answers(self, index):
        assert await self.ids(index, "quyết định") == []
        assert await index.count() == 0

    async def test_what_is_put_shows_after_commit(self, filled):
        assert await filled.count() == len(CORPUS)

    @pytest.mark.parametrize(
        "text", ["đền bù giải phóng", "den bu giai phong", "ĐỀN BÙ GIẢI PHÓNG", "Ðền bù giải phóng"]
    )
    async def test_found_with_and_without_marks(self, filled, text):
        assert (await self.ids(filled, text))[0] == "cv-10"

    async def test_decomposed_input_is_the_same_input(self, filled):
        assert await self.ids(filled, unicodedata.normalize("NFD", "tiếp công dân")) == ["tb-5"]

    async def test_decomposed_entries_are_found(self, index):
        await index.put([entry("x", unicodedata.normalize("NFD", "Khiếu nại, tố cáo"))])
        await index.commit()
        assert await self.ids(index, "khiếu nại") == ["x"]

    @pytest.mark.parametrize(
        ("text", "found"), [("hoà giải", "qd-72"), ("hòa giải", "qd-72"), ("khóa sổ", "cv-9")]
    )
    async def test_tone_placement_does_not_matter(self, filled, text, found):
        assert (await self.ids(filled, f'"{text}"')) == [found]

    async def test_the_accented_reading_comes_first(self, index):
        await index.put([entry("ban", "Bàn giao công việc"), entry("bán", "Bán đấu giá")])
        await index.commit()
        assert (await self.ids(index, "bán"))[0] == "bán"
        assert (await self.ids(index, "bàn"))[0] == "ban"
        assert sorted(await self.ids(index, "ban")) == ["ban", "bán"]

    @pytest.mark.parametrize("text", ["71/QĐ-UBND", "71/qd-ubnd", "số 71/QĐ-UBND", "quyết định 071/QĐ-UBND"])
    async def test_the_bearer_of_a_number_comes_before_who_mentions_it(self, filled, text):
        assert (await self.ids(filled, text))[:2] == ["qd-71", "qd-72"]

    async def test_the_beginning_of_a_number_finds(self, filled):
        assert (await self.ids(filled, "71/QĐ"))[0] == "qd-71"
        assert (await self.ids(filled, "5/TB"))[0] == "tb-5"

    async def test_the_subject_weighs_more_than_the_body(self, index):
        filler = "các phòng ban và đơn vị có liên quan"
        await index.put(
            [
                entry("body", filler, body="kế hoạch thanh tra"),
                entry("subject", "kế hoạch thanh tra", body=filler),
            ]
        )
        await index.commit()
        assert await self.ids(index, "kế hoạch thanh tra") == ["subject", "body"]

    async def test_a_phrase_must_stand_together(self, filled):
        assert await self.ids(filled, '"giải phóng mặt bằng"') == ["cv-10"]
        assert await self.ids(filled, "“giai phong mat bang”") == ["cv-10"]
        assert await self.ids(filled, '"mặt bằng giải phóng"') == []

    async def test_a_phrase_does_not_reach_from_subject_into_body(self, filled):
        assert await self.ids(filled, '"mặt bằng người sử dụng"') == []

    async def test_two_words_must_both_occur(self, filled):
        assert await self.ids(filled, "tiếp quy") == []

    async def test_nobody_sees_what_is_not_for_them(self, filled):
        assert "cv-9" not in await self.ids(filled, "", marks=(OFFICE,))
        assert await self.ids(filled, "khoá sổ", marks=("unit:khac",)) == []
        assert await self.ids(filled, "khoá sổ", marks=()) == []
        assert sorted(await self.ids(filled, "", marks=(WARD,))) == ["cv-9", "tb-5"]

    async def test_total_and_facets_speak_only_of_what_may_be_seen(self, filled):
        seen = await filled.search(SearchQuery(marks=(WARD,), limit=1))
        assert seen.total == 2
        assert seen.facets["document_type"] == {"Thông báo": 1, "Công văn": 1}
        assert seen.facets["unit"] == {"van-phong": 1, "phuong-1": 1}
        assert seen.facets["year"] == {"2019": 1, "2020": 1}
        assert seen.facets["legal_value"] == {"valid": 1}

    async def test_facets_follow_the_words(self, filled):
        seen = await filled.search(SearchQuery(text="quyết định", marks=(OFFICE,)))
        assert seen.facets["document_type"] == {"Quyết định": 2}

    async def test_filters(self, filled):
        assert sorted(await self.ids(filled, document_type="Quyết định")) == ["qd-71", "qd-72"]
        assert await self.ids(filled, unit="phuong-1") == ["cv-9"]
        assert await self.ids(filled, dossier="hs-1") == ["qd-71"]
        assert await self.ids(filled, legal_value="reference") == ["qd-72"]
        assert await self.ids(filled, kind=Kind.DOSSIER) == ["hs-1"]
        assert await self.ids(filled, kind=Kind.REGISTER_ENTRY) == []

    async def test_days_are_inclusive_at_both_ends(self, filled):
        assert await self.ids(filled, date_from=date(2019, 12, 31), date_to=date(2019, 12, 31)) == ["tb-5"]
        assert sorted(await self.ids(filled, date_from=date(2019, 12, 31))) == ["cv-9", "tb-5"]
        assert await self.ids(filled, date_to=date(2018, 12, 31)) == ["qd-71"]

    async def test_sorted_by_day_with_the_undated_last(self, filled):
        oldest = ["qd-71", "qd-72", "tb-5", "cv-9"]
        assert await self.ids(filled, sort=Sort.OLDEST) == [*oldest, "cv-10"]
        assert await self.ids(filled, sort=Sort.NEWEST) == [*reversed(oldest), "cv-10"]
        assert await self.ids(filled, "quyết định", sort=Sort.OLDEST) == ["qd-71", "qd-72"]

    async def test_pages_add_up(self, filled):
        pages = [await self.ids(filled, sort=Sort.OLDEST, limit=2, offset=at) for at in (0, 2, 4, 6)]
        assert [one for page in pages for one in page] == await self.ids(filled, sort=Sort.OLDEST)

    async def test_beyond_the_window_is_refused(self, filled):
        with pytest.raises(errors.Invalid):
            await self.ids(filled, offset=10_000)

    async def test_an_entry_put_again_replaces_the_old_one(self, filled):
        await filled.put([entry("cv-10", "Thu hồi đất")])
        await filled.commit()
        assert await self.ids(filled, "thu hồi đất") == ["cv-10"]
        assert await self.ids(filled, "giải phóng mặt bằng") == []
        assert await filled.count() == len(CORPUS)

    async def test_the_last_of_two_in_one_batch_stays(self, index):
        await index.put([entry("x", "cũ"), entry("x", "mới")])
        await index.commit()
        assert (await self.ids(index, "moi"), await self.ids(index, "cu"), await index.count()) == (
            ["x"],
            [],
            1,
        )

    async def test_removed_is_gone_and_removing_nothing_is_no_error(self, filled):
        await filled.remove(["tb-5", "never-was"])
        await filled.commit()
        assert await self.ids(filled, "tiếp công dân") == []

    async def test_a_rebuild_replaces_everything_at_once(self, filled):
        async def two():
            yield entry("new-1", "một")
            assert await self.ids(filled, "tiếp công dân") == ["tb-5"], "the old index answers meanwhile"
            yield entry("new-2", "hai")

        assert await filled.rebuild(two()) == 2
        assert sorted(await self.ids(filled)) == ["new-1", "new-2"]
        await filled.put([entry("new-3", "ba")])
        await filled.commit()
        assert await filled.count() == 3

    async def test_a_failed_rebuild_leaves_the_old_index(self, filled):
        async def broken():
            yield entry("new-1", "một")
            raise OSError("the database went away")

        with pytest.raises(OSError, match="went away"):
            await filled.rebuild(broken())
        assert await self.ids(filled, "tiếp công dân") == ["tb-5"]

    @pytest.mark.parametrize(
        "text",
        [
            '"',
            '""',
            '" AND (',
            "* OR *:*",
            "subject:công",
            "a^5 ~2 [1 TO 2] {x}",
            "\\",
            "/.*/",
            "\x00\x01",
            "😀 ﷽",
            "-",
            "+",
            "NOT",
            "/" * 50,
            "1/" + "a-" * 300,
            "ă" * 5000,
            "từ " * 3000,
            '{"match_all":{}}',
            "'; drop",
            "<em>x</em>",
            "\ud800",
        ],
    )
    async def test_no_text_raises(self, filled, text):
        results = await filled.search(SearchQuery(text=text, marks=(OFFICE,)))
        assert results.total <= len(CORPUS)

    async def test_operators_are_words(self, filled):
        assert await self.ids(filled, "*") == []
        assert await self.ids(filled, "subject:zzz OR kind:document") == []

    async def test_a_long_question_is_answered(self, filled):
        asked = "Người sử dụng đất được bồi thường như thế nào khi nhà nước giải phóng mặt bằng?"
        assert (await self.ids(filled, asked))[0] == "cv-10"

    async def test_an_index_tells_what_it_holds_and_what_each_was_made_from(self, filled):
        assert {one async for one in filled.holdings()} == {(one.id, stated(one)) for one in CORPUS}
        changed = entry("tb-5", "Thông báo đã sửa", readers=("all",))
        await filled.put([changed])
        await filled.remove(["cv-9"])
        await filled.commit()
        held = dict([one async for one in filled.holdings()])
        assert held["tb-5"] == stated(changed) and "cv-9" not in held and len(held) == len(CORPUS) - 1

    async def test_an_index_never_filled_holds_nothing(self, index):
        assert [one async for one in index.holdings()] == []
