"""The SHA-256 of a file as a value: what names it in the store, in the records and on the wire (RFC 9530)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from repository import errors

_HEX: Final = re.compile(r"[0-9a-f]{64}")
_FIELD: Final = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Digest:
    """Compared, hashed and printed as 64 lower-case hexadecimal digits."""

    hex: str

    def __post_init__(self) -> None:
        if not _HEX.fullmatch(self.hex):
            raise errors.Invalid(why=f"SHA-256 không đúng dạng: {self.hex[:80]!r}")

    @classmethod
    def of(cls, content: bytes) -> "Digest":
        return cls(hashlib.sha256(content).hexdigest())

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """From hexadecimal of either case; raises Invalid."""
        return cls(text.strip().lower())

    @classmethod
    def parse_field(cls, field: str) -> "Digest | None":
        """The sha-256 member of a `Repr-Digest` or `Content-Digest` header; None without one."""
        member = _FIELD.search(field)
        if member is None:
            return None
        try:
            return cls(base64.b64decode(member.group(1), validate=True).hex())
        except binascii.Error as fault:
            raise errors.Invalid(why=f"Repr-Digest không đúng dạng: {field[:80]!r}") from fault

    @property
    def base64(self) -> str:
        return base64.b64encode(bytes.fromhex(self.hex)).decode("ascii")

    @property
    def repr_digest(self) -> str:
        """As the value of `Repr-Digest`: `sha-256=:…:`."""
        return f"sha-256=:{self.base64}:"

    @property
    def short(self) -> str:
        """Enough to tell files apart on a screen; never to address one."""
        return self.hex[:12]

    def __str__(self) -> str:
        return self.hex
