"""Sharing, members of dossiers and their reasons, over the real database; query, index and rule agree."""

import asyncio
import random
from dataclasses import replace
from typing import Any

import pytest

from indexers.search import projection
from indexers.search.index import SearchQuery
from indexers.search.tantivy import TantivyIndex
from repository import errors
from repository.access import rules
from repository.access.actors import Actor
from repository.access.permissions import Role
from repository.documents import model
from repository.documents.metadata import MetadataChange
from repository.documents.sharing import ShareForm
from repository.dossiers.dossiers import DossierForm
from repository.dossiers.members import MemberForm
from repository.mongo import Row
from repository.wiring import Repository
from tests.factories import District, make_person, metadata, stored, stream

pytestmark = [pytest.mark.clause("Đ1.p2"), pytest.mark.clause("Đ5.2")]


def to_unit(unit: str) -> ShareForm:
    return ShareForm(unit=unit, reason="phối hợp xử lý")


async def test_a_share_opens_and_its_end_closes(repository: Repository, district: District) -> None:
    clerk, stranger = district.clerk, district.foreign_clerk
    row = await stored(repository, clerk)
    with pytest.raises(errors.NotFound):
        await repository.documents.get(stranger, row["_id"])
    await repository.sharing.share(clerk, row["_id"], to_unit("phuong-a"))
    assert (await repository.documents.get(stranger, row["_id"]))["_id"] == row["_id"]
    with pytest.raises(errors.Conflict):
        await repository.sharing.share(clerk, row["_id"], to_unit("phuong-a"))
    after = await repository.sharing.end(clerk, row["_id"], "unit:phuong-a", "đã xong việc")
    assert after["shares"][0]["ended"]["reason"] == "đã xong việc"
    with pytest.raises(errors.NotFound):
        await repository.documents.get(stranger, row["_id"])
    acts = [one["action"] for one in await repository.journal.history(row["_id"])]
    assert acts == ["document.stored", "document.shared", "share.ended"]


async def test_being_shown_a_paper_is_no_right_to_change_or_to_pass_it_on(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk, shared_with=["phuong-a"], direction="outgoing")
    stranger, paper = district.foreign_clerk, row["_id"]
    received = await repository.intake.receive(stranger, stream(b"x"), filename="x.txt")
    tries = [
        repository.documents.describe(stranger, paper, MetadataChange(subject="Khác"), 1),
        repository.documents.issue(stranger, paper),
        repository.documents.register(stranger, paper, district.foreign_incoming["_id"]),
        repository.versions.add(stranger, paper, received, None),
        repository.versions.rescan(stranger, paper),
        repository.sharing.share(stranger, paper, to_unit("van-phong")),
        repository.sharing.end(stranger, paper, "unit:phuong-a", "thôi"),
        repository.sharing.grants(stranger, paper),
    ]
    for one in tries:
        with pytest.raises(errors.Forbidden):
            await one


async def test_internal_and_restricted_papers_go_to_named_people_only(
    repository: Repository, district: District
) -> None:
    officer = await make_person(repository, "cv.vp", "van-phong", Role.OFFICER)
    leader = await make_person(repository, "ld.vp", "van-phong", Role.LEADER)
    guest = await make_person(repository, "cv.pa", "phuong-a", Role.OFFICER)
    for level in ("noi_bo", "han_che"):
        row = await stored(repository, district.clerk, classification=level)
        with pytest.raises(errors.Conflict):
            await repository.sharing.share(district.clerk, row["_id"], to_unit("phuong-a"))
        assert await visible(repository, leader, row)
        assert await visible(repository, officer, row) is (level == "noi_bo")
        form = ShareForm(person="cv.pa", reason="chuyên gia")
        await repository.sharing.share(leader, row["_id"], form)
        assert await visible(repository, guest, row)
        assert not await visible(repository, district.foreign_clerk, row)
    with pytest.raises(errors.Invalid):
        await stored(repository, district.clerk, classification="noi_bo", shared_with=["phuong-a"])
    with pytest.raises(errors.Invalid):
        await stored(repository, district.clerk, classification="chua-biet")


async def test_a_restricted_papers_words_stay_out_of_the_book(
    repository: Repository, district: District
) -> None:
    row = await stored(
        repository,
        district.clerk,
        classification="han_che",
        subject="Việc kín",
        issuer={"name": "Cơ quan kín"},
        register_id=district.incoming["_id"],
    )
    line = await repository.database["entries"].find_one({"document": row["_id"]})
    assert line is not None and "kín" not in repr(line["columns"])
    assert line["columns"]["subject"] == model.WITHHELD["subject"]


async def test_members_see_the_dossier_and_what_its_unit_keeps_in_it(
    repository: Repository, district: District
) -> None:
    clerk, guest = district.clerk, district.foreign_clerk
    dossier = await repository.dossiers.open(clerk, DossierForm(code="01", title="Hồ sơ chung"))
    row = await stored(repository, clerk, dossier_id=dossier["_id"])
    kept_close = await stored(repository, clerk, dossier_id=dossier["_id"], classification="han_che")
    foreign = await stored(repository, await third(repository), shared_with=["van-phong"])
    await repository.dossiers.file(clerk, dossier["_id"], foreign["_id"])
    form = MemberForm(person=guest.id, reason="tổ công tác")
    await repository.members.add(clerk, dossier["_id"], form)
    with pytest.raises(errors.Conflict):
        await repository.members.add(clerk, dossier["_id"], form)
    member = await repository.members.joined(guest)
    found = await repository.dossiers.contents(member, dossier["_id"])
    assert [one["_id"] for one in found] == [row["_id"]]
    assert kept_close["_id"] not in [one["_id"] for one in found]
    with pytest.raises(errors.Forbidden):
        await repository.dossiers.close(member, dossier["_id"])
    await repository.members.end(clerk, dossier["_id"], guest.id, "xong việc")
    left = await repository.members.joined(guest)
    assert left.dossiers == frozenset()
    with pytest.raises(errors.NotFound):
        await repository.dossiers.get(left, dossier["_id"])
    assert not await visible(repository, left, row)


