"""Which rows a part of a set takes: pure."""

from ops.backup.selection import FIRST, Selection

ROWS = {
    "dossiers": [{"_id": "hs-1", "unit": "a"}, {"_id": "hs-2", "unit": "b"}],
    "documents": [
        {"_id": "vb-1", "unit": "a", "dossiers": ["hs-1"], "register": "so-a", "versions": [{"sha256": "1"}]},
        {"_id": "vb-2", "unit": "b", "dossiers": ["hs-1"], "register": "so-b", "versions": [{"sha256": "2"}]},
        {"_id": "vb-3", "unit": "b", "dossiers": ["hs-2"], "register": "so-b", "versions": [{"sha256": "3"}]},
    ],
    "registers": [{"_id": "so-a", "unit": "a"}, {"_id": "so-b", "unit": "b"}],
    "entries": [
        {"_id": "e-1", "register": "so-a", "document": "vb-1"},
        {"_id": "e-2", "register": "so-b", "document": "vb-2"},
        {"_id": "e-3", "register": "so-b", "document": "vb-3"},
        {"_id": "e-4", "register": "so-a", "document": None},
    ],
    "filings": [
        {"_id": "hs-1:vb-1", "dossier": "hs-1", "document": "vb-1"},
        {"_id": "hs-1:vb-2", "dossier": "hs-1", "document": "vb-2"},
        {"_id": "hs-2:vb-3", "dossier": "hs-2", "document": "vb-3"},
    ],
    "texts": [{"_id": "1"}, {"_id": "2"}, {"_id": "3"}],
}


def taken(selection: Selection) -> dict[str, list[str]]:
    for name in FIRST:
        for row in ROWS[name]:
            selection.note(name, row)
    return {name: [row["_id"] for row in rows if selection.takes(name, row)] for name, rows in ROWS.items()}


def test_a_dossier_of_the_unit_comes_with_the_papers_of_others_that_lie_in_it() -> None:
    """With the line of their book, and not with the other unit's whole book."""
    assert taken(Selection(unit="a")) == {
        "dossiers": ["hs-1"], "documents": ["vb-1", "vb-2"], "registers": ["so-a", "so-b"],
        "entries": ["e-1", "e-2", "e-4"], "filings": ["hs-1:vb-1", "hs-1:vb-2"], "texts": ["1", "2"],
    }  # fmt: skip


def test_one_dossier_comes_with_the_lines_of_its_papers() -> None:
    assert taken(Selection(dossier="hs-1")) == {
        "dossiers": ["hs-1"], "documents": ["vb-1", "vb-2"], "registers": ["so-a", "so-b"],
        "entries": ["e-1", "e-2"], "filings": ["hs-1:vb-1", "hs-1:vb-2"], "texts": ["1", "2"],
    }  # fmt: skip
