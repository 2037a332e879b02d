"""Fixity runs, drills and selfchecks as auditors and operators see them: from the log, newest first, with outcomes."""

import re
from contextlib import aclosing
from datetime import timedelta

import httpx
import pytest

from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.audit import Action
from repository.evidence.fixity_runs import Wish
from repository.settings import Settings
from repository.wiring import Repository
from tests.api.test_incidents import logged_in
from tests.engines import EngineAddresses
from tests.factories import District, stored
from tests.soak.estate import alone

pytestmark = pytest.mark.clause("Đ5.2")


@pytest.fixture
def settings(settings: Settings, engines: EngineAddresses) -> Settings:
    """A bucket of its own: a whole run looks at everything that lies in it, other tests' leavings too."""
    return alone(settings, engines)


async def ran(repository: Repository, district: District) -> None:
    """One of each kind, in this order; the attack found something."""
    await stored(repository, district.clerk)
    await repository.fixity.run(operator("fixity"), Wish())
    note, job = repository.journal.note, operator("test")
    outcomes = {"xóa": "refused (AccessDenied)", "ghi đè": "succeeded (200)", "chép": "added (200)"}
    await note(
        job, Action.DRILL_RUN, "job", "attack", outcomes=outcomes, wrong=["kho chấp nhận “ghi đè” (200)"]
    )
    row = {"set": "bk-1", "at": repository.clock.now(), "ended": repository.clock.now(), "passed": True}
    await repository.backups.drilled(job, row | {"findings": [], "compared": {}})
    await note(job, Action.SELFCHECK_RUN, "job", "selfcheck", parts=9, broken=["Giờ máy chủ"])


async def asker(app, repository: Repository) -> httpx.AsyncClient:
    secret, _ = await repository.credentials.issue_token(
        operator(), system="giam-sat", unit="van-phong", scopes=[Permission.READ_INSPECTIONS],
        lasts=timedelta(hours=1),
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers)


async def test_each_kind_is_told_newest_first(app, repository: Repository, district: District) -> None:
    await ran(repository, district)
    async with await asker(app, repository) as system:
        told = (await system.get("/api/v1/inspections")).json()
        kinds = [one["kind"] for one in told["items"]]
        assert kinds == ["selfcheck", "restore", "attack", "fixity"]
        assert [one["passed"] for one in told["items"]] == [False, True, False, True]
        check, restore, attack, fixity = told["items"]
        assert check["findings"] == [{"what": "Giờ máy chủ", "times": 1}] and restore["measured"] == {
            "set": "bk-1"
        }
        assert attack["measured"] == {"attempts": 3, "refused": 1, "added": 1, "succeeded": 1}
        assert fixity["measured"]["objects"] == 1 and fixity["measured"]["bytes"] > 0
        assert fixity["measured"]["whole"] is True and fixity["measured"]["resumed"] is False
        first = (await system.get("/api/v1/inspections?limit=3")).json()
        rest = (await system.get("/api/v1/inspections", params={"limit": 3, "cursor": first["next"]})).json()
        assert [*first["items"], *rest["items"]] == told["items"] and rest["next"] is None
        only = (await system.get("/api/v1/inspections?kind=attack")).json()["items"]
        assert only == [attack]
        assert (await system.get("/api/v1/inspections?kind=other")).status_code == 422


async def test_the_page_draws_the_runs_and_leads_to_proofs_and_digests(
    app, repository: Repository, district: District
) -> None:
    await ran(repository, district)
    async with aclosing(await logged_in(app, repository, "kiem-tra", Role.AUDITOR)) as auditor:
        under_way = {"$set": {"cursor": "0d1c", "ended": None}}
        await repository.database["rounds"].update_one({"_id": "round"}, under_way)
        page = (await auditor.get("/inspections")).text
        assert "; đã đi 5%" in page
        assert page.count("<g><title>") == 1 and "không có sai lệch" in page
        assert 'role="status"' not in page  # nothing was done here, so nothing is said to be done
        assert "kho chấp nhận" in page and "Giờ máy chủ" in page and "3 đòn: 1 bị từ chối" in page
        record = re.search(r"/audit\?record=(aud-\w+)", page)
        assert record and (await auditor.get(f"/audit?record={record[1]}")).status_code == 200
        assert "Mã khóa sổ theo ngày" in page
        assert "Giờ máy chủ" not in (await auditor.get("/inspections?kind=attack")).text
    async with aclosing(await logged_in(app, repository, "to-cntt", Role.IT)) as keeper:
        page = (await keeper.get("/inspections")).text
        assert "3 đòn" in page and "/audit?record=" not in page and "Mã khóa sổ" not in page
    async with aclosing(await logged_in(app, repository, "van-thu-2", Role.CLERK)) as clerk:
        assert (await clerk.get("/inspections")).status_code == 403


async def test_the_digests_of_a_day_in_every_book(app, repository: Repository, district: District) -> None:
    [made] = await repository.closings.close_day(district.clerk, district.incoming["_id"])
    day = made["day"]
    async with aclosing(await logged_in(app, repository, "kiem-tra", Role.AUDITOR)) as auditor:
        told = (await auditor.get(f"/api/v1/closings?day={day}")).json()["items"]
        assert [(one["register"], one["digest"]) for one in told] == [(made["register"], made["digest"])]
        page = (await auditor.get(f"/inspections?day={day}")).text
        assert made["digest"] in page and f"/registers/{made['register']}?check=1" in page
        assert "Không sổ nào khóa ngày" in (await auditor.get("/inspections?day=01/01/2020")).text
        assert "phải có dạng" in (await auditor.get("/inspections?day=mai")).text
        assert (await auditor.get("/api/v1/closings?day=mai")).status_code == 422
    async with aclosing(await logged_in(app, repository, "chuyen-vien", Role.OFFICER)) as officer:
        assert len((await officer.get("/api/v1/closings")).json()["items"]) == 1
    foreign = repository.closings.of_day(district.foreign_clerk, repository.clock.now().date())
    assert await foreign == []


async def test_a_run_that_found_something_is_marked_on_the_chart(app, repository, district: District) -> None:
    document = await stored(repository, district.clerk)
    changed = {"$set": {"subject": "sửa lén"}}
    await repository.database["documents"].update_one({"_id": document["_id"]}, changed)
    await repository.fixity.run(operator("fixity"), Wish())
    async with aclosing(await logged_in(app, repository, "kiem-tra", Role.AUDITOR)) as auditor:
        page = (await auditor.get("/inspections")).text
    assert "Dữ liệu bị sửa ngoài hệ thống" in page and 'stroke="currentColor"' in page
