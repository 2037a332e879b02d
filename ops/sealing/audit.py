"""`tangthu audit`: proofs of records, the check of the whole log against all that was signed, the log as a file."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any, Final

from rich.progress import Progress

from ops.opening import console, data_argument, opened
from ops.sealing.exporting import export
from repository import errors
from repository.access.actors import operator
from repository.audit import Action, merkle
from repository.audit.checkpoint import leaf_of
from repository.audit.checkpoint import opened as opened_checkpoint
from repository.audit.export import FORMS
from repository.audit.log import Log, Proven
from repository.audit.note import Malformed
from repository.audit.record import canonical
from repository.wiring import Repository

_AUDITOR: Final = operator("audit")


def arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="VIỆC", required=True)
    proof = acts.add_parser("proof", help="bằng chứng rằng một bản ghi nằm trong nhật ký")
    proof.add_argument("record", help="mã bản ghi (aud-…) hoặc số lá")
    consistency = acts.add_parser("consistency", help="bằng chứng rằng cây sau chỉ thêm vào cây trước")
    consistency.add_argument("--from", dest="old", type=int, required=True, help="số lá của cây trước")
    consistency.add_argument("--to", dest="new", type=int, help="số lá của cây sau (mặc định: cây hiện tại)")
    check = acts.add_parser(
        "check", help="băm lại mọi bản ghi, đối chiếu cây và mọi bản ký; 1 nếu có sai lệch"
    )
    check.add_argument("--again", action="store_true", help="bỏ lần kiểm tra dở dang, làm lại từ đầu")
    check.add_argument(
        "--no-seal", action="store_true", help="không niêm phong phần đang chờ trước khi kiểm tra"
    )
    export = acts.add_parser(
        "export", help="cả nhật ký đã ký ra một tệp: JSON từng dòng kèm bằng chứng, hoặc bảng CSV"
    )
    export.add_argument("file", type=Path, help="tệp sẽ ghi; .csv là bảng, tên khác là JSON từng dòng")
    export.add_argument("--format", choices=FORMS, help="mặc định theo tên tệp")
    for one in (proof, consistency, check, export):
        data_argument(one)


async def run(options: argparse.Namespace) -> int:
    async with opened(options.data) as indexers:
        log = indexers.repository.log
        if options.act == "proof":
            return await _proof(log, options.record)
        if options.act == "consistency":
            return await _consistency(log, options.old, options.new)
        if options.act == "export":
            return await _export(indexers.repository, options.file, options.format)
        if not options.no_seal:
            try:
                await log.sealer.catch_up()
            except errors.Corrupt as fault:
                console.print(f"[red]Không niêm phong được: {fault}")
        return await _check(log, again=options.again)


async def _proof(log: Log, record: str) -> int:
    found = await (log.proof(int(record)) if record.isdigit() else log.proof_of(record))
    console.print_json(json.dumps(told(found), ensure_ascii=False))
    return 0 if await asyncio.to_thread(_holds, log, found) else 1


async def _consistency(log: Log, old: int, new: int | None) -> int:
    newer = new if new is not None else (await log.tree.head()).size
    hashes = await log.consistency(old, newer)
    roots = await log.tree.root_at(old), await log.tree.root_at(newer)
    holds = merkle.extends(old, roots[0], newer, roots[1], hashes)
    console.print_json(
        json.dumps(
            {"from": old, "to": newer, "from_root": roots[0].hex(), "to_root": roots[1].hex(),
             "hashes": [one.hex() for one in hashes], "holds": holds}
        )
    )  # fmt: skip
    return 0 if holds else 1


async def _export(repository: Repository, file: Path, form: str | None) -> int:
    form = form or ("csv" if file.suffix.lower() == ".csv" else "jsonl")
    found = await export(repository.log, file, form)
    count = found.size - len(found.missing)
    await repository.journal.note(
        _AUDITOR, Action.LOG_EXPORTED, "log", repository.log.origin, exported=count, form=form
    )
    console.print(f"{count} bản ghi đã ghi vào {file}.", highlight=False)
    if found.missing:
        first = ", ".join(str(leaf) for leaf in found.missing[:10])
        console.print(
            f"[red]{len(found.missing)} lá không còn bản ghi[/red] (lá {first}{'…' if found.missing[10:] else ''}): "
            "trong tệp có dòng riêng cho từng lá. Chạy tangthu audit check.", highlight=False,
        )  # fmt: skip
    return 1 if found.missing else 0


async def _check(log: Log, *, again: bool) -> int:
    with Progress(console=console) as progress:
        task = progress.add_task("Băm lại bản ghi", total=None)
        state = await log.verify(
            again=again, say=lambda done, size: progress.update(task, completed=done, total=size)
        )
    for fault in state.faults:
        console.print(f"[red]{fault.kind}[/red] {fault.subject}: {fault.words}", highlight=False)
    words = f"{len(state.faults)} sai lệch" if state.faults else "không có sai lệch"
    console.print(f"{state.size} bản ghi, {state.checkpoints} bản ký: {words}.")
    return 1 if state.faults else 0


def told(found: Proven) -> dict[str, Any]:
    """A proof with the record and the checkpoint it needs."""
    return found.proof.as_json() | {
        "record": json.loads(canonical(found.record)),
        "leaf_hash": leaf_of(found.record).hex(),
        "checkpoint": found.checkpoint["note"],
    }


def _holds(log: Log, found: Proven) -> bool:
    try:
        checkpoint = opened_checkpoint(found.checkpoint["note"].encode(), log.keys.public(), log.origin)
    except Malformed:
        return False
    return found.proof.shows(leaf_of(found.record), checkpoint)
