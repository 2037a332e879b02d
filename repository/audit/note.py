"""Signed notes (C2SP signed-note) with Ed25519 keys: a text, and lines that say who signed it.

Pure: `verify` needs nothing but the note and the public keys. A key is written as `name+id+base64`, as the Go tools
write it; algorithm 1 is a plain signature, 4 a witness's (`cosignature/v1`), which carries the time it was given.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519: Final = 1
COSIGNATURE: Final = 4
_DASH: Final = "— "
_PRIVATE: Final = "PRIVATE+KEY+"
_LONGEST: Final = 100_000


class Malformed(ValueError):
    """What was given is no note, or no key."""


@dataclass(frozen=True)
class PublicKey:
    """Who can be recognised: a name, an algorithm and 32 bytes."""

    name: str
    algorithm: int
    key: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that a signature line names its key by."""
        told = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.key
        return hashlib.sha256(told).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([self.algorithm]) + self.key)}"

    @classmethod
    def parse(cls, text: str) -> "PublicKey":
        name, number, key = _key_parts(text.strip())
        found = cls(name, key[0], key[1:])
        if found.id.hex() != number or found.algorithm not in (ED25519, COSIGNATURE):
            raise Malformed("not a key this program knows")
        return found


@dataclass(frozen=True)
class SigningKey:
    """A private key; its text must be kept secret."""

    name: str
    seed: bytes
    algorithm: int = ED25519

    @classmethod
    def fresh(cls, name: str, algorithm: int = ED25519) -> "SigningKey":
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw(), algorithm)

    @classmethod
    def parse(cls, text: str) -> "SigningKey":
        if not text.startswith(_PRIVATE):
            raise Malformed("not a private key")
        name, number, key = _key_parts(text.strip().removeprefix(_PRIVATE))
        found = cls(name, key[1:], key[0])
        if found.public.id.hex() != number:
            raise Malformed("the key's id does not fit it")
        return found

    @property
    def public(self) -> PublicKey:
        key = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return PublicKey(self.name, self.algorithm, key)

    def secret(self) -> str:
        """The key in full, for the one place that keeps it."""
        told = _b64(bytes([self.algorithm]) + self.seed)
        return f"{_PRIVATE}{self.name}+{self.public.id.hex()}+{told}"

    def __repr__(self) -> str:
        return f"SigningKey({self.name!r}, …)"

    def line(self, text: str, at: int = 0) -> str:
        """The signature line for a text; `at` are seconds since 1970, for a cosignature."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        if self.algorithm == COSIGNATURE:
            signature = at.to_bytes(8, "big") + key.sign(_cosigned(text, at))
        else:
            signature = key.sign(text.encode())
        return f"{_DASH}{self.name} {_b64(self.public.id + signature)}\n"


@dataclass(frozen=True)
class Signature:
    """One signature line, not yet checked."""

    name: str
    key_id: bytes
    value: bytes

    def holds(self, text: str, key: PublicKey) -> bool:
        """Whether this is that key's signature of the text."""
        if (self.name, self.key_id) != (key.name, key.id):
            return False
        message, signature = text.encode(), self.value
        if key.algorithm == COSIGNATURE:
            if len(signature) != 72:
                return False
            message = _cosigned(text, int.from_bytes(signature[:8], "big"))
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Note:
    """A text that ends in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def signers(self, keys: list[PublicKey]) -> list[PublicKey]:
        """The keys among `keys` that validly signed this note."""
        return [key for key in keys if any(one.holds(self.text, key) for one in self.signatures)]


def write(text: str, lines: list[str]) -> str:
    """The note of a text with its signature lines."""
    if not text.endswith("\n") or not lines:
        raise Malformed("a note's text ends in a newline, and somebody signs it")
    return text + "\n" + "".join(lines)


def parse(raw: bytes) -> Note:
    """Reads a note; says nothing about who signed it. Raises Malformed."""
    if len(raw) > _LONGEST:
        raise Malformed("too long for a note")
    try:
        whole = raw.decode()
    except UnicodeDecodeError as fault:
        raise Malformed("not UTF-8") from fault
    if any(ord(letter) < 0x20 and letter != "\n" for letter in whole):
        raise Malformed("a control character")
    text, parted, below = whole.rpartition("\n\n")
    if not parted or not below.endswith("\n"):
        raise Malformed("no signatures")
    return Note(text + "\n", tuple(read_line(line) for line in below[:-1].split("\n")))


def read_line(line: str) -> Signature:
    """One signature line. Raises Malformed."""
    name, parted, value = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not parted or not name or "+" in name:
        raise Malformed("not a signature line")
    told = unb64(value)
    if len(told) < 5:
        raise Malformed("a signature of no length")
    return Signature(name, told[:4], told[4:])


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _key_parts(text: str) -> tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    number, _, value = rest.partition("+")
    key = unb64(value)
    if not name or len(key) != 33:
        raise Malformed("not a key")
    return name, number, key


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def unb64(text: str) -> bytes:
    """The bytes, of the one way to write them: bits that a decoder ignores would let a changed text pass."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise Malformed("not base64") from fault
    if _b64(found) != text:
        raise Malformed("not canonical base64")
    return found
