"""The benchmarks' own arithmetic, how the command is asked, and a small run on the session's engines."""

import io
import json
from datetime import date
from pathlib import Path

import pypdfium2
import pytest

from ops.bench import command, rounds, searching, site, transfer
from ops.cli import run
from ops.stack import EngineAddresses
from repository.ingest.sniff import sniff
from repository.policy.formats import Formats


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ("", {"ingest": None, "download": None, "search": None}),
        ("download", {"download": None}),
        ("relevance kho", {"relevance": Path("kho")}),
        ("search kho ingest", {"search": Path("kho"), "ingest": None}),
        ("search relevance kho", {"search": None, "relevance": Path("kho")}),
        ("relevance", None),
        ("ingest kho", None),
        ("search a b", None),
        ("nhanh", None),
    ],
)
def test_how_it_is_asked(words, chosen):
    assert command.parse(words.split()) == chosen


def test_a_name_that_does_not_exist_is_bad_usage(capsys):
    assert run(["bench", "nhanh"]) == 2
    assert "ingest" in capsys.readouterr().out


def test_ratios_are_taken_round_by_round():
    took = iter([0, 0, 1.0, 2.0, 3.0, 3.0, 2.0, 1.0, 4.0, 1.0])
    pairs = rounds.paired(lambda _: next(took), lambda _: next(took), rounds=2, each=2)
    assert pairs == [(4.0, 5.0), (3.0, 5.0)]
    told = rounds.figures([(4.0, 2.0), (2.0, 2.0), (8.0, 2.0)], each=4, unit="files")
    assert told["ratio"] == {"median": 0.5, "min": 0.25, "max": 1.0}
    assert told["ours"]["median"] == 1.0
    assert rounds.percentiles([n / 1000 for n in range(1, 102)]) == {
        "p50_ms": 51,
        "p95_ms": 96,
        "max_ms": 101,
    }


@pytest.mark.parametrize("size", [2000, transfer.MIB])
async def test_the_files_are_true_pdfs_of_the_size_wanted_and_all_differ(size, tmp_path):
    one, other = transfer.pdf_of(size), transfer.pdf_of(size)
    assert len(one) == len(other) == size
    assert one != other
    assert len(pypdfium2.PdfDocument(io.BytesIO(one))) == 1
    path = tmp_path / "a.pdf"
    path.write_bytes(one)
    found = await sniff(path, size, "a.pdf", Formats.shipped().on(date(2026, 1, 1)))
    assert (found.format.name, found.warnings) == ("pdf", ())


@pytest.fixture
async def opened(engines: EngineAddresses, monkeypatch, tmp_path):
    for name, value in engines.as_environment().items():
        monkeypatch.setenv(name, value)
    async with site.opened(tmp_path) as found:
        yield found


async def test_a_small_run_of_each(opened, monkeypatch):
    ingest = await transfer.ingest(opened, rounds=2, each=1, size=20_000)
    assert ingest["scanned"]["verdicts"] == ["clean"]
    assert ingest["not_scanned"]["verdicts"] == ["not_scanned"]
    assert ingest["scanned"]["rounds"] == 2
    download = await transfer.download(opened, rounds=1, size=transfer.MIB)
    assert download["redirect"]["ratio"]["median"] > 0
    assert download["stream"]["ratio"]["median"] > 0
    monkeypatch.setattr(searching, "_MADE", 30)
    stored = 3 + 3 + 1  # ingest warms up once and runs twice, with and without the scanner; one download
    search = await searching.search(opened, None)
    assert (search["documents"], search["queries"]) == (30 + stored, 200)
    json.dumps([ingest, download, search])
