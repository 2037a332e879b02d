"""Every error the program can raise has a row in the catalogue and sentences in both languages that can
be filled.
"""

import ast
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.problems import PROBLEMS, row_of
from repository.errors import KINDS, TangThuError
from tests.house.source import PACKAGES, files, load_everything, name, readme, tree

load_everything()


def kinds(root: type[TangThuError] = TangThuError) -> Iterator[type[TangThuError]]:
    for one in root.__subclasses__():
        if one.__module__.partition(".")[0] in PACKAGES:
            yield one
        yield from kinds(one)


ERRORS = sorted(set(kinds()), key=lambda one: f"{one.__module__}.{one.__name__}")
BY_NAME = {one.__name__: one for one in [*ERRORS, TangThuError]}


def placeholders(sentence: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(sentence) if field is not None}


def test_no_two_errors_share_a_name() -> None:
    assert len(BY_NAME) == len(ERRORS) + 1


@pytest.mark.parametrize("kind", ERRORS, ids=lambda one: one.__name__)
def test_an_error_has_a_row_and_its_sentences(kind: type[TangThuError]) -> None:
    status, slug, vi, en = row_of(kind())
    assert 400 <= status < 600 and slug and vi and en
    assert (
        kind.__mro__[1] in PROBLEMS or kind in PROBLEMS or any(one in PROBLEMS for one in kind.__mro__[1:-2])
    )
    assert kind.__doc__, "says in one line what the situation is"
    assert kind.vi != kind.en
    for language in ("vi", "en"):
        shown = kind(
            **{field: f"«{field}»" for field in placeholders(kind.vi) | placeholders(kind.en)}
        ).sentence(language)
        assert "{" not in shown and "—" not in shown, shown
    assert "—" not in TangThuError.vi


def test_a_refusal_that_nobody_catalogued_would_be_noticed() -> None:
    """Only the root itself may fall back to the row of the root."""
    assert [one for one in ERRORS if row_of(one()) == PROBLEMS[TangThuError]] == []


def test_all_nine_kinds_are_catalogued() -> None:
    assert set(KINDS) <= set(PROBLEMS) and len(KINDS) == 9


def raised() -> Iterator[tuple[str, ast.Call, type[TangThuError]]]:
    """Every place that makes an error, with the facts it gives."""
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                called = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                kind = meant(path, node.func) or BY_NAME.get(called)
                if called in BY_NAME and isinstance(kind, type) and issubclass(kind, TangThuError):
                    yield f"{name(path)}:{node.lineno} {called}", node, kind


def meant(path: Path, called: ast.expr) -> object:
    """What the module means by this name: two modules may have a class of one name, of the program's or not."""
    found: object = sys.modules.get(name(path).removesuffix(".py").replace("/", "."))
    for part in ast.unparse(called).split("."):
        found = getattr(found, part, None)
    return found


def test_whoever_raises_gives_the_facts_that_the_sentences_need() -> None:
    lacking = []
    for where, call, kind in raised():
        given = {one.arg for one in call.keywords}
        if None in given:  # **facts
            continue
        wanted = (placeholders(kind.vi) | placeholders(kind.en)) - given
        if wanted:
            lacking.append(f"{where} lacks {sorted(wanted)}")
    assert not lacking


def test_errors_are_never_raised_without_a_call_when_they_need_facts() -> None:
    bare = []
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name | ast.Attribute):
                raised_name = node.exc.attr if isinstance(node.exc, ast.Attribute) else node.exc.id
                kind = BY_NAME.get(raised_name)
                if kind and placeholders(kind.vi) | placeholders(kind.en):
                    bare.append(f"{name(path)}:{node.lineno} {raised_name}")
    assert not bare


def test_the_readme_shows_the_catalogue() -> None:
    text = readme("api")
    missing = [f"| {status} | `{slug}` | {vi} |" for status, slug, vi, _ in PROBLEMS.values()]
    assert [row for row in missing if row not in text] == []
