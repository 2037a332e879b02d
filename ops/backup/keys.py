"""The backup key: an age identity (X25519). Who has it can read every set and prove that he wrote it.

Files are sealed in the age format, so that `age -d -i KEYFILE` opens them without us. What is not sealed (a set's
`set.json`) bears an HMAC-SHA256 under a key derived from the identity: age lets anybody seal for a public recipient.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ops.backup.refusals import KeyUnreadable, NoKey, NoRoom
from repository import errors

SUFFIX: Final = ".age"
_PURPOSE: Final = b"tangthu backup set v1"
_PIECE: Final = 1 << 20


class Unopened(Exception):
    """Sealed bytes that this key does not open, or that were changed."""


class _Sink(Protocol):
    def write(self, piece: bytes, /) -> int: ...

    def flush(self) -> None: ...


class Digesting:
    """Takes bytes, keeps their SHA-256 and count, and passes them on where somebody wants them."""

    def __init__(self, onward: BinaryIO | None = None) -> None:
        self._hash = hashlib.sha256()
        self._onward = onward
        self.size = 0

    def write(self, piece: bytes, /) -> int:
        piece = bytes(piece)
        self._hash.update(piece)
        self.size += len(piece)
        if self._onward is not None:
            self._onward.write(piece)
        return len(piece)

    def flush(self) -> None:
        if self._onward is not None:
            self._onward.flush()

    @property
    def hex(self) -> str:
        return self._hash.hexdigest()


class Key:
    """Seals and opens; blocking, so callers use a thread."""

    def __init__(self, identity: pyrage.x25519.Identity) -> None:
        self._identity = identity
        self._public = identity.to_public()
        self._mac_key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(
            str(identity).encode("ascii")
        )

    @classmethod
    def read(cls, path: str) -> "Key":
        """From a file as `age-keygen` writes it. Raises NoKey, KeyUnreadable."""
        if not path:
            raise NoKey
        try:
            lines = Path(path).read_text("ascii").splitlines()
        except OSError as fault:
            raise KeyUnreadable(path=path, why=errors.reason(fault)) from fault
        except UnicodeDecodeError as fault:
            raise KeyUnreadable(path=path, why="không phải tệp khóa") from fault
        secrets = [one.strip() for one in lines if one.strip() and not one.startswith("#")]
        if len(secrets) != 1:
            raise KeyUnreadable(path=path, why="cần đúng một dòng AGE-SECRET-KEY-1…")
        try:
            return cls(pyrage.x25519.Identity.from_str(secrets[0]))
        except pyrage.IdentityError as fault:
            raise KeyUnreadable(path=path, why="không phải AGE-SECRET-KEY-1…") from fault

    @classmethod
    def make(cls, path: Path) -> "Key":
        """A fresh one in a file that only its owner reads; never over an existing file."""
        identity = pyrage.x25519.Identity.generate()
        text = f"# public key: {identity.to_public()}\n{identity}\n"
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w", encoding="ascii") as out:
            out.write(text)
        return cls(identity)

    @property
    def recipient(self) -> str:
        return str(self._public)

    def seal(self, content: bytes) -> bytes:
        return bytes(pyrage.encrypt(content, [self._public]))

    def open(self, sealed: bytes) -> bytes:
        """Raises Unopened."""
        try:
            return bytes(pyrage.decrypt(sealed, [self._identity]))
        except pyrage.DecryptError as fault:
            raise Unopened(str(fault)) from fault

    def seal_file(self, plain: Path, sealed: Path) -> None:
        with plain.open("rb") as source, sealed.open("wb") as out:
            pyrage.encrypt_io(source, out, [self._public])

    def open_into(self, sealed: BinaryIO, sink: _Sink) -> None:
        """Pours the plain bytes into `sink` piece by piece. Raises Unopened, NoRoom; what was poured is worthless."""
        try:
            pyrage.decrypt_io(sealed, sink, [self._identity])
        except (pyrage.DecryptError, OSError) as fault:
            if isinstance(fault, OSError) and fault.errno in errors.FULL:
                raise NoRoom from fault  # it says nothing about what was sealed
            raise Unopened(str(fault)) from fault

    def mac(self, content: bytes) -> str:
        return hmac.new(self._mac_key, content, hashlib.sha256).hexdigest()

    def wrote(self, content: bytes, mac: str) -> bool:
        return hmac.compare_digest(
            self.mac(content).encode(), mac.strip().encode()
        )  # others may hold any bytes


def file_sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def file_sha512(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha512").hexdigest()
