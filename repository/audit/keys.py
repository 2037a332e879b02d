"""The log's signing key: given by setting, or made once and kept sealed in the data folder; changed without forgetting.

`DATA/log/signing.key` holds the present key, encrypted; `DATA/log/public-keys.txt` every public key that ever signed,
oldest first. Auditors copy the second file: who has it need trust nobody here.
"""

import os
import tempfile
from pathlib import Path
from typing import Final, Protocol

from repository import errors
from repository.audit.note import Malformed, PublicKey, SigningKey

_SECRET: Final = "signing.key"
_PUBLIC: Final = "public-keys.txt"


class LogKeyUnreadable(errors.Corrupt):
    """The signing key in the data folder cannot be opened."""

    vi = "Không mở được khóa ký nhật ký {path}: khóa tài khoản (TANGTHU_ACCOUNT_KEY) đã đổi hoặc tệp hỏng."
    en = "The log's signing key {path} cannot be opened: the account key changed, or the file is damaged."


class KeyGiven(errors.Conflict):
    """The key comes from a setting, so it is changed there."""

    vi = "Khóa ký lấy từ TANGTHU_LOG_KEY; hãy đổi ở đó."
    en = "The key is given by TANGTHU_LOG_KEY; change it there."


class Box(Protocol):
    """What keeps a secret from who reads the disk."""

    def seal(self, text: str) -> str: ...

    def unseal(self, sealed: str) -> str | None: ...


class KeyRing:
    """The present key and all public ones. Files are read each time: another process may have changed the key."""

    def __init__(self, *, folder: Path, origin: str, box: Box, given: str = "") -> None:
        self._folder = folder
        self._origin = origin
        self._box = box
        self._given = SigningKey.parse(given) if given else None

    def current(self) -> SigningKey:
        """The key that signs now; made at the first time."""
        if self._given is not None:
            self._publish(self._given.public)
            return self._given
        path = self._folder / _SECRET
        if not path.exists():
            fresh = SigningKey.fresh(self._origin)
            self._keep(fresh, anew=True)
            self._publish(self._read(path).public)
        return self._read(path)

    def public(self) -> list[PublicKey]:
        """Every public key that ever signed here, oldest first."""
        path = self._folder / _PUBLIC
        lines = path.read_text("utf-8").split() if path.exists() else []
        found = [PublicKey.parse(line) for line in lines]
        if self._given is not None and self._given.public not in found:
            found.append(self._given.public)
        return found

    def rotate(self) -> tuple[SigningKey, SigningKey]:
        """Makes another key the present one; the old and the new. The old one's public half is kept."""
        if self._given is not None:
            raise KeyGiven
        old, fresh = self.current(), SigningKey.fresh(self._origin)
        self._publish(fresh.public)  # first: a signature must never be without its key
        self._keep(fresh, anew=False)
        return old, fresh

    def _read(self, path: Path) -> SigningKey:
        told = self._box.unseal(path.read_text("ascii"))
        if told is None:
            raise LogKeyUnreadable(path=path.name)
        try:
            return SigningKey.parse(told)
        except Malformed as fault:
            raise LogKeyUnreadable(path=path.name) from fault

    def _keep(self, key: SigningKey, *, anew: bool) -> None:
        """Writes the sealed key whole or not at all; `anew` gives way to a process that was quicker."""
        draft = self._draft(self._box.seal(key.secret()))
        try:
            if anew:
                os.link(draft, self._folder / _SECRET)
            else:
                draft.replace(self._folder / _SECRET)
        except FileExistsError:
            return
        finally:
            draft.unlink(missing_ok=True)

    def _publish(self, key: PublicKey) -> None:
        path = self._folder / _PUBLIC
        known = path.read_text("utf-8") if path.exists() else ""
        if str(key) not in known.split():
            self._draft(f"{known}{key}\n").replace(path)

    def _draft(self, text: str) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(dir=self._folder, prefix=".")
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(number)
        return Path(name)
