"""Features write only through the journal: business write, audit record and outbox row together, or none."""

import ast
import re

from ops.backup.increments import LASTING
from tests.house.source import ROOT, files, name, tree

WRITES = {
    "insert_one", "insert_many", "update_one", "update_many", "replace_one", "bulk_write",
    "find_one_and_update",
    "find_one_and_replace", "find_one_and_delete", "delete_one", "delete_many", "drop", "drop_collection",
    "drop_database",
}  # fmt: skip

ALLOWED = {
    "repository/journal.py": "it is the journal",
    "repository/mongo.py": "sends for the journal, in its transaction, several inserts as one message",
    "repository/outbox.py": "marks work as done or parked; the debt itself was written by the journal",
    "repository/signatures/judging/verdicts.py": "verdicts by content hash are derived and can be judged again",
    "repository/signatures/preservation/preservation.py": "how far the review came; its acts went by the journal",
    "indexers/texts.py": "extracted text is derived and can be read again",
    "ops/bench/numbers.py": "the raw side of a measurement, in a database of its own",
    "ops/bench/searching.py": "texts of a measured corpus, in a database of its own",
    "repository/evidence/fixity_runs.py": "runs for a look; what they found was written by the journal",
    "ops/checks/installation.py": "a trial transaction on a row of its own",
    "ops/backup/restoring.py": "puts rows back as they were saved, into a system that was seen to be empty",
    "ops/schedule/runner.py": "when a job ran last; what the job did was written by the journal",
    "repository/audit/sealer.py": "gives records their leaf: the only thing that is ever added to a record",
    "repository/audit/tree.py": "the hashes over what the journal wrote; they can be made again from it",
    "repository/audit/checkpoints.py": "rows that find the signed bytes in the locked bucket",
    "repository/retention/execution.py": "text and verdicts of bytes that were lawfully erased go with them",
    "repository/lease.py": "who leads now is no fact about a document",
}
"""Modules that write to the database by themselves, and why they may."""


def writers() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in files():
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
            ):
                found.setdefault(name(path), []).append(f"{node.lineno} {ast.unparse(node.func)}")
    return found


def test_only_the_named_modules_write_by_themselves() -> None:
    assert {path: calls for path, calls in writers().items() if path not in ALLOWED} == {}


def test_the_list_names_nobody_in_vain() -> None:
    assert set(ALLOWED) <= set(writers())


def test_nothing_is_deleted_but_work_that_is_done() -> None:
    """No feature removes rows: people are disabled, lines annulled, dossiers closed."""
    deleting = {
        path
        for path, calls in writers().items()
        for call in calls
        if call.rpartition(".")[2].startswith(("delete", "drop"))
    }
    assert (
        deleting
        == {
            "repository/outbox.py",
            "ops/backup/restoring.py",
            "repository/retention/execution.py",  # derived text and verdicts, whose bytes went by a council's decision
        }
    )


def test_no_audit_record_is_edited_or_removed() -> None:
    """Records are only ever inserted; the sealer alone updates them, and it sets the leaf and nothing else."""
    written: set[str] = set()
    for path in files():
        text = path.read_text("utf-8")
        assert not re.search(r"""change\.(update|take|insert)\(\s*["']audit["']""", text), path
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WRITES
                and "['audit']" in ast.unparse(node.func.value)
            ):
                written.add(node.func.attr)
    assert written == {"insert_one", "insert_many"}
    holding = {
        name(path)
        for path in files()
        if re.search(r"""= [\w.]+\["audit"\]$""", path.read_text("utf-8"), re.MULTILINE)
    }
    assert {path for path in holding if path in writers()} == {"repository/audit/sealer.py"}
    sealer = tree(ROOT / "repository/audit/sealer.py")
    names = ("UpdateOne", "UpdateMany", "ReplaceOne", "DeleteOne", "DeleteMany")
    updates = [
        ast.unparse(node)
        for node in ast.walk(sealer)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names
    ]
    assert updates == ["UpdateOne({'_id': row['_id'], 'leaf': None}, {'$set': {'leaf': leaf}})"]
    assert writers()["repository/audit/sealer.py"] == [
        one for one in writers()["repository/audit/sealer.py"] if one.endswith("self._records.bulk_write")
    ]


def test_what_increments_read_by_the_log_is_written_by_the_journal_alone() -> None:
    """A backup reads of these collections only the rows that new records name; a write beside is missed."""
    lasting = LASTING - {"audit"}  # the test above
    writing = {"ops/bench/numbers.py"}  # in a database of its own
    for path, calls in writers().items():
        text = (ROOT / path).read_text("utf-8")
        held = {
            attribute
            for attribute, collection in re.findall(r'([\w.]+) = [\w.]+\["(\w+)"\]$', text, re.MULTILINE)
            if collection in lasting
        }
        targets = {call.split(" ", 1)[1].rpartition(".")[0] for call in calls}
        beside = {one for one in targets if one in held or any(f"['{name}']" in one for name in lasting)}
        assert not beside or path in writing, (path, beside)


def test_the_object_store_has_no_way_to_delete() -> None:
    wanted = {"remove_object", "remove_objects", "remove_bucket", "delete_object_lock_config"}
    found = [
        f"{name(path)}:{node.lineno}"
        for path in files()
        # The story tries it, in order to be refused; a place of backups is no content store, and old sets go.
        # The eraser is an identity of its own, see below.
        if not name(path).startswith(("ops/demo/", "ops/backup/s3.py", "repository/retention/eraser.py"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in wanted
    ]
    assert not found


def test_only_retention_holds_the_eraser() -> None:
    """Built by the wiring, used by the execution and the sweep; no route, page, command or other feature names it."""
    naming = {
        name(path)
        for path in files()
        if re.search(r"\beraser\b|\bEraser\b|s3_eraser|S3_ERASER|\.erase\(", path.read_text("utf-8"))
    }
    assert {one for one in naming if not one.startswith("repository/retention/")} == {
        "repository/wiring.py",  # hands it to retention
        "repository/settings.py",
        "repository/blobs/store.py",  # says that it has none
        "repository/blobs/memory.py",  # its twin, for tests
        "ops/stack/addresses.py",  # the local engine's keys
        "ops/stack/seaweed.py",
        "ops/stack/stack.py",
    }
    erasing = {
        name(path)
        for path in files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "erase"
    }
    assert erasing == {"repository/retention/execution.py", "repository/retention/sweep.py"}
    wiring = (ROOT / "repository/wiring.py").read_text("utf-8")
    assert wiring.count("eraser_of(") == 1 and "eraser=eraser or eraser_of(settings)" in wiring
