"""What can be read in one sitting: the walls behind the habits (files 300, functions 40). An exception
has a reason.
"""

import ast
from collections.abc import Iterator

from tests.house.source import files, name, tree

FILE, FUNCTION, METHODS, COLLABORATORS = 400, 60, 12, 6

EXCEPTIONS: dict[str, str] = {
    "repository/evidence/fixity_ledger.py:Ledger": "a table of notes: each method is one statement",
    "repository/blobs/memory.py:MemoryBlobs": "two protocols and what a foreign client can do to a store",
    "repository/signatures/judging/judge.py:Judge": "eight: three of them are settings, not collaborators",
    "repository/signatures/judging/verdicts.py:Verdicts": "seven: two of them are settings, not collaborators",
}
"""`path` or `path:Name` → why it may be larger. Empty is the best state of this table."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def definitions() -> Iterator[tuple[str, ast.AST]]:
    for path in files():
        for node in ast.walk(tree(path)):
            if isinstance(node, Definition | ast.ClassDef):
                yield f"{name(path)}:{node.name}", node


def allowed(found: list[str]) -> list[str]:
    return [one for one in found if one.split(" ")[0] not in EXCEPTIONS]


def test_files() -> None:
    long = [f"{name(p)} {n}" for p in files() if (n := len(p.read_text("utf-8").splitlines())) > FILE]
    assert not allowed(long)


def test_functions() -> None:
    found = [
        f"{where} {length}"
        for where, node in definitions()
        if isinstance(node, Definition) and (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION
    ]
    assert not allowed(found)


def is_exempt(node: ast.ClassDef) -> bool:
    """Protocols are promises and dataclasses are values; their width is their subject's."""
    decorated = {ast.unparse(one).partition("(")[0] for one in node.decorator_list}
    based = {ast.unparse(one) for one in node.bases}
    return "dataclass" in decorated or "Protocol" in based or "BaseModel" in based


def test_classes() -> None:
    found = []
    for where, node in definitions():
        if isinstance(node, ast.ClassDef):
            public = [
                one.name for one in node.body if isinstance(one, Definition) and not one.name.startswith("_")
            ]
            if len(public) > METHODS and not is_exempt(node):
                found.append(f"{where} {len(public)}")
    assert not allowed(found)


def test_constructors() -> None:
    found = []
    for where, node in definitions():
        if isinstance(node, ast.ClassDef) and not is_exempt(node):
            for one in node.body:
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    asked = len(one.args.args) - 1 + len(one.args.kwonlyargs)
                    if asked > COLLABORATORS:
                        found.append(f"{where} {asked}")
    assert not allowed(found)


def test_every_exception_is_still_needed() -> None:
    present = {name(path) for path in files()} | {where for where, _ in definitions()}
    assert set(EXCEPTIONS) <= present and all(EXCEPTIONS.values())
