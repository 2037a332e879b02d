"""A whole repository over the store's twin and a clock that moves: fifty years pass in a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from repository import errors, mongo, schema
from repository.access.actors import Actor
from repository.access.permissions import Role
from repository.blobs import Digest
from repository.blobs.memory import MemoryBlobs, MemoryEraser
from repository.clock import FixedClock
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.retention.eraser import StillLocked
from repository.sandbox import Limits, Sandbox
from repository.settings import Settings
from repository.wiring import Repository, assemble
from tests.factories import make_person, stored


class CountedBlobs(MemoryBlobs):
    """The twin, counting what it is asked, and not answering for the files that it is told."""

    def __init__(self, *, clock: FixedClock) -> None:
        super().__init__(clock=clock)
        self.asked: list[str] = []
        self.mute: set[str] = set()

    async def retain(self, digest, version, until):
        self.asked.append("retain")
        if digest.hex in self.mute:
            raise errors.Unavailable(what="kho tệp")
        await super().retain(digest, version, until)

    async def stat(self, digest, version=None):
        self.asked.append("stat")
        return await super().stat(digest, version)


@asynccontextmanager
async def moved(settings: Settings, day: str, *, eraser=None) -> AsyncIterator[Repository]:
    """An opened repository on that day. `blobs` is a CountedBlobs, `clock` a FixedClock."""
    clock = FixedClock(datetime.fromisoformat(day).replace(hour=3, tzinfo=UTC))
    blobs = CountedBlobs(clock=clock)
    settings.staging.mkdir(parents=True, exist_ok=True)
    database = mongo.connect(settings.mongo_url, settings.mongo_database)
    await schema.ensure_indexes(database)
    limits = Limits(seconds=30)
    async with (
        Sandbox(function="repository.signatures.verify:validate", size=1, limits=limits) as sandbox,
        Sandbox(function="repository.signatures.signing.pdf:work", size=1, limits=limits) as press,
        Sandbox(function="repository.ingest.tables:read", size=1, limits=limits) as tables,
    ):
        twin = MemoryEraser(blobs=blobs, refusal=lambda what: StillLocked(what=what, until="hết khóa"))
        yield assemble(
            settings, clock=clock, database=database, blobs=blobs, sandbox=sandbox, press=press,
            tables=tables, eraser=eraser(blobs, twin) if eraser else twin,
        )  # fmt: skip
    await database.client.drop_database(settings.mongo_database)
    await mongo.close(database)


def to(repository: Repository, day: str) -> None:
    """Moves the clock."""
    repository.clock.moment = datetime.fromisoformat(day).replace(hour=3, tzinfo=UTC)


async def staff(repository: Repository, unit: str = "van-phong") -> dict[str, Actor]:
    """A clerk who proposes, two members of the council, an auditor."""
    return {
        "clerk": await make_person(repository, f"vt.{unit}", unit, Role.CLERK),
        "leader": await make_person(repository, f"ld.{unit}", unit, Role.LEADER),
        "deputy": await make_person(repository, f"phó.{unit}".replace("ó", "o"), unit, Role.LEADER),
        "auditor": await make_person(repository, f"ktv.{unit}", unit, Role.AUDITOR),
    }


async def dossier_with(
    repository: Repository, clerk: Actor, code: str, retention: str, papers: int
) -> tuple[Row, list[Row]]:
    form = DossierForm(code=code, title=f"Hồ sơ {code}", retention=retention)
    dossier = await repository.dossiers.open(clerk, form)
    rows = [
        await stored(
            repository,
            clerk,
            f"{code} văn bản {n}".encode(),
            symbol=f"{n}/{code}",
            dossier_id=dossier["_id"],
            page_amount=1,
            direction="internal",
        )
        for n in range(papers)
    ]
    return dossier, rows


async def closed(repository: Repository, clerk: Actor, dossier: Row) -> Row:
    row = await repository.dossiers.close(clerk, dossier["_id"], ClosingForm())
    await settled(repository)
    return row


async def sealed(repository: Repository) -> None:
    """What the worker does every few seconds: every record under a signed checkpoint."""
    await repository.log.sealer.catch_up()
    await repository.log.sealer.issue_when_due(at_once=True)


async def settled(repository: Repository) -> None:
    """The worker's step of locks and holds for all that is owed, without search and text."""
    for owed in await repository.outbox.pending(repository.clock.now(), 10_000):
        await repository.retention.settle(owed["subject"]["kind"], owed["subject"]["id"])
        await repository.outbox.done([owed["_id"]])


def there(office: Repository, paper: Row) -> bool:
    """Whether the store holds anything under the first version's hash."""
    return bool(office.blobs.versions_of(Digest.parse(paper["versions"][0]["sha256"])))
