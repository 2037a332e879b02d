"""Fills an empty repository with the made-up district: units, people, books, signed papers, dossiers.

Every step looks first for what is there, so a seed that was cut off goes on where it stopped.
"""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

from ops.demo.district import PEOPLE, UNITS, registers
from ops.demo.pki import DemoPki
from ops.demo.samples import Sample, make_samples
from ops.reading import pieces
from repository.access.actors import Actor, operator
from repository.access.permissions import Role
from repository.clock import local_date
from repository.documents.metadata import Metadata
from repository.dossiers.dossiers import DossierForm
from repository.organisation.accounts.credentials import hash_password
from repository.organisation.people.people import PersonForm, actor_of
from repository.organisation.units.units import UnitForm
from repository.registers.registers import RegisterForm
from repository.wiring import Repository

DOSSIERS = (
    (
        "van-phong",
        "01/VP-2026",
        "Hồ sơ về công tác văn thư, lưu trữ và số hóa năm 2026",
        ("số hóa", "văn thư", "lưu trữ"),
    ),
    ("van-phong", "02/VP-2026", "Hồ sơ về phòng, chống ngập úng và mưa lũ năm 2026", ("ngập", "mưa", "lũ")),
    ("noi-vu", "01/NV-2026", "Hồ sơ xin kinh phí số hóa tài liệu", ("kinh phí",)),
)


def prepare(folder: Path) -> tuple[str, list[Sample]]:
    """Makes PKI and papers in the demo's folder where missing; answers the trust setting and the samples. Blocking."""
    folder.mkdir(parents=True, exist_ok=True)
    pki = DemoPki.open(folder / "pki")
    samples = make_samples(folder / "files", pki)
    anchors = ":".join(str(path.absolute()) for path in (pki.anchors, pki.intermediates, *pki.crls))
    (folder / "anchors.txt").write_text(anchors, "utf-8")
    return anchors, samples


def password(folder: Path) -> str:
    """The demo accounts' common password: made once for this data folder, readable by its owner only."""
    kept = folder / "password.txt"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(f"Demo-{secrets.token_hex(4)}", "utf-8")
    return kept.read_text("utf-8").strip()


async def seed(
    repository: Repository, samples: list[Sample], first_password: str, say: Callable[[str], None]
) -> None:
    """Everything that is missing."""
    await _organisation(repository, first_password)
    books = await _books(repository)
    stored = await _papers(repository, samples, books)
    await _dossiers(repository)
    say(f"Quận mẫu: {len(UNITS)} đơn vị, {len(PEOPLE)} người, {len(samples)} văn bản ({stored} mới).")


async def _organisation(repository: Repository, first_password: str) -> None:
    there = {row["_id"] for row in await repository.units.all()}
    for unit in UNITS:
        if unit.id not in there:
            form = UnitForm(
                id=unit.id, name=unit.name, symbol=unit.short_symbol, organ_id=unit.organ_id, kind=unit.kind,
                parent=unit.parent or "", head=unit.head,
            )  # fmt: skip
            await repository.units.create(operator("demo"), form)
    known = {row["username"] for row in await repository.people.all()}
    missing = [one for one in PEOPLE if one.username not in known]
    hashes = await asyncio.gather(*(hash_password(first_password) for _ in missing))
    for one, hashed in zip(missing, hashes, strict=True):
        account = PersonForm(
            username=one.username, full_name=one.full_name, unit=one.unit, title=one.title,
            roles=[Role(role) for role in one.roles],
        )  # fmt: skip
        # nobody has to change a password that the demo prints on the screen
        await repository.people.create(operator("demo"), account, hashed, must_change=False)


async def _books(repository: Repository) -> dict[tuple[str, str], str]:
    year = local_date(repository.clock.now()).year
    opened: dict[tuple[str, str], str] = {}
    for book in registers(year):
        # The office keeps the books of the People's Committee, as everywhere.
        symbol = "UBND" if book.unit == "van-phong" else ""
        form = RegisterForm(unit=book.unit, year=year, direction=book.direction, symbol=symbol)
        opened[book.unit, book.direction] = (await repository.registers.open(operator("demo"), form))["_id"]
    return opened


async def _papers(repository: Repository, samples: list[Sample], books: dict[tuple[str, str], str]) -> int:
    keepers = {
        one.unit: actor_of(await repository.people.named(one.username))
        for one in PEOPLE
        if "clerk" in one.roles
    }
    stored = 0
    for sample in samples:
        unit, direction = sample.metadata["unit"], sample.metadata["direction"]
        keeper = keepers.get(unit, operator("demo"))
        stored += await _paper(repository, keeper, sample, books.get((unit, direction), ""))
    return stored


async def _paper(repository: Repository, keeper: Actor, sample: Sample, book: str) -> bool:
    metadata = Metadata.model_validate(sample.metadata | {"register_id": book})
    query = {"unit": metadata.unit, "subject": metadata.subject, "versions.filename": sample.path.name}
    if await repository.database["documents"].find_one(query, {"_id": 1}):
        return False
    received = await repository.intake.receive(keeper, pieces(sample.path), filename=sample.path.name)
    await repository.documents.store(keeper, metadata, [received])
    return True


async def _dossiers(repository: Repository) -> None:
    for unit, code, title, words in DOSSIERS:
        if await repository.database["dossiers"].find_one({"unit": unit, "code": code}):
            continue
        keeper = next(
            one for one in PEOPLE if one.unit == unit and ("clerk" in one.roles or "officer" in one.roles)
        )
        actor = actor_of(await repository.people.named(keeper.username))
        dossier = await repository.dossiers.open(
            actor, DossierForm(code=code, title=title, retention="10 năm")
        )
        for row in await repository.documents.newest(actor, limit=100):
            if any(word in row["subject"].casefold() for word in words):
                await repository.dossiers.file(actor, dossier["_id"], row["_id"])
