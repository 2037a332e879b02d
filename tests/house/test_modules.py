"""Each module says what it knows, and none is a drawer."""

import ast

import pytest

from tests.house.source import PACKAGES, ROOT, files, name, tree

DRAWERS = (
    "util",
    "utils",
    "manager",
    "managers",
    "helper",
    "helpers",
    "common",
    "base",
    "core",
    "misc",
    "shared",
)


@pytest.mark.parametrize("path", files(), ids=name)
def test_a_module_begins_with_what_it_knows(path) -> None:
    said = ast.get_docstring(tree(path))
    assert said, "no docstring"
    assert path.name == "wiring.py" or len(said.split()) >= 3
    # The collections and the object layout are drawn once, in the docstring of the module that owns them.
    assert name(path) == "repository/schema.py" or len(said.splitlines()) <= 14


def test_no_module_is_a_drawer() -> None:
    folders = [one for package in PACKAGES for one in (ROOT / package).rglob("*") if one.is_dir()]
    assert [name(one) for one in [*files(), *folders] if one.stem.lower() in DRAWERS] == []


def test_no_class_is_named_for_doing_anything() -> None:
    vague = ("Manager", "Helper", "Utils", "Impl", "Base")
    found = [
        f"{name(path)}:{node.name}"
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(vague)
    ]
    assert not found


def test_the_top_level_holds_only_what_tools_demand() -> None:
    from tests.house.source import tracked

    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    demanded = {
        ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md", "pyproject.toml",
        "requirements.lock",
    }  # fmt: skip
    assert top - demanded == {*PACKAGES, "tests"}
