"""The relevance benchmark: its measures by hand, and a small folder end to end."""

import gzip
import json

import pytest

from ops.bench.relevance import run, score
from repository import errors


def test_measures_by_hand():
    assert score(["a", "b"], {"a": 1}) == {"r_at_1": 1, "r_at_10": 1, "mrr_at_10": 1, "ndcg_at_10": 1}
    second = score(["x", "a"], {"a": 1, "b": 1, "c": 0})
    assert (second["r_at_1"], second["r_at_10"], second["mrr_at_10"]) == (0, 0.5, 0.5)
    assert second["ndcg_at_10"] == pytest.approx(0.6309 / 1.6309, abs=1e-3)
    assert set(score(["x"], {"a": 1}).values()) == {0}


def zipped(path, rows):
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


async def test_a_small_folder(tmp_path):
    zipped(
        tmp_path / "docs.jsonl.gz", [{"id": "a", "law": "1/QĐ", "title": "Đất đai", "text": "Thu hồi đất"}]
    )
    zipped(
        tmp_path / "distractors.jsonl.gz",
        [{"id": "b", "law": "2/QĐ", "title": "Hộ tịch", "text": "Khai sinh"}],
    )
    queries = {"id": "q", "text": "thu hồi đất", "text_nodiac": "thu hoi dat"}
    (tmp_path / "queries.jsonl").write_text(json.dumps(queries) + "\n")
    (tmp_path / "qrels.tsv").write_text("query_id\tdoc_id\trelevance\nq\ta\t1\n")
    with pytest.raises(errors.Invalid):
        await run(tmp_path / "nowhere")
    (tmp_path / "queries.jsonl").write_text((json.dumps(queries) + "\n") * 2)
    figures = await run(tmp_path)
    assert (figures["documents"], figures["queries"]) == (2, 2)
    for key in ("with_diacritics", "without_diacritics"):
        assert figures[key]["ndcg_at_10"] == 1
