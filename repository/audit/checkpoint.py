"""Checkpoints (C2SP tlog-checkpoint): the size and root of the tree, signed. And proofs as one checkable value.

Pure, like `merkle` and `note`: the offline verifier uses nothing else to check a record against a checkpoint.
"""

import base64
from dataclasses import dataclass
from typing import Any

from repository.audit import merkle, note
from repository.audit.note import Malformed, PublicKey, SigningKey
from repository.audit.record import canonical


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: its name, how many leaves, and their root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, keys: list[SigningKey]) -> bytes:
        """The signed note."""
        return note.write(self.text, [key.line(self.text) for key in keys]).encode()

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """From the text of a note. Raises Malformed."""
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1]:
            raise Malformed("a checkpoint has three lines")
        origin, size, root = lines[:3]
        if not origin or not (size.isascii() and size.isdigit()) or (size != "0" and size[0] == "0"):
            raise Malformed("no size")
        found = note.unb64(root)
        if len(found) != 32:
            raise Malformed("a root has 32 bytes")
        return cls(origin, int(size), found)


def opened(raw: bytes, keys: list[PublicKey], origin: str = "") -> Checkpoint:
    """The checkpoint in a note that one of `keys` signed. Raises Malformed otherwise, saying why."""
    signed = note.parse(raw)
    found = Checkpoint.read(signed.text)
    if not any(key.algorithm == note.ED25519 for key in signed.signers(keys)):
        raise Malformed("no signature of a known key")
    if origin and found.origin != origin:
        raise Malformed(f"the checkpoint is of another log: {found.origin}")
    return found


def leaf_of(record: dict[str, Any]) -> bytes:
    """The leaf hash of a record: over its values, not over what the database says its hash is."""
    return merkle.leaf_hash(canonical(record))


@dataclass(frozen=True)
class Proof:
    """That a leaf is in the tree of a size."""

    leaf: int
    size: int
    hashes: tuple[bytes, ...]

    def shows(self, leaf_hash: bytes, checkpoint: Checkpoint) -> bool:
        """Whether it proves the leaf against the checkpoint."""
        return self.size == checkpoint.size and merkle.includes(
            leaf_hash, self.leaf, self.size, self.hashes, checkpoint.root
        )

    def as_json(self) -> dict[str, Any]:
        return {"leaf": self.leaf, "size": self.size, "hashes": [one.hex() for one in self.hashes]}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Proof":
        """Raises ValueError, KeyError or TypeError for what is no proof."""
        return cls(int(told["leaf"]), int(told["size"]), tuple(bytes.fromhex(one) for one in told["hashes"]))
