"""The auditors' desk: a sample by a recorded seed, verified now, its evidence in one zip. Writes nothing else."""

import io
import json
import re
import zipfile
from datetime import timedelta

import httpx
import pytest

from api.auth.identify import COOKIE
from repository import errors
from repository.access.actors import operator
from repository.access.permissions import TABLE, Permission, Role
from repository.clock import local_date
from repository.evidence import samples as rooms
from repository.evidence.sample_reading import DAMAGED
from repository.evidence.samples import MOST, SampleForm
from repository.evidence.verify import verify
from tests.factories import PASSWORD, make_person, stored

pytestmark = pytest.mark.clause("Đ5.2")


@pytest.fixture
async def papers(repository, district):
    """Four in the book of the office, one of the ward."""
    book = {"register_id": district.incoming["_id"], "direction": "incoming"}
    rows = [await stored(repository, district.clerk, b"tep %d" % n, **book) for n in range(4)]
    return [*rows, await stored(repository, district.foreign_clerk, b"phuong")]


@pytest.fixture
async def auditor(app, repository, district):
    """The auditor at the browser; the header that forms need comes from the login page."""
    async with httpx.AsyncClient(transport=app, base_url="http://tangthu") as browser:
        page = (await browser.get("/login")).text
        form = {"csrf": _csrf(page), "username": _name(district), "password": PASSWORD}
        await browser.post("/login", data=form)
        assert COOKIE in browser.cookies
        browser.headers["x-csrf-token"] = _csrf((await browser.get("/samples")).text)
        yield browser


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def _name(district) -> str:
    return district.auditor.name.removeprefix("Người ")


async def _rows(repository, *besides: str) -> dict[str, list]:
    """All that is stored, but for the collections that are named."""
    names = sorted(set(await repository.database.list_collection_names()) - set(besides))
    return {one: await repository.database[one].find({}).sort("_id", 1).to_list(None) for one in names}


async def test_the_same_seed_picks_the_same_and_all_is_recorded(repository, district, papers) -> None:
    one = await repository.samples.pick(district.auditor, SampleForm(size=3, seed="mưa tháng tám"))
    two = await repository.samples.pick(district.auditor, SampleForm(size=3, seed="mưa tháng tám"))
    assert one["picked"] == two["picked"] and one["_id"] != two["_id"] and len(set(one["picked"])) == 3
    assert one["population"] == 5 and one["population_sha256"] == two["population_sha256"]
    [record] = await repository.journal.history(one["_id"])
    assert record["action"] == "sample.picked" and record["actor"]["id"] == district.auditor.id
    facts = {name: one[name] for name in ("seed", "filter", "population", "picked", "population_sha256")}
    assert facts.items() <= record["detail"].items()
    assert (await repository.samples.get(district.auditor, one["_id"]))["picked"] == one["picked"]


async def test_a_seed_is_drawn_and_recorded_where_none_is_given(repository, district, papers) -> None:
    seeds = {(await repository.samples.pick(district.auditor, SampleForm(size=1)))["seed"] for _ in range(3)}
    assert len(seeds) == 3 and all(len(one) == 32 for one in seeds)


async def test_a_filter_narrows_the_population(repository, district, papers) -> None:
    today = local_date(repository.clock.now())
    book = district.incoming["_id"]

    async def population(**asked) -> set[str]:
        row = await repository.samples.pick(district.auditor, SampleForm(size=MOST, **asked))
        assert row["population"] == len(row["picked"])
        return set(row["picked"])

    ours = {one["_id"] for one in papers[:4]}
    assert await population(unit="phuong-a") == {papers[4]["_id"]}
    assert await population(register_id=book) == await population(register_id=book, day=today) == ours
    assert await population(year=today.year) == {one["_id"] for one in papers}
    for nobody in ({"year": today.year - 1}, {"register_id": book, "day": today - timedelta(days=1)}):
        with pytest.raises(rooms.NobodyToPick):
            await population(**nobody)
    with pytest.raises(errors.NotFound):
        await population(register_id="so-00000000000000000000000000")


async def test_verified_in_steps_that_say_how_far_they_are(repository, district, papers, monkeypatch) -> None:
    monkeypatch.setattr(rooms, "STEP", 2)
    row = await repository.samples.pick(district.auditor, SampleForm(size=MOST))
    told = []
    for _ in range(4):
        check = (await repository.samples.check(district.auditor, row["_id"]))["check"]
        told.append((check["done"], check["ended"] is not None, check["findings"]))
    assert told == [(2, False, []), (4, False, []), (5, True, []), (2, False, [])]
    acts = [one["action"] for one in await repository.journal.history(row["_id"])]
    assert acts == ["sample.picked", *["sample.checked"] * 4]
    assert await repository.database["audit"].count_documents({"action": "version.checked"}) == 7


async def test_damage_is_found_and_is_an_incident(repository, district, papers) -> None:
    database = repository.database["documents"]
    await database.update_one({"_id": papers[0]["_id"]}, {"$set": {"versions.0.store_version": "0" * 32}})
    row = await repository.samples.pick(district.auditor, SampleForm(size=MOST))
    await database.delete_one({"_id": papers[1]["_id"]})
    await database.update_one({"_id": papers[2]["_id"]}, {"$set": {"disposed": {"at": None}}})
    check = (await repository.samples.check(district.auditor, row["_id"]))["check"]
    found = {one["document"]: one["damaged"] for one in check["findings"]}
    assert found == {papers[0]["_id"]: True, papers[1]["_id"]: True, papers[2]["_id"]: False}
    incidents = await repository.incidents.find(kind=DAMAGED)
    assert {one["subject"]["id"] for one in incidents} == {papers[0]["_id"], papers[1]["_id"]}
    await repository.samples.check(district.auditor, row["_id"])
    assert {one["seen"] for one in await repository.incidents.find(kind=DAMAGED)} == {2}


