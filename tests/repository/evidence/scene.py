"""One district with a signed paper, a plain one and a dossier of both: sealed, stamped, witnessed, packaged."""

import asyncio
import dataclasses
import hashlib
import io
import secrets
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from indexers.wiring import open_indexers
from ops.demo.pki import DemoPki
from ops.stack import EngineAddresses
from repository.access.actors import Actor
from repository.dossiers.dossiers import DossierForm
from repository.evidence import sealed_zip as layout
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.factories import make_district, metadata, stored, stream
from tests.repository.audit.witness_server import Witness
from tests.repository.signatures.forge import AGENCY, Forge, paper
from tests.signers import time_authority

STAMPED = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
Members = dict[str, bytes]


@dataclasses.dataclass(frozen=True)
class Scene:
    """Everything a verifier may be given."""

    whole: bytes
    """Of the dossier."""
    again: bytes
    """The same, asked for a second time."""
    single: bytes
    """Of the signed document."""
    keys: str
    earlier: bytes
    """A checkpoint from before the dossier's."""
    older_package: bytes
    """Of the document, made before it was filed."""
    linked: bytes
    """Of the dossier, proving that the log grew from `earlier`."""
    pki: DemoPki
    forge: Forge
    document: str
    dossier: str


def make(engines: EngineAddresses, folder: Path) -> Scene:
    forge, pki = Forge(folder), DemoPki.open(folder / "pki")
    signed = forge.sign(forge.sign(paper(), "person"), "agency")
    return asyncio.run(_make(engines, folder, forge, pki, signed))


async def _make(engines: EngineAddresses, folder: Path, forge: Forge, pki: DemoPki, signed: bytes) -> Scene:
    settings = Settings(
        data=folder, mongo_url=engines.mongo_url, mongo_database=f"ev_{secrets.token_hex(6)}",
        s3_url=engines.s3_url, s3_access_key=engines.s3_access_key, s3_secret_key=engines.s3_secret_key,
        s3_bucket=engines.bucket, clamd_url=engines.clamd or "", search_url=f"tantivy:{folder / 'search'}",
        secret="test", admin_totp="optional", trust_anchors=f"{forge.anchors}:{forge.crl}",
    )  # fmt: skip
    async with open_repository(settings) as opened:
        opened.log.keys.current()
        origin, keys = opened.log.origin, opened.log.keys.public()
    witness = Witness(origin=origin, keys=keys)
    try:
        with time_authority(pki.timestamper(STAMPED)) as authority:
            told = dataclasses.replace(
                settings, tsa_url=authority, witness_url=witness.url, witness_key=str(witness.key.public)
            )
            async with open_repository(told) as repository:
                scene = await _filled(repository, forge, pki, signed)
                await repository.database.client.drop_database(settings.mongo_database)
                return scene
    finally:
        witness.close()


async def _filled(repository: Repository, forge: Forge, pki: DemoPki, signed: bytes) -> Scene:
    district = await make_district(repository)
    clerk, log = district.clerk, repository.log
    async with open_indexers(repository) as indexers:
        files = [
            await repository.intake.receive(clerk, stream(content), filename=name)
            for content, name in ((signed, "Quyết định số 1.pdf"), (b"phu luc mot", "phụ lục.txt"))
        ]
        wanted = metadata(
            subject="Quyết định về việc thử chứng cứ", issuer={"name": AGENCY}, symbol="71/QĐ-UBND",
            issued_on="2026-03-02", register_id=district.incoming["_id"], direction="incoming",
        )  # fmt: skip
        document = await repository.documents.store(clerk, wanted, files)
        plain = await stored(
            repository, clerk, "Nội dung <b>thường</b>".encode(), subject="Tờ trình & phụ lục"
        )
        await indexers.worker.drain()
        older = await packaged(repository, clerk, "document", document["_id"])
        row = await log.checkpoints.latest()
        dossier = await repository.dossiers.open(clerk, DossierForm(code="01.CC", title="Hồ sơ thử chứng cứ"))
        for one in (document, plain):
            await repository.dossiers.file(clerk, dossier["_id"], one["_id"])
        await repository.versions.add(
            clerk, plain["_id"], await repository.intake.receive(clerk, stream(b"ban hai"), filename="hai.txt"), None
        )  # fmt: skip
        while await indexers.worker.drain():
            pass
        await log.sealer.catch_up()
        await log.cosign()
        await log.stamp_when_due()
        making = [
            await packaged(repository, clerk, kind, thing, previous)
            for kind, thing, previous in (
                ("dossier", dossier["_id"], 0), ("dossier", dossier["_id"], 0),
                ("document", document["_id"], 0), ("dossier", dossier["_id"], row["size"]),
            )
        ]  # fmt: skip
        return Scene(
            whole=making[0], again=making[1], single=making[2], linked=making[3], older_package=older,
            keys="".join(f"{one}\n" for one in [*log.keys.public(), log.witness.key]),
            earlier=row["note"].encode(), pki=pki, forge=forge,
            document=document["_id"], dossier=dossier["_id"],
        )  # fmt: skip


async def packaged(repository: Repository, actor: Actor, kind: str, thing: str, previous: int = 0) -> bytes:
    async with repository.evidence.package(actor, kind, thing, previous=previous) as pieces:
        return b"".join([one async for one in pieces])


def members(content: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one: archive.read(one) for one in archive.namelist()}


def zipped(held: Members) -> bytes:
    return b"".join(layout.write(held.items()))


def refit(held: Members) -> Members:
    """What a forger does who knows BagIt: the lists say again what is there."""
    payload = {name: content for name, content in held.items() if name.startswith("data/")}
    held["bag-info.txt"] = b"".join(
        line if not line.startswith(b"Payload-Oxum") else
        f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n".encode()
        for line in held["bag-info.txt"].splitlines(keepends=True)
    )  # fmt: skip
    held[layout.MANIFEST] = _listed(payload)
    held[layout.TAG_MANIFEST] = _listed({name: held[name] for name in sorted(layout.TAGS)})
    return held


def _listed(files: Members) -> bytes:
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()
