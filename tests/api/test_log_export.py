"""The whole log over HTTP: what the command writes, sent while it is made; that it was taken stands in the log."""

import csv
import json
from contextlib import aclosing
from datetime import timedelta

import httpx
import pytest

from ops.sealing.exporting import export
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.audit import Action
from repository.audit.export import _PAGE
from repository.wiring import Repository
from tests.api.test_incidents import logged_in
from tests.factories import District

pytestmark = pytest.mark.clause("Đ3.1")


async def sealed(repository: Repository) -> None:
    await repository.log.sealer.catch_up()
    await repository.log.sealer.issue_when_due(at_once=True)


async def asker(app, repository: Repository, *scopes: Permission) -> httpx.AsyncClient:
    secret, _ = await repository.credentials.issue_token(
        operator(), system="kiem-tra", unit="van-phong", scopes=list(scopes), lasts=timedelta(hours=1)
    )
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(transport=app, base_url="http://tangthu", headers=headers)


async def test_what_is_sent_is_what_the_command_writes(app, repository, district: District, tmp_path) -> None:
    async with await asker(app, repository, Permission.READ_LOG) as auditor:
        assert (await auditor.get("/api/v1/audit/export")).status_code == 409  # no checkpoint yet
        await sealed(repository)
        for form in ("jsonl", "csv"):
            sent = await auditor.get("/api/v1/audit/export", params={"form": form})
            size = (await export(repository.log, tmp_path / form, form)).size
            assert sent.status_code == 200 and sent.content == (tmp_path / form).read_bytes()
            assert f'filename="nhat-ky-{size}.{form}"' in sent.headers["content-disposition"]
        assert (await auditor.head("/api/v1/audit/export")).status_code == 200
        assert (await auditor.get("/api/v1/audit/export?form=xml")).status_code == 422
    taken = await repository.database["audit"].find({"action": "log.exported"}).sort("_id", 1).to_list(None)
    assert [one["detail"]["form"] for one in taken] == [
        "jsonl",
        "csv",
    ]  # neither asking nor being refused is taking
    assert {one["actor"]["kind"] for one in taken} == {"system"}


async def test_proving_is_not_taking(app, repository: Repository, district: District) -> None:
    await sealed(repository)
    async with await asker(app, repository, Permission.PROVE_LOG) as system:
        assert (await system.get("/api/v1/audit/export")).status_code == 403


async def test_more_than_a_page_by_the_button(app, repository: Repository, district: District) -> None:
    for n in range(_PAGE + 20):
        await repository.journal.note(district.clerk, Action.LOGGED_IN, "login", f"p{n}")
    await sealed(repository)
    async with aclosing(await logged_in(app, repository, "kiem-tra", Role.AUDITOR)) as auditor:
        assert 'action="/api/v1/audit/export"' in (await auditor.get("/audit")).text
        lines = (await auditor.get("/api/v1/audit/export?form=jsonl")).text.splitlines()
        rows = list(csv.reader((await auditor.get("/api/v1/audit/export?form=csv")).text.splitlines()))
    leaves = [json.loads(one)["record"] and json.loads(one)["proof"]["leaf"] for one in lines[1:]]
    assert leaves == list(range(len(leaves))) and len(leaves) > _PAGE and len(rows) == len(leaves) + 1
