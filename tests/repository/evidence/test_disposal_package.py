"""A disposal as evidence: proven offline, and refused where any of it is told otherwise."""

import copy
import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Role
from repository.evidence.gather import NotDoneYet, PartlyHidden
from repository.evidence.log_proof import PROVEN, Found
from repository.evidence.verify import verify
from repository.evidence.verify_disposal import CERTIFICATE, check_disposal
from repository.organisation.units.units import UnitForm
from repository.retention.holding import HoldForm, HoldKind
from tests.factories import make_person, stored
from tests.repository.evidence.scene import members
from tests.repository.retention.crashing import approved, index_told
from tests.repository.retention.office import closed, dossier_with, moved, staff, to

Row = dict[str, Any]


@pytest.fixture
async def office(settings):
    async with moved(settings, "2018-03-01") as opened:
        form = UnitForm(id="van-phong", name="Văn phòng UBND", symbol="UBND")
        await opened.units.create(operator("test"), form)
        yield opened


async def disposed(office, people) -> tuple[str, list[Row]]:
    """Three papers of 2018: one is held after the vote, one has a twin that lives on."""
    dossier, papers = await dossier_with(office, people["clerk"], "01", "2 năm", 3)
    await stored(office, people["clerk"], "01 văn bản 2".encode())
    await closed(office, people["clerk"], dossier)
    to(office, "2021-03-01")
    row = await approved(office, people)
    with pytest.raises(NotDoneYet):
        await packaged(office, people["leader"], row["_id"])
    form = HoldForm(kind=HoldKind.DOCUMENT, target=papers[0]["_id"], reason="Đang thanh tra đột xuất")
    await office.retention.holds.place(people["leader"], form)
    for _ in range(2):
        await office.retention.dispose(row["_id"])
        await index_told(office)
    await office.retention.certificates.attach(row["_id"], "chung-nhan-tieu-huy.pdf", b"%PDF-1.4")
    return row["_id"], papers


async def packaged(office, actor, disposal: str) -> bytes:
    async with office.evidence.package(actor, "disposal", disposal) as pieces:
        return b"".join([piece async for piece in pieces])


@pytest.mark.clause("Đ10.4c")
async def test_a_disposal_is_proven_without_us(office, tmp_path) -> None:
    people = await staff(office)
    disposal, papers = await disposed(office, people)
    path = tmp_path / "goi.zip"
    path.write_bytes(await packaged(office, people["leader"], disposal))
    outcome = verify(path, trusted=office.log.keys.public())
    assert outcome.ok, outcome.lines
    proven = {one.about: one.words for one in outcome.lines if one.mark == PROVEN}
    assert (
        "2 văn bản bị xóa, 1 giữ lại" in proven["Tiêu hủy"]
        and "không ai là người đề nghị" in proven["Hội đồng"]
    )
    assert {"Thông tin mô tả", "Lịch sử", "Bản ghi nhật ký", "Yêu cầu"} <= set(proven)
    held = members(path.read_bytes())
    assert {f"{CERTIFICATE}chung-nhan-tieu-huy.json", f"{CERTIFICATE}chung-nhan-tieu-huy.pdf"} <= set(held)
    assert not any(name.startswith("data/files/") for name in held)
    page = held["data/summary.html"].decode()
    assert "Gói chứng cứ tiêu hủy" in page and "đang phong tỏa" in page and "đồng ý" in page
    assert json.loads(held["data/subject.json"])["documents"] == sorted(one["_id"] for one in papers[1:])
    officer = await make_person(office, "cv", "van-phong", Role.OFFICER)
    with pytest.raises(errors.Forbidden):
        await packaged(office, officer, disposal)
    await office.database["documents"].update_one({"_id": papers[1]["_id"]}, {"$set": {"readers": []}})
    with pytest.raises(PartlyHidden):
        await packaged(office, people["leader"], disposal)


def _vote_dropped(found: Found, told: "Told") -> None:
    told.records = [one for one in told.records if one["action"] != "disposal.voted"] + [
        next(one for one in told.records if one["action"] == "disposal.voted")
    ]


def _refused(found: Found, told: "Told") -> None:
    next(one for one in told.records if one["action"] == "disposal.voted")["detail"]["approve"] = False


def _proposer_votes(found: Found, told: "Told") -> None:
    proposer = next(one["actor"] for one in told.records if one["action"] == "disposal.proposed")
    next(one for one in told.records if one["action"] == "disposal.voted")["actor"] = proposer


def _another_paper(found: Found, told: "Told") -> None:
    next(iter(found.rows["erasures"].values()))["objects"][0]["sha256"] = "0" * 64


def _one_less(found: Found, told: "Told") -> None:
    found.rows["erasures"].popitem()


def _not_done(found: Found, told: "Told") -> None:
    next(iter(found.rows["disposals"].values()))["state"] = "approved"


def _no_erasing(found: Found, told: "Told") -> None:
    told.records = [one for one in told.records if one["action"] != "disposal.erased"]


def _kept_silently(found: Found, told: "Told") -> None:
    told.records = [one for one in told.records if one["action"] != "disposal.spared"]


def _other_certificate(found: Found, told: "Told") -> None:
    name = f"{CERTIFICATE}chung-nhan-tieu-huy.json"
    told.files[name] = told.files[name].replace(b'"kept"', b'"erased"')


def _no_certificate(found: Found, told: "Told") -> None:
    del told.files[f"{CERTIFICATE}chung-nhan-tieu-huy.json"]


def _other_stub(found: Found, told: "Told") -> None:
    next(iter(found.rows["documents"].values()))["erased"] = []


def _no_disposal(found: Found, told: "Told") -> None:
    found.rows["disposals"] = {}


class Told:
    """A package that says something else."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = dict(files)
        self.records = [json.loads(one) for one in files["data/log/records.jsonl"].splitlines()]

    @property
    def members(self) -> dict[str, bytes]:
        return self.files

    def read(self, name: str) -> bytes:
        return self.files[name]

    def lines(self, name: str) -> list[bytes]:
        return [json.dumps(one).encode() for one in self.records]


BENT: list[Callable[[Found, Told], None]] = [
    _vote_dropped, _refused, _proposer_votes, _another_paper, _one_less, _not_done, _no_erasing, _kept_silently,
    _other_certificate, _no_certificate, _other_stub, _no_disposal,
]  # fmt: skip


async def test_each_untruth_is_named(office) -> None:
    """Below the records and rows, which have proofs of their own: what they say must also fit together."""
    people = await staff(office)
    disposal, _ = await disposed(office, people)
    files = members(await packaged(office, people["auditor"], disposal))
    rows: dict[str, dict[str, Row]] = {}
    for name, content in files.items():
        if name.startswith("data/rows/"):
            row = json.loads(content)
            rows.setdefault(name.split("/")[2], {})[row["_id"]] = row
    honest: Any = Told(files)
    whole = Found(honest, [], subject=json.loads(files["data/subject.json"]), rows=rows)
    assert check_disposal(whole) == []
    for bend in BENT:
        told: Any = Told(files)
        found = dataclasses.replace(whole, package=told, rows=copy.deepcopy(rows), lines=[])
        bend(found, told)
        assert check_disposal(found), bend.__name__
        assert found.lines == []