async def test_nothing_is_written_but_the_sample_its_finding_and_the_log(
    repository, district, papers
) -> None:
    mine = ("samples", "incidents", "audit", "heads", "tiles", "checkpoints")
    before = await _rows(repository, *mine)
    row = await repository.samples.pick(district.auditor, SampleForm(size=2))
    await repository.samples.check(district.auditor, row["_id"])
    async with repository.samples.evidence(district.auditor, row["_id"]) as pieces:
        assert sum([len(one) async for one in pieces]) > 1000
    after = await _rows(repository, *mine)
    assert {name: rows for name, rows in after.items() if rows} == {n: r for n, r in before.items() if r}


async def test_only_auditors_and_each_verifies_his_own(repository, district, papers) -> None:
    assert [one for one in Role if Permission.KEEP_SAMPLES in TABLE[one]] == [Role.AUDITOR, Role.OPERATOR]
    with pytest.raises(errors.Forbidden):
        await repository.samples.pick(district.clerk, SampleForm(size=1))
    row = await repository.samples.pick(district.auditor, SampleForm(size=1))
    other = await make_person(repository, "kiem.tra.2", "van-phong", Role.AUDITOR)
    assert (await repository.samples.get(other, row["_id"]))["seed"] == row["seed"]
    with pytest.raises(errors.Forbidden):
        await repository.samples.check(other, row["_id"])


async def test_one_zip_whose_packages_each_verify(auditor, repository, papers, tmp_path) -> None:
    made = await auditor.post("/api/v1/samples", json={"size": 2, "seed": "x", "unit": "van-phong"})
    assert made.status_code == 201 and made.json()["check"] is None
    gone, kept = made.json()["picked"]
    change = {"$set": {"versions.0.store_version": "0" * 32}}
    await repository.database["documents"].update_one({"_id": gone}, change)
    where = f"/api/v1/samples/{made.json()['id']}/evidence"
    assert (await auditor.head(where)).status_code == 200
    answer = await auditor.get(where)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as whole:
        assert whole.testzip() is None
        outcome = json.loads(whole.read("ket-qua.json"))["documents"]
        assert [(one["document"], one["package"]) for one in outcome] == [(gone, False), (kept, True)]
        assert json.loads(whole.read("lay-mau.json"))["seed"] == "x"
        package = tmp_path / "goi.zip"
        package.write_bytes(whole.read(f"goi/{kept}.zip"))
    assert verify(package, trusted=repository.log.keys.public()).ok
    taken = await repository.database["audit"].find({"action": "sample.taken"}).to_list(None)
    assert [one["detail"]["documents"] for one in taken] == [2]


async def test_a_large_file_passes_in_pieces(repository, district) -> None:
    row = await stored(repository, district.clerk, b"xin chao\n" * 800_000)
    sample = await repository.samples.pick(district.auditor, SampleForm(size=1))
    async with repository.samples.evidence(district.auditor, sample["_id"]) as pieces:
        sizes = [len(one) async for one in pieces]
    assert sample["picked"] == [row["_id"]] and sum(sizes) > 7_000_000 and max(sizes) < 2_500_000


@pytest.mark.parametrize(
    "asked", [{}, {"size": 0}, {"size": MOST + 1}, {"size": 1, "day": "2026-01-05"}, {"size": 1, "x": 1},
              {"size": 1, "seed": "a\nb"}, {"size": 1, "unit": "không có"}],
)  # fmt: skip
async def test_what_cannot_be_asked(auditor, papers, asked) -> None:
    assert (await auditor.post("/api/v1/samples", json=asked)).status_code == 422


async def test_the_pages_from_the_form_to_the_evidence(auditor, papers) -> None:
    form = {"size": "3", "seed": "trang", "unit": "", "register_id": "", "year": "", "day": ""}
    picked = await auditor.post("/samples", data=form)
    assert picked.status_code == 303
    where = picked.headers["location"].partition("?")[0]
    first = (await auditor.get(where)).text
    assert "Kiểm tra ngay" in first and first.count("chưa kiểm tra") == 3 and "trang" in first
    checked = await auditor.post(f"{where}/check", data={})
    after = (await auditor.get(checked.headers["location"])).text
    assert "Đã kiểm tra 3/3 văn bản" in after and after.count("nguyên vẹn") >= 3
    assert f'href="{where}/evidence"' in after
    assert where in (await auditor.get("/samples")).text
    refused = await auditor.post("/samples", data=form | {"day": "hôm qua"})
    assert refused.status_code == 422 and "ngày/tháng/năm" in refused.text
    assert (await auditor.post("/samples", data=form | {"day": "05/01/2026"})).status_code == 422
    assert (await auditor.get("/samples/mau-00000000000000000000000000")).status_code == 404


async def test_the_register_leads_to_the_sample_of_its_day(auditor, repository, district, papers) -> None:
    await repository.closings.close_day(operator("test"), district.incoming["_id"])
    page = (await auditor.get(f"/registers/{district.incoming['_id']}")).text
    link = re.search(r'href="(/samples\?register_id=[^"]+)"', page)
    assert link
    form = (await auditor.get(link[1].replace("&amp;", "&"))).text
    assert f'value="{district.incoming["_id"]}" selected' in form and 'value="200"' in form
