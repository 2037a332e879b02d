"""Functions that make what tests need, with overrides."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from repository.access.actors import Actor, operator
from repository.access.permissions import Permission, Role
from repository.clock import local_date
from repository.documents.metadata import Metadata
from repository.mongo import Row
from repository.organisation.accounts import passwords
from repository.organisation.people.people import PersonForm, actor_of
from repository.organisation.units.units import UnitForm
from repository.registers.registers import RegisterForm
from repository.wiring import Repository

PASSWORD = "Mật-khẩu-thử-1"
WORKING = [
    Permission.STORE_DOCUMENTS, Permission.READ_DOCUMENTS, Permission.DESCRIBE_DOCUMENTS, Permission.SEARCH,
    Permission.READ_REGISTERS, Permission.MAKE_ENTRIES, Permission.ANNUL_ENTRIES, Permission.OPEN_REGISTERS,
    Permission.KEEP_DOSSIERS, Permission.READ_DOSSIERS, Permission.VERIFY, Permission.READ_HISTORY,
    Permission.ISSUE_DOCUMENTS, Permission.MAKE_EVIDENCE,
]  # fmt: skip


@dataclass(frozen=True)
class District:
    """What `make_district` made."""

    clerk: Actor
    foreign_clerk: Actor
    auditor: Actor
    incoming: Row
    outgoing: Row
    foreign_incoming: Row
    token: str
    foreign_token: str


async def make_person(repository: Repository, username: str, unit: str, *roles: Role, **fields: Any) -> Actor:
    form = PersonForm(
        username=username, full_name=f"Người {username}", unit=unit, roles=list(roles), **fields
    )
    return actor_of(
        await repository.people.create(operator("test"), form, _password_hash(), must_change=False)
    )


@cache
def _password_hash() -> str:
    """Made once: the hash is slow on purpose, and most tests do not log in."""
    return passwords.HASHER.hash(PASSWORD)


async def make_district(repository: Repository) -> District:
    root = operator("test")
    await repository.units.create(root, UnitForm(id="van-phong", name="Văn phòng UBND quận", symbol="UBND"))
    await repository.units.create(root, UnitForm(id="phuong-a", name="UBND phường A", symbol="UBND"))
    year = local_date(repository.clock.now()).year
    books = [
        await repository.registers.open(root, RegisterForm(unit=unit, year=year, direction=direction))
        for unit, direction in (
            ("van-phong", "incoming"),
            ("van-phong", "outgoing"),
            ("phuong-a", "incoming"),
        )
    ]
    tokens = [
        (
            await repository.credentials.issue_token(
                root, system=f"kiem-thu-{unit}", unit=unit, scopes=WORKING, lasts=timedelta(hours=1)
            )
        )[0]
        for unit in ("van-phong", "phuong-a")
    ]
    return District(
        await make_person(repository, "vt.vanphong", "van-phong", Role.CLERK, title="Văn thư"),
        await make_person(repository, "vt.phuonga", "phuong-a", Role.CLERK, title="Văn thư"),
        await make_person(repository, "ktv", "van-phong", Role.AUDITOR, title="Kiểm tra viên"),
        *books,
        *tokens,
    )


async def stream(content: bytes, piece: int = 65_536) -> AsyncIterator[bytes]:
    """Bytes as they come from the network."""
    for start in range(0, len(content), piece):
        yield content[start : start + piece]


def metadata(**fields: Any) -> Metadata:
    return Metadata.model_validate({"subject": "Công văn về việc kiểm thử"} | fields)


async def stored(
    repository: Repository, actor: Actor, content: bytes = "Nội dung văn bản".encode(), **fields: Any
) -> Row:
    """A stored document with one text file."""
    received = await repository.intake.receive(actor, stream(content), filename="văn bản.txt")
    return await repository.documents.store(actor, metadata(**fields), [received])
