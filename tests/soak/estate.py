"""A small office with a bucket and a database of its own, and a vandal with a shell on its machine."""

import base64
import hashlib
import hmac
import json
import mmap
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import minio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from indexers.wiring import Indexers, open_indexers
from ops.fixity import examine
from ops.stack import EngineAddresses, seaweed
from ops.stack.bucket import RootAccess
from ops.stack.folder import Folder
from repository import ids
from repository.access.actors import operator
from repository.blobs import Digest, layout
from repository.clock import Clock, SystemClock
from repository.dossiers.dossiers import DossierForm
from repository.evidence.fixity_runs import Wish
from repository.mongo import Row
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.factories import District, make_district, metadata, stream

COPIED = (
    "audit", "checkpoints", "closings", "delegations", "disposals", "documents", "dossiers", "entries", "filings",
    "heads", "holds", "incidents", "people", "registers", "sessions", "tiles", "tokens", "trust", "units",
)  # fmt: skip


@dataclass
class Estate:
    """An opened office, and what a check of everything says about it."""

    indexers: Indexers
    district: District
    engines: EngineAddresses
    documents: list[Row] = field(default_factory=list)
    known: set[tuple[str, str]] = field(default_factory=set)

    @property
    def repository(self) -> Repository:
        return self.indexers.repository

    @property
    def database(self) -> Any:
        return self.repository.database

    async def seal(self) -> None:
        await self.repository.log.sealer.catch_up()
        await self.repository.log.sealer.issue_when_due(at_once=True)

    async def wrong(self, *, fresh: bool = True) -> set[tuple[str, str]]:
        """Kind and subject of all that fixity and the check of the log find; only what is new, when `fresh`."""
        out = await examine(self.indexers, Wish(again=True, dry=True))
        found = {(one.kind, one.subject) for one in out.findings}
        state = await self.repository.log.check.run(again=True)
        found |= {(f"log.{one.kind}", one.subject) for one in state.faults}
        return found - self.known if fresh else found

    async def fresh_document(self, **fields: Any) -> Row:
        """A document of its own, a line in the book, locked, judged, indexed."""
        clerk, repository = self.district.clerk, self.repository
        content = pdf(secrets.token_hex(3000).encode())  # the store would pack text
        received = await repository.intake.receive(clerk, stream(content), filename="công văn.pdf")
        row = await repository.documents.store(clerk, metadata(direction="incoming", **fields), [received])
        await self.repository.documents.register(self.district.clerk, row["_id"])
        await self.indexers.worker.drain()
        found: Row = await self.database["documents"].find_one({"_id": row["_id"]})
        self.documents.append(found)
        return found

    async def dump(self) -> dict[str, list[Row]]:
        return {name: await self.database[name].find({}).to_list(None) for name in COPIED}

    async def restore(self, dumped: dict[str, list[Row]]) -> None:
        """Every row as it was, whatever was done to it."""
        for name, rows in dumped.items():
            now = {row["_id"]: row async for row in self.database[name].find({})}
            then = {row["_id"]: row for row in rows}
            gone = [row_id for row_id in now if then.get(row_id) != now[row_id]]
            if gone:  # all first: a number may not be there twice, not even for a moment
                await self.database[name].delete_many({"_id": {"$in": gone}})
            if missing := [row for row_id, row in then.items() if now.get(row_id) != row]:
                await self.database[name].insert_many(missing)


