"""The demonstration's people may sign: their certificates registered, their keys as files to be brought.

The key files bear the accounts' common password. Units' certificates are written beside them and not registered: a
unit that holds one may no longer issue unsigned papers (Đ10.1): visitors should meet that by choice.
"""

import asyncio
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    load_pem_private_key,
    pkcs12,
)

from ops.demo.district import PEOPLE, UNITS
from repository import errors
from repository.access.actors import operator
from repository.organisation.certificates import read
from repository.wiring import Repository

_ROOT = operator("demo")


async def register(repository: Repository, folder: Path, secret: str) -> None:
    """Registers what is missing; `folder` is the demo's, its PKI made before."""
    people = {row["username"]: row for row in await repository.people.all()}
    there = {one["sha256"] for row in people.values() for one in row.get("certificates", [])}
    for name in [*(unit.id for unit in UNITS), *(one.username for one in PEOPLE)]:
        content = await asyncio.to_thread(_key_file, folder, name, secret)
        if name not in people or _fingerprint(content) in there:
            continue
        try:
            await repository.certificates.add_for_person(_ROOT, people[name]["_id"], content)
        except errors.Conflict:  # another start of the demo was quicker
            continue


def _fingerprint(pem: bytes) -> str:
    return str(read(pem)["sha256"])


def _key_file(folder: Path, name: str, secret: str) -> bytes:
    """The certificate in PEM, after its key was written as a file for its owner (mode 0600)."""
    content = (folder / "pki" / "keys" / f"{name}.pem").read_bytes()
    certificate, *above = x509.load_pem_x509_certificates(content)
    kept = folder / "keys" / f"{name}.p12"
    if not kept.exists():
        kept.parent.mkdir(mode=0o700, exist_ok=True)
        key = load_pem_private_key(content, password=None)
        sealed = BestAvailableEncryption(secret.encode())
        made = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, above, sealed)  # type: ignore[arg-type]
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(made)
        kept.with_suffix(".pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    return certificate.public_bytes(Encoding.PEM)
