"""The words of the code are the field's words: each package folder and each kind of thing stands in the
glossary.
"""

import re

from repository import ids
from repository.documents.metadata import Metadata
from tests.house.source import ROOT, readme


def glossary() -> list[tuple[str, str, str]]:
    """English, Vietnamese, meaning."""
    section = readme("repository").partition("## Glossary")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
    return [row for row in rows if not set(row[0]) <= set("-: ") and row[0] != "English"]


def test_every_row_has_three_words() -> None:
    rows = glossary()
    assert len(rows) >= 30
    assert all(all(cell.strip() for cell in row) for row in rows)
    terms = [row[0] for row in rows]
    assert len(terms) == len(set(terms))


def test_every_feature_folder_is_explained() -> None:
    folders = {one.parent.name for one in (ROOT / "repository").glob("*/__init__.py")}
    text = readme("repository")
    assert [one for one in sorted(folders) if f"`{one}/`" not in text] == []


def test_the_things_of_the_contract_are_in_the_glossary() -> None:
    words = " ".join(row[0].casefold() for row in glossary())
    things = ["document", "version", "register", "entry", "dossier", "unit", "legal value", "symbol",
     "subject", "digest",
              "journal", "outbox", "audit record", "signature", "scan declaration", "blob", "annul",
              "lock"]  # fmt: skip
    assert [one for one in things if one not in words] == []
    assert ids.new("doc").startswith("doc-") and "subject" in Metadata.model_fields


def test_vietnamese_words_bear_their_marks() -> None:
    from repository import text

    plain = [row[1] for row in glossary() if not text.has_marks(row[1])]
    assert plain == []
    assert all(text.is_nfc(row[1]) for row in glossary())


def test_the_first_hour_leads_through_seven_files_that_exist() -> None:
    section = readme("repository").partition("## A newcomer's first hour")[2].partition("\n## ")[0]
    steps = re.findall(r"^\d+\. ", section, re.MULTILINE)
    paths = re.findall(r"`((?:repository|indexers|api|ops|tests)/[\w/.-]+\.\w+)`", section)
    assert len(steps) == 7 and len(paths) >= 7
    assert [one for one in paths if not (ROOT / one).exists()] == []