async def third(repository: Repository) -> Actor:
    from repository.access.actors import operator
    from repository.organisation.units.units import UnitForm

    await repository.units.create(operator("test"), UnitForm(id="phong-b", name="Phòng B", symbol="PB"))
    return await make_person(repository, "vt.b", "phong-b", Role.CLERK)


async def test_why_names_the_rule_the_sharer_and_the_reason(
    repository: Repository, district: District
) -> None:
    row = await stored(repository, district.clerk)
    sharing, clerk, stranger = repository.sharing, district.clerk, district.foreign_clerk
    assert await sharing.why(clerk, row["_id"], stranger) == []
    await sharing.share(clerk, row["_id"], ShareForm(person=stranger.id, reason="theo phiếu chuyển 12"))
    (why,) = await sharing.why(clerk, row["_id"], stranger)
    assert (why.rule, why.by, why.reason) == ("share", clerk.name, "theo phiếu chuyển 12") and why.at
    assert [one.rule for one in await sharing.why(clerk, row["_id"], district.auditor)] == ["role", "unit"]
    assert await sharing.grants(district.auditor, row["_id"])


async def test_two_shares_at_once_lose_nothing(repository: Repository, district: District) -> None:
    row = await stored(repository, district.clerk)
    people = [await make_person(repository, f"cv.{n}", "phuong-a", Role.OFFICER) for n in range(4)]
    forms = [ShareForm(person=one.id, reason="cùng lúc") for one in people]
    await asyncio.gather(
        *(repository.sharing.share(district.clerk, row["_id"], form) for form in forms),
        repository.sharing.share(district.clerk, row["_id"], to_unit("phuong-a")),
    )
    after = await repository.documents.get(district.clerk, row["_id"])
    assert len(after["shares"]) == 5 and after["readers"] == rules.readers(after, [])


async def visible(repository: Repository, actor: Actor, row: Row) -> bool:
    try:
        await repository.documents.get(actor, row["_id"])
    except errors.NotFound:
        return False
    return True


@pytest.mark.parametrize("seed", [1, 20, 300])
async def test_query_index_and_rule_agree_on_who_sees_what(
    repository: Repository, district: District, tmp_path: Any, seed: int
) -> None:
    """Random papers, shares, dossiers and members through the services: three ways of asking, one answer."""
    chance = random.Random(seed)
    clerks = {
        "van-phong": district.clerk,
        "phuong-a": district.foreign_clerk,
        "phong-b": await third(repository),
    }
    people = [*clerks.values(), district.auditor]
    for unit in clerks:
        people += [
            await make_person(repository, f"r{unit}{role}", unit, role)
            for role in (Role.OFFICER, Role.LEADER)
        ]
    dossiers = {
        unit: await repository.dossiers.open(clerk, DossierForm(code="01", title=unit))
        for unit, clerk in clerks.items()
    }
    for dossier in dossiers.values():
        form = MemberForm(person=chance.choice(people).id, reason="chung việc")
        await repository.members.add(clerks[dossier["unit"]], dossier["_id"], form)
    papers = [await _some_paper(repository, chance, clerks, people, dossiers) for _ in range(14)]
    await _check(repository, papers, people, TantivyIndex(folder=tmp_path / "index"))


async def _some_paper(
    repository: Repository, chance: random.Random, clerks: Any, people: Any, dossiers: Any
) -> str:
    unit = chance.choice(list(clerks))
    level = chance.choice([one.value for one in rules.Classification])
    content = f"{unit} {chance.random()}".encode()
    received = await repository.intake.receive(clerks[unit], stream(content), filename="a.txt")
    within = chance.choice(["", dossiers[unit]["_id"]])
    row = await repository.documents.store(
        clerks[unit], metadata(classification=level, dossier_id=within), [received]
    )
    for _ in range(chance.randrange(3)):
        form = (
            ShareForm(person=chance.choice(people).id, reason="việc chung")
            if chance.random() < 0.6
            else to_unit(chance.choice([one for one in clerks if one != unit]))
        )
        try:
            after = await repository.sharing.share(clerks[unit], row["_id"], form)
        except errors.Conflict:
            continue
        if chance.random() < 0.3:
            await repository.sharing.end(clerks[unit], row["_id"], after["shares"][-1]["mark"], "thôi")
    return str(row["_id"])


async def _check(repository: Repository, papers: list[str], people: list[Actor], index: TantivyIndex) -> None:
    database = repository.database
    rows = await database["documents"].find({"_id": {"$in": papers}}).to_list(None)
    await index.put([projection.of_document(row, []) for row in rows])
    await index.commit()
    lying = {
        row["_id"]: await database["dossiers"].find({"_id": {"$in": row["dossiers"]}}).to_list(None)
        for row in rows
    }
    counts = set()
    for person in people:
        actor = await repository.members.joined(replace(person))
        by_rule = {row["_id"] for row in rows if rules.why(row, lying[row["_id"]], actor.marks)}
        by_query = {row["_id"] for row in await repository.documents.newest(actor, limit=100)}
        answer = await index.search(SearchQuery(marks=tuple(actor.marks), limit=100))
        assert by_rule == by_query == {one.id for one in answer.hits}
        assert answer.total == len(by_rule) == sum(answer.facets["unit"].values())
        counts.add(len(by_rule))
    assert len(counts) > 2  # people really differ in what they see
    await index.close()
