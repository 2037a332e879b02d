"""Each claimed obligation has a test that bears its id (`@pytest.mark.clause`); an unknown id is a
mistake.
"""

import ast
from collections import defaultdict
from pathlib import Path

from tests.house.source import ROOT, name, tree

LIST = Path(__file__).with_name("clauses.txt")


def listed() -> dict[str, bool]:
    """Every id, and whether it is claimed."""
    rows = [
        line.split() for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    return {row[0]: row[1:] == ["claimed"] for row in rows}


def marked() -> dict[str, set[str]]:
    """Id → the test modules that bear it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")) + sorted(
        (ROOT / "tests" / "contracts").glob("*.py")
    ):
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "clause"
            ):
                for one in node.args:
                    if isinstance(one, ast.Constant):
                        found[str(one.value)].add(name(path))
    return found


def test_the_list_holds_each_id_once() -> None:
    lines = [
        line.split()[0] for line in LIST.read_text("utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert len(lines) == len(set(lines)) >= 100


def test_no_test_bears_an_unknown_id() -> None:
    known = listed()
    assert {clause: where for clause, where in marked().items() if clause not in known} == {}


def test_every_claimed_clause_has_a_test() -> None:
    tested = marked()
    assert [clause for clause, claimed in listed().items() if claimed and clause not in tested] == []


def test_what_is_tested_is_claimed() -> None:
    claimed = {clause for clause, is_claimed in listed().items() if is_claimed}
    assert sorted(set(marked()) - claimed) == []


def test_the_rest_is_told(capsys) -> None:
    tested, known = marked(), listed()
    waiting = [clause for clause in known if clause not in tested]
    with capsys.disabled():
        print(
            f"\n  obligations with a test: {len(known) - len(waiting)} of {len(known)};",
            "waiting:",
            *waiting,
        )
