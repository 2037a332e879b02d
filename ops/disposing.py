"""The verbs of `tangthu retention` that keep and let go: locks, holds, propose, dispose, verify, evidence, sweep.

None of them approves anything: that takes two people with accounts of their own.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from indexers.wiring import Indexers
from ops import keeping
from ops.opening import console
from repository.access.actors import operator
from repository.retention.council import NotApproved
from repository.retention.holding import KINDS

_ACTOR = operator("retention")


def _say(words: str) -> None:
    console.print(words, markup=False, highlight=False)


async def run(indexers: Indexers, options: argparse.Namespace) -> int:
    return await VERBS[options.verb](indexers, options)


async def _locks(indexers: Indexers, options: argparse.Namespace) -> int:
    _say(await keeping.roll_locks(indexers))
    return 0


async def _holds(indexers: Indexers, options: argparse.Namespace) -> int:
    for one in await indexers.repository.retention.holds.find(_ACTOR, state="in_force", limit=1000):
        _say(
            f"{one['_id']}  {KINDS[one['kind']]}: {one['title']}  {one['reason']}  ({one['placed']['by']['name']})"
        )
    return 0


async def _propose(indexers: Indexers, options: argparse.Namespace) -> int:
    disposals = indexers.repository.retention.disposals
    for unit in [options.unit] if options.unit else await disposals.units():
        if options.dry_run:
            for one in await disposals.expired(unit):
                _say(f"{unit}  {one['code']}  {one['title']}  hết hạn {one['retention']['ends_on']}")
        elif row := await disposals.propose_if_any(_ACTOR, unit):
            _say(f"{row['_id']}  {unit}  {row['documents']} văn bản, chờ hội đồng xét")
    return 0


async def _dispose(indexers: Indexers, options: argparse.Namespace) -> int:
    retention, status = indexers.repository.retention, 0
    for one in [options.id] if options.id else await retention.disposals.approved():
        try:
            if options.dry_run:
                for item, why in await retention.execution.would(await retention.disposals.row(one)):
                    _say(f"{one}  {item['symbol'] or item['document']}  {f'giữ: {why}' if why else 'xóa'}")
                continue
            row, done = await keeping.dispose(indexers, one)
        except NotApproved as fault:
            _say(f"{one}  {fault}")
            status = 1
            continue
        state = "xong" if row["state"] == "done" else "chưa xong, chạy lại sau"
        _say(f"{one}  xóa {done.erased}, giữ {done.kept}, còn chờ {done.waiting}: {state}")
        status |= row["state"] != "done"
    return status


async def _verify(indexers: Indexers, options: argparse.Namespace) -> int:
    retention = indexers.repository.retention
    found = await retention.certificates.verify(_ACTOR, await retention.disposals.row(options.id))
    for one in found:
        _say(one)
    _say(
        "KHÔNG xác nhận được chứng nhận này: lý do ở trên."
        if found
        else "Chứng nhận đúng với nhật ký đã ký, thông tin lưu vết và kho."
    )
    return 1 if found else 0


async def _evidence(indexers: Indexers, options: argparse.Namespace) -> int:
    out = options.out or Path(f"chung-cu-{options.id}.zip")
    async with indexers.repository.evidence.package(_ACTOR, "disposal", options.id) as pieces:
        with out.open("wb") as file:
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
    _say(f"{out}: kiểm tra bằng tangthu verify {out}")
    return 0


async def _sweep(indexers: Indexers, options: argparse.Namespace) -> int:
    done = await indexers.repository.retention.sweep.run(dry=options.dry_run)
    _say(f"{done.objects} tệp, {done.orphans} mồ côi, dọn {done.erased}")
    return 1 if done.refused else 0


VERBS: Final[dict[str, Callable[[Indexers, argparse.Namespace], Awaitable[int]]]] = {
    "locks": _locks, "holds": _holds, "propose": _propose, "dispose": _dispose, "verify": _verify,
    "evidence": _evidence, "sweep": _sweep,
}  # fmt: skip
