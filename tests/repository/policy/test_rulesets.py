"""Rules are dated data: a document is judged by the set in force on its date."""

from datetime import date

import pytest

from repository import errors
from repository.policy.formats import Formats
from repository.policy.rulesets import RuleSets

SETS = [
    {"in_force": date(2020, 3, 5), "source": "second"},
    {"in_force": date(2018, 1, 16), "source": "first"},
]


@pytest.mark.clause("QĐ.2")
@pytest.mark.parametrize(
    ("day", "source"),
    [
        (date(2018, 1, 16), "first"), (date(2020, 3, 4), "first"), (date(2020, 3, 5), "second"),
        (date(2030, 1, 1), "second"), (date(1999, 1, 1), "first"),
    ],
)  # fmt: skip
def test_the_set_in_force_on_the_day_decides(day: date, source: str) -> None:
    assert RuleSets(name="x", sets=SETS).on(day)["source"] == source


def test_a_name_without_any_set_is_refused() -> None:
    with pytest.raises(errors.Invalid):
        RuleSets(name="x", sets=[])


@pytest.mark.parametrize("name", ["formats", "legal_value", "trust"])
def test_shipped_sets_are_dated_and_name_their_source(name: str) -> None:
    sets = RuleSets.shipped(name).all()
    days = [one["in_force"] for one in sets]
    assert days == sorted(set(days)) and all(one["source"] for one in sets)


def test_the_quy_che_is_in_force_from_its_signing_day() -> None:
    assert RuleSets.shipped("legal_value").all()[0]["in_force"] == date(2018, 1, 16)
    changed = RuleSets.shipped("legal_value")
    assert changed.on(date(2020, 3, 4)) != changed.on(date(2020, 3, 5))


@pytest.mark.clause("Đ6.2a", "PL2.III.1.3")
def test_the_list_is_the_union_of_both_articles() -> None:
    policy = Formats.shipped().on(date(2026, 1, 1))
    editable = {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp"}
    read_only = {"pdf", "tiff", "jpeg", "png"}
    annex = {"txt", "doc", "docx", "csv", "xls", "xlsx", "pdf"}
    assert editable | read_only | annex <= set(policy.formats)
    assert not {"exe", "html", "svg", "docm", "js"} & set(policy.formats)


def test_formats_and_warnings_are_fully_described() -> None:
    policy = Formats.shipped().on(date(2026, 1, 1))
    for one in policy.formats.values():
        assert one.label and "/" in one.media_type and one.extensions and one.clause
    for code, words in policy.warnings.items():
        assert words["vi"] and words["en"] and policy.warning(code) == words["vi"]
    assert policy.warning("of another set") == "of another set"
