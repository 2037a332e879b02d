"""What an office does all week, several people at once: store, register, describe, strike, close, index, seal."""

import asyncio
import random

from repository import errors
from repository.access.actors import operator
from repository.documents.metadata import MetadataChange
from repository.dossiers.dossiers import DossierForm
from tests.factories import PASSWORD, stream
from tests.soak.estate import Estate


async def work_a_while(estate: Estate, *, days: int, acts: int, called: str = "") -> int:
    """So many acts a day; days end with the books closed and the log sealed. How many were done."""
    done = 0
    for day in range(days):
        done += sum(
            await asyncio.gather(*(work(estate, f"{called}{day}.{one}", acts // 3) for one in range(3)))
        )
        await estate.repository.closings.close_day(estate.district.clerk, estate.district.incoming["_id"])
        await estate.indexers.worker.drain()
        await estate.seal()
    return done


async def work(estate: Estate, name: str, acts: int) -> int:
    """One person's acts, as the name says: the same name does the same."""
    chance, done = random.Random(name), 0
    for _ in range(acts):
        try:
            await chance.choice(ACTS)(estate, chance)
        except errors.Conflict:  # two people reached for the same thing: one of them is told so
            continue
        done += 1
    return done


async def _store(estate: Estate, chance: random.Random) -> None:
    await estate.fresh_document(subject=f"Công văn {chance.random()}")


async def _describe(estate: Estate, chance: random.Random) -> None:
    row = await estate.database["documents"].find_one({"_id": chance.choice(estate.documents)["_id"]})
    change = MetadataChange.model_validate({"subject": f"Trích yếu {chance.random()}"})
    await estate.repository.documents.describe(estate.district.clerk, row["_id"], change, row["revision"])


async def _annul(estate: Estate, chance: random.Random) -> None:
    book = estate.district.incoming["_id"]
    number = chance.randint(5, 5 + len(estate.documents))
    try:
        await estate.repository.registers.annul(estate.district.clerk, book, number, "vào nhầm")
    except errors.NotFound:
        return


async def _report(estate: Estate, chance: random.Random) -> None:
    await estate.repository.incidents.report(
        operator("test"),
        kind="test",
        subject_kind="job",
        subject_id=str(chance.randint(1, 9)),
        found="x",
        todo="y",
    )


async def _drain(estate: Estate, chance: random.Random) -> None:
    await estate.indexers.worker.drain()


async def _add(estate: Estate, chance: random.Random) -> None:
    clerk, content = estate.district.clerk, chance.randbytes(500).hex().encode()
    received = await estate.repository.intake.receive(clerk, stream(content), filename="phụ lục.txt")
    document = chance.choice(estate.documents)["_id"]
    await estate.repository.versions.add(clerk, document, received, None)


async def _file(estate: Estate, chance: random.Random) -> None:
    form = DossierForm(unit="van-phong", code=f"HS-{chance.random()}", title="Hồ sơ công việc")
    dossier = await estate.repository.dossiers.open(estate.district.clerk, form)
    for document in {chance.choice(estate.documents)["_id"] for _ in range(3)}:
        await estate.repository.dossiers.file(estate.district.clerk, dossier["_id"], document)


async def _log_in(estate: Estate, chance: random.Random) -> None:
    secret, actor = await estate.repository.credentials.log_in("vt.vanphong", PASSWORD)
    if chance.random() < 0.5:
        await estate.repository.credentials.log_out(secret, actor)


async def _check(estate: Estate, chance: random.Random) -> None:
    document = chance.choice(estate.documents)["_id"]
    [*_, last] = await estate.repository.versions.check(estate.district.auditor, document)
    assert last.intact, last


ACTS = [_store, _store, _describe, _annul, _report, _drain, _add, _file, _log_in, _check]