class Shell:
    """What somebody with a shell on the machine can do to the store behind its S3 front."""

    def __init__(self, estate: Estate) -> None:
        folder = Folder(estate.engines.search_dir.parent)
        self._secrets = folder.secrets(seaweed.SECRETS)
        ports = json.loads((folder.path("stack") / "state.json").read_text())["ports"]
        self._filer = f"http://127.0.0.1:{ports['filer.port']}"
        self.bucket = estate.repository.settings.s3_bucket
        self.root = minio.Minio(
            estate.engines.s3_url.removeprefix("http://"),
            self._secrets["s3.root.key"], self._secrets["s3.root.secret"], secure=False,
        )  # fmt: skip
        self._objects = folder.path("objects")

    def key(self, version: Row) -> str:
        return layout.key_of(Digest(version["sha256"]))

    def raw(self, method: str, version: Row, query: str = "", content: bytes = b"", **headers: str) -> None:
        """A request to the filer, which knows no locks."""
        path = f"/buckets/{self.bucket}/{self.key(version)}.versions/v_{version['store_version']}{query}"
        signed = {"Authorization": f"Bearer {self._token()}"} | headers
        answer = httpx.request(method, self._filer + path, content=content, headers=signed)
        assert answer.status_code < 300, (answer.status_code, answer.text)

    def overwrite(self, version: Row, content: bytes) -> None:
        """Other bytes in the place of the version, its lock kept."""
        until = int(time.time()) + 400 * 86_400
        self.raw(
            "PUT", version, content=content,
            **{
                "Content-Type": "text/plain",
                "Seaweed-X-Amz-Object-Lock-Mode": "COMPLIANCE",
                "Seaweed-X-Amz-Retention-Until-Date": str(until),
                "Seaweed-X-Amz-Version-Id": version["store_version"],
            },
        )  # fmt: skip

    def flip(self, content: bytes) -> None:
        """One bit of the bytes in the store's own volume file."""
        for path in sorted(Path(self._objects).rglob("*.dat")):
            if path.stat().st_size < len(content):
                continue
            with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
                at = memory.find(content)
                if at >= 0:
                    memory[at + len(content) // 2] ^= 1
                    memory.flush()
                    return
        raise AssertionError("the content lies in no volume file")

    def _token(self) -> str:
        def part(raw: bytes) -> bytes:
            return base64.urlsafe_b64encode(raw).rstrip(b"=")

        claims = json.dumps({"exp": int(time.time()) + 600}).encode()
        said = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(claims)
        key = self._secrets["jwt.filer.write"].encode()
        return (said + b"." + part(hmac.new(key, said, hashlib.sha256).digest())).decode()


def alone(settings: Settings, engines: EngineAddresses) -> Settings:
    """Settings whose bucket nobody else writes to."""
    folder = Folder(engines.search_dir.parent)
    keys = folder.secrets(seaweed.SECRETS)
    port = int(engines.s3_url.rpartition(":")[2])
    name = f"own-{secrets.token_hex(5)}"
    root = RootAccess(port=port, access_key=keys["s3.root.key"], secret_key=keys["s3.root.secret"])
    root.make_bucket(name)
    policy = (Path(seaweed.__file__).parent / "service-policy.json").read_text("utf-8")
    root.put_policy(name, policy.replace(f":::{seaweed.BUCKET}", f":::{name}"))
    return replace(settings, s3_bucket=name)


@asynccontextmanager
async def own_bucket(settings: Settings, engines: EngineAddresses) -> AsyncIterator[Settings]:
    """As `alone`, for the trials that stack their surroundings."""
    yield alone(settings, engines)


@asynccontextmanager
async def open_estate(
    settings: Settings, engines: EngineAddresses, clock: Clock | None = None
) -> AsyncIterator[Estate]:
    """An office with documents, lines, dossiers, closings, sessions; everything indexed and sealed."""
    async with (
        own_bucket(settings, engines) as own,
        open_repository(own, clock=clock or SystemClock()) as repository,
    ):
        async with open_indexers(repository) as indexers:
            estate = Estate(indexers, await make_district(repository), engines)
            await _lived_in(estate)
            yield estate
        await repository.database.client.drop_database(own.mongo_database)


async def _lived_in(estate: Estate) -> None:
    repository, clerk, root = estate.repository, estate.district.clerk, operator("test")
    trust = repository.custody.trust
    await trust.take(root, await trust.look("gốc.pem", authority(), purpose="chuyen-dung"))
    for number in range(4):
        await estate.fresh_document(subject=f"Công văn thứ {number}", symbol=f"{number + 1}/CV")
    form = DossierForm(unit="van-phong", code="HS-1", title="Hồ sơ giải quyết đơn")
    dossier = await repository.dossiers.open(clerk, form)
    await repository.dossiers.file(clerk, dossier["_id"], estate.documents[0]["_id"])
    await repository.registers.annul(clerk, estate.district.incoming["_id"], 4, "vào nhầm sổ")
    await repository.closings.close_day(clerk, estate.district.incoming["_id"])
    await repository.incidents.report(
        root, kind="test", subject_kind="job", subject_id="x", found="thử", todo="không làm gì"
    )
    await estate.fresh_document(subject="Công văn sau khóa sổ")
    await estate.indexers.worker.drain()
    await estate.seal()


def pdf(filling: bytes) -> bytes:
    """A page with nothing on it and a stream that nothing refers to."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
        b"<< /Length %d >>\nstream\n" % len(filling) + filling + b"\nendstream",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return bytes(
        out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    )


def authority() -> bytes:
    """A root certificate, as an operator brings one in."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Gốc chuyên dùng thử")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now - timedelta(1), now + timedelta(3650)
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return made.sign(key, None).public_bytes(Encoding.PEM)


def moved(moment: Any, days: int) -> Any:
    return moment + timedelta(days=days)


def new_id(prefix: str) -> str:
    return ids.new(prefix)


def random_bytes(size: int = 800) -> bytes:
    return os.urandom(size)
