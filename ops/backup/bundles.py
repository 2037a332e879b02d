"""OCFL 1.1: a storage root of bundles, each an OCFL object of one version holding sealed files.

A bundle is some of the files that one run copied, by the first digits of their digest, so that a file costs little
and a bundle is small enough to be done again after a kill. OCFL's digests are over the sealed bytes.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ops.backup.keys import file_sha512

SPEC: Final = "https://ocfl.io/1.1/spec/#inventory"
LAYOUT: Final = "0002-flat-direct-storage-layout"
PER_BUNDLE: Final = 256
_ROOT: Final = {"0=ocfl_1.1": "ocfl_1.1\n"}


def root_files() -> dict[str, bytes]:
    """What makes a folder an OCFL storage root."""
    layout = {"extension": LAYOUT, "description": "Each OCFL object lies in a folder named by its id."}
    return {
        **{name: text.encode() for name, text in _ROOT.items()},
        "ocfl_layout.json": json.dumps(layout, indent=2).encode(),
    }


def digits(count: int) -> int:
    """How many digits of the digest choose the bundle, so that one holds about PER_BUNDLE files."""
    chosen = 0
    while count > PER_BUNDLE * 16**chosen and chosen < 6:
        chosen += 1
    return chosen


def name_of(run: str, prefix: str) -> str:
    return f"{run}-{prefix or '0'}"


@dataclass
class Draft:
    """A bundle that is being filled in a folder of its own."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        self.content.mkdir(parents=True)
        self._digests: dict[str, str] = {}

    @property
    def content(self) -> Path:
        return self.folder / "v1" / "content"

    def file(self, digest: str) -> Path:
        return self.content / f"{digest}.age"

    def added(self, digest: str) -> None:
        """The sealed file is there: note what OCFL wants to know of it."""
        self._digests[f"{digest}.age"] = file_sha512(self.file(digest))

    def finish(self, at: datetime) -> None:
        """Writes the inventories, last of all."""
        (self.folder / "0=ocfl_object_1.1").write_text("ocfl_object_1.1\n", "ascii")
        raw = json.dumps(self._inventory(at), indent=1, sort_keys=True).encode()
        sidecar = f"{hashlib.sha512(raw).hexdigest()} inventory.json\n"
        for folder in (self.folder / "v1", self.folder):
            (folder / "inventory.json").write_bytes(raw)
            (folder / "inventory.json.sha512").write_text(sidecar, "ascii")

    def _inventory(self, at: datetime) -> dict[str, Any]:
        manifest: dict[str, list[str]] = {}
        state: dict[str, list[str]] = {}
        for file, digest in self._digests.items():
            manifest.setdefault(digest, []).append(f"v1/content/{file}")
            state.setdefault(digest, []).append(file)
        version = {
            "created": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "message": "Files sealed with age; a file's name is the SHA-256 of what is inside.",
            "user": {"name": "Tàng Thư", "address": "urn:tangthu:backup"},
            "state": state,
        }
        return {
            "id": self.name, "type": SPEC, "digestAlgorithm": "sha512", "head": "v1",
            "contentDirectory": "content", "manifest": manifest, "versions": {"v1": version},
        }  # fmt: skip
