"""Auditors' samples: picked by a recorded seed, verified step by step, taken away as one zip of evidence packages."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import answers
from api.permit import page, permit
from repository.access.permissions import Permission
from repository.evidence.samples import SampleForm
from repository.mongo import Row
from repository.wiring import Repository


@permit(
    Permission.KEEP_SAMPLES, title="Các mẫu kiểm tra đã lấy", answers="SampleList", query=["after", "limit"]
)
async def list_samples(request: Request) -> Response:
    limit = answers.limit_of(request)
    rows = await _repository(request).samples.find(
        request.state.actor, limit=limit, after=request.query_params.get("after", "")[:60]
    )
    following = rows[-1]["_id"] if len(rows) == limit else None
    return answers.listed([sample(row) for row in rows], following=following)


@permit(
    Permission.KEEP_SAMPLES,
    title="Lấy mẫu ngẫu nhiên theo hạt giống được ghi lại",
    body=SampleForm,
    answers="Sample",
    status=201,
)
async def pick_sample(request: Request) -> Response:
    form = SampleForm.model_validate(await answers.body_of(request))
    row = await _repository(request).samples.pick(request.state.actor, form)
    return answers.created(f"/api/v1/samples/{row['_id']}", sample(row), 1)


@permit(Permission.KEEP_SAMPLES, title="Một mẫu kiểm tra", answers="Sample")
async def show_sample(request: Request) -> Response:
    row = await _repository(request).samples.get(request.state.actor, request.path_params["id"])
    return answers.shown(sample(row), _written(row))


@permit(Permission.KEEP_SAMPLES, title="Kiểm tra toàn vẹn các văn bản kế tiếp của mẫu", answers="Sample")
async def check_sample(request: Request) -> Response:
    """Called again until `check.ended` is set; after that it begins from the first again."""
    row = await _repository(request).samples.check(request.state.actor, request.path_params["id"])
    return answers.shown(sample(row), _written(row))


@permit(
    Permission.KEEP_SAMPLES,
    title="Gói chứng cứ của mọi văn bản trong mẫu, trong một tệp zip",
    answers="bytes",
)
async def sample_evidence(request: Request) -> Response:
    return await _sent(request)


@page(Permission.KEEP_SAMPLES)
async def evidence_page(request: Request) -> Response:
    """The button on the sample's page."""
    return await _sent(request)


async def _sent(request: Request) -> Response:
    samples, actor, thing = _repository(request).samples, request.state.actor, request.path_params["id"]
    headers = {
        "Content-Type": "application/zip", "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="chung-cu-{(await samples.get(actor, thing))["_id"]}.zip"',
    }  # fmt: skip
    if request.method == "HEAD":  # nothing is made, nothing recorded
        return Response(headers=headers)
    stack = AsyncExitStack()
    pieces = await stack.enter_async_context(samples.evidence(actor, thing))

    async def body() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in pieces:
                yield piece

    return StreamingResponse(body(), headers=headers)


def sample(row: Row) -> Row:
    names = ("seed", "size", "filter", "population", "population_sha256", "picked", "created_by")
    shown: dict[str, Any] = {name: row[name] for name in names}
    check = row["check"]
    told = check and {
        "started": answers.moment(check["started"]), "ended": answers.moment(check["ended"]),
        "done": check["done"], "of": len(row["picked"]), "findings": check["findings"],
    }  # fmt: skip
    return {"id": row["_id"]} | shown | {"created_at": answers.moment(row["created_at"]), "check": told}


def _written(row: Row) -> int:
    """How often the row was written: what its tag tells."""
    return int(row.get("writes", 1))


def _repository(request: Request) -> Repository:
    repository: Repository = request.state.repository
    return repository
