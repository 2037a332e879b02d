"""What an office does all week, several people at once: store, register, describe, strike, close, index, seal."""

import asyncio
import random

from repository import errors
from repository.access.actors import operator
from repository.documents.metadata import MetadataChange
from tests.soak.estate import Estate


async def work_a_while(estate: Estate, *, days: int, acts: int) -> int:
    """So many acts a day; days end with the books closed and the log sealed. How many were done."""
    done = 0
    for day in range(days):
        done += sum(await asyncio.gather(*(_person(estate, f"{day}.{one}", acts // 3) for one in range(3))))
        await estate.repository.closings.close_day(estate.district.clerk, estate.district.incoming["_id"])
        await estate.indexers.worker.drain()
        await estate.seal()
    return done


async def _person(estate: Estate, name: str, acts: int) -> int:
    chance, done = random.Random(name), 0
    for _ in range(acts):
        try:
            await chance.choice([_store, _store, _describe, _annul, _report, _drain])(estate, chance)
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
