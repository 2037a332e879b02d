"""Documentation that cannot lag: each command, setting, permission, act and collection stands in the
README it belongs to.
"""

import re
from dataclasses import fields

from ops.cli import COMMANDS
from repository import schema
from repository.access.permissions import ROLE_WORDS, Permission
from repository.audit.actions import WORDS, Action
from repository.policy.formats import Formats
from repository.settings import Settings
from tests.house.source import PACKAGES, ROOT, files, readme


def test_commands() -> None:
    text = readme("ops")
    assert [name for name in COMMANDS if f"`tangthu {name}" not in text] == []
    shown = set(re.findall(r"^\| `tangthu (\w+)", text, re.MULTILINE))
    assert shown == set(COMMANDS)


def test_exit_statuses() -> None:
    text = readme("ops")
    for row in ("| 0 |", "| 1 |", "| 2 |", "| 3 |"):
        assert row in text


def test_settings() -> None:
    shown = re.findall(r"^\| `(TANGTHU_\w+)`", readme("ops"), re.MULTILINE)
    assert sorted(shown) == sorted(f"TANGTHU_{one.name.upper()}" for one in fields(Settings))


def test_permissions_and_roles() -> None:
    text = readme("repository")
    assert [one.value for one in Permission if f"`{one.value}`" not in text] == []
    assert [words for words in ROLE_WORDS.values() if words not in text] == []


def test_acts() -> None:
    text = readme("repository")
    assert [act.value for act in Action if f"`{act.value}` {WORDS[act]}" not in text] == []
    assert set(WORDS) == set(Action)


def test_collections_are_drawn_in_one_place() -> None:
    used = set()
    for path in files():
        used |= set(
            re.findall(r"""(?:database|_database|truth\.database|rows)\["(\w+)"\]""", path.read_text("utf-8"))
        )
    used |= set(schema.INDEXES)
    drawn = set(re.findall(r"^    ([a-z ]+?)  +\S", schema.__doc__ or "", re.MULTILINE))
    assert used <= {word for line in drawn for word in line.split()}


def test_formats() -> None:
    policy = Formats.shipped().on(__import__("datetime").date(2026, 1, 1))
    text = readme("repository")
    assert [name for name in policy.formats if f"`{name}`" not in text] == []


def test_each_package_has_its_readme_and_each_make_target_is_true() -> None:
    for package in PACKAGES:
        assert len(readme(package)) > 400
    top = readme()
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {"run", "test"} <= set(re.findall(r"`?make (\w+)", top)) <= targets


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for package in ("", *PACKAGES):
        folder = ROOT / package
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", readme(package)):
            broken += [] if (folder / target).exists() else [f"{package}/README.md → {target}"]
    assert not broken


def test_file_names_in_the_readmes_exist() -> None:
    """Paths in code marks, from the top: `repository/journal.py`."""
    named = {
        path
        for package in ("", *PACKAGES)
        for path in re.findall(r"`((?:repository|indexers|api|ops|tests)/[\w/.-]+\.\w+)`", readme(package))
    }
    assert named and sorted(one for one in named if not (ROOT / one).exists()) == []


def test_the_version_is_in_the_changelog() -> None:
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
