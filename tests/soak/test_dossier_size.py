"""A page of a dossier with 10,000 papers, and its closing: figures, no limits."""

import time

import pytest

from repository.documents import filing
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.wiring import Repository
from tests.factories import District, stored

PAPERS = 10_000


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_page_of_ten_thousand_papers(repository: Repository, district: District) -> None:
    clerk = district.clerk
    dossier = await repository.dossiers.open(
        clerk, DossierForm(code="01", title="Hồ sơ lớn", retention="10 năm")
    )
    model = await stored(repository, clerk, dossier_id=dossier["_id"])
    place = await repository.database["filings"].find_one({"document": model["_id"]})
    papers, places = [], []
    for n in range(2, PAPERS + 1):
        name = f"doc-{n:026}"
        sha = {"sha256": f"{n:064x}"}
        papers.append(model | {"_id": name, "symbol": f"{n}/CV", "versions": [model["versions"][0] | sha]})
        key = {"_id": filing.filing_id(dossier["_id"], name), "document": name, "order": n * filing.GAP}
        places.append(place | key)
    for start in range(0, len(papers), 1000):
        await repository.database["documents"].insert_many(papers[start : start + 1000])
        await repository.database["filings"].insert_many(places[start : start + 1000])
    filled = {"$set": {"last": PAPERS * filing.GAP, "filings": PAPERS}}
    await repository.database["dossiers"].update_one({"_id": dossier["_id"]}, filled)
    for after in (0, PAPERS // 2, PAPERS - 60):
        start = time.perf_counter()
        found = await repository.dossiers.contents(
            clerk, dossier["_id"], limit=50, after=str(after * filing.GAP)
        )
        print(f"page after {after}: {(time.perf_counter() - start) * 1000:.0f} ms")
        assert [one["symbol"] for one in found][1:] == [f"{after + n}/CV" for n in range(2, 51)]
    start = time.perf_counter()
    closed = await repository.dossiers.close(clerk, dossier["_id"], ClosingForm())
    print(f"closing: {time.perf_counter() - start:.1f} s")
    assert closed["doc_total"] == PAPERS and await repository.dossier_work.inventories.intact(closed)
