"""`tangthu retention`: a dry run tells and imports nothing, an import tells its faults by line."""

import argparse
from datetime import date
from pathlib import Path

import pytest

from indexers.wiring import Indexers
from ops import disposing, retention
from repository.access.permissions import Role
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.evidence.verify import verify
from repository.retention.disposal import VoteForm
from repository.retention.holding import HoldForm, HoldKind, Wanted
from repository.wiring import Repository
from tests.factories import District, make_person, stored

GOOD = "Tên loại hồ sơ,Thời hạn bảo quản\nHồ sơ một,10 năm\n"


def options(file: Path, *, dry_run: bool = False) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    retention.arguments(parser)
    words = ["import", str(file), "--id", "bang-thu", "--name", "Bảng thử", "--source", "QĐ 1/QĐ-UBND"]
    return parser.parse_args([*words, "--in-force", "2026-01-01", *(["--dry-run"] if dry_run else [])])


async def test_tried_dry_then_imported_once(
    repository: Repository, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bang.csv"
    file.write_text(GOOD, "utf-8")
    assert options(file).in_force == date(2026, 1, 1)
    assert await retention._import(repository.retention, options(file, dry_run=True)) == 0
    assert len(await repository.retention.schedules.all()) == 2
    assert await retention._import(repository.retention, options(file)) == 0
    assert [one.id for one in await repository.retention.schedules.all()][-1] == "bang-thu"
    file.write_text(GOOD.replace("10 năm", "lâu"), "utf-8")
    assert await retention._import(repository.retention, options(file, dry_run=True)) == 1
    assert "dòng 2: không hiểu thời hạn bảo quản" in capsys.readouterr().out


async def test_the_verbs_that_let_go_go_no_further_than_their_council(
    indexers: Indexers, district: District, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A paper of five years ago, told by the real clock: only the dossier's end lies in the past."""
    repository, clerk = indexers.repository, district.clerk
    dossier = await repository.dossiers.open(
        clerk, DossierForm(code="01", title="Cũ", retention="2 năm", started_on=date(2018, 1, 2))
    )
    await stored(repository, clerk, dossier_id=dossier["_id"], page_amount=1, direction="internal")
    await repository.dossiers.close(clerk, dossier["_id"], ClosingForm(ended_on=date(2018, 5, 1)))
    await indexers.worker.drain()
    parser = argparse.ArgumentParser()
    retention.arguments(parser)

    async def told(*words: str) -> tuple[int, str]:
        status = await disposing.run(indexers, parser.parse_args(words))
        return status, capsys.readouterr().out

    assert await told("propose", "--dry-run") == (0, "van-phong  01  Cũ  hết hạn 2020-12-31\n")
    status, said = await told("propose")
    assert status == 0 and "1 văn bản, chờ hội đồng xét" in said
    disposal = said.split()[0]
    status, said = await told("dispose", disposal)
    assert status == 1 and "hội đồng chưa duyệt" in said
    for name in ("mot", "hai"):
        leader = await make_person(repository, name, "van-phong", Role.LEADER)
        await repository.retention.disposals.vote(leader, disposal, VoteForm(approve=True))
    status, said = await told("dispose", "--dry-run")
    assert status == 0 and "giữ: kho còn khóa" in said  # its first day is not over
    status, said = await told("dispose")
    assert status == 0 and "xóa 0, giữ 1, còn chờ 0: xong" in said
    row = await repository.retention.disposals.row(disposal)
    assert [one["media_type"] for one in row["certificate"]["files"]] == [
        "application/json",
        "application/pdf",
    ]
    assert "chưa nằm dưới bản ký" in (await told("verify", disposal))[1]
    await repository.log.sealer.catch_up()
    await repository.log.sealer.issue_when_due(at_once=True)
    assert await told("verify", disposal) == (
        0,
        "Chứng nhận đúng với nhật ký đã ký, thông tin lưu vết và kho.\n",
    )
    status, said = await told("evidence", disposal, "--out", str(tmp_path / "goi.zip"))
    assert status == 0 and "tangthu verify" in said
    proven = verify(tmp_path / "goi.zip", trusted=repository.log.keys.public())
    assert proven.ok and any("0 văn bản bị xóa, 1 giữ lại" in one.words for one in proven.lines), proven.lines
    assert (await told("locks"))[0] == 0 and (await told("holds")) == (0, "")
    form = HoldForm(kind=HoldKind.QUERY, query=Wanted(words="đất đai"), reason="Thanh tra theo quyết định")
    await repository.retention.holds.place(leader, form)
    assert "  điều kiện: " in (await told("holds"))[1]
