"""The program's own source as the house tests read it: files, syntax trees, modules, classes."""

import ast
import importlib
import pkgutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("repository", "indexers", "api", "ops")


@cache
def files() -> list[Path]:
    """Every Python file of the four packages."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def name(path: Path) -> str:
    """`repository/blobs/store.py`."""
    return path.relative_to(ROOT).as_posix()


@cache
def load_everything() -> None:
    """Imports every module, so that every subclass is known."""
    for package in PACKAGES:
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            importlib.import_module(found.name)


@cache
def tracked() -> list[Path]:
    """What git keeps; in an exported tree without git, every file outside the tools' own folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        ).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        skipped = {".venv", ".git", "data", "build"}
        listed = [
            name(p) for p in ROOT.rglob("*") if p.is_file() and not skipped & set(p.relative_to(ROOT).parts)
        ]
    return [path for one in listed if one and (path := ROOT / one).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    """Every tracked file that is text."""
    for path in tracked():
        try:
            yield path, path.read_text("utf-8")
        except UnicodeDecodeError:
            continue


def readme(package: str = "") -> str:
    return (ROOT / package / "README.md").read_text("utf-8")
