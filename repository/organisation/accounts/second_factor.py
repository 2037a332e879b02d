"""The second factor: time-based codes (RFC 6238) and recovery codes; secrets encrypted at rest, shown once.

The key is `TANGTHU_ACCOUNT_KEY`, or a file made once in the data folder. Losing it costs enrolments, not accounts:
recovery codes are only hashed, and an administrator can reset a factor.
"""

import base64
import hashlib
import os
import secrets
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from repository import errors
from repository.mongo import Row

_STEP: Final = 30
_DRIFT: Final = 1
"""Steps that a telephone's clock may be off."""
_RECOVERY_CODES: Final = 10


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to set up a telephone: shown once, not yet in force."""

    secret: str
    address: str
    """`otpauth://…`, for a QR code."""


class Vault:
    """Seals small secrets."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Fernet(key)

    @classmethod
    def opened(cls, key: str, folder: Path) -> "Vault":
        """Over the given key, or over the one kept in the folder (made at the first time, for its owner only)."""
        if key:
            return cls(_stretched(key))
        kept = folder / "account.key"
        if not kept.exists():
            _make_key(kept)
        return cls(kept.read_bytes())

    @classmethod
    def forgetful(cls) -> "Vault":
        """With a key that nobody keeps."""
        return cls(Fernet.generate_key())

    def seal(self, text: str) -> str:
        return self._cipher.encrypt(text.encode()).decode()

    def unseal(self, sealed: str, *, lasts: int | None = None) -> str | None:
        """What was sealed; None when it was not sealed here, or more than `lasts` seconds ago."""
        try:
            return self._cipher.decrypt(sealed.encode(), ttl=lasts).decode()
        except (InvalidToken, ValueError):
            return None


def begin(username: str) -> Enrolment:
    """A fresh secret for an authenticator application."""
    secret = pyotp.random_base32()
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name="Tàng Thư"))


def enrolled(vault: Vault, secret: str, step: int, now: datetime) -> tuple[Row, list[str]]:
    """What is stored of a factor in force, and the recovery codes to be shown this once."""
    codes = ["-".join(_block() for _ in range(4)) for _ in range(_RECOVERY_CODES)]
    row = {
        "secret": vault.seal(secret),
        "since": now,
        "step": step,
        "recovery": [_fingerprint(c) for c in codes],
    }
    return row, codes


def step_of(secret: str, code: str, now: datetime, *, after: int = 0) -> int | None:
    """The step whose code this is; None for a wrong code, or for one of a step already used."""
    code = code.replace(" ", "")
    present = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if step > after and secrets.compare_digest(
            totp.at(step * _STEP), code.encode().decode("ascii", "replace")
        ):
            return step
    return None


def answer(vault: Vault, factor: Row, code: str, now: datetime) -> Row | None:
    """The change to make to a person's row when the code is right (each counts once); None when it is wrong."""
    secret = vault.unseal(factor["secret"])
    if secret is not None:
        step = step_of(secret, code, now, after=factor["step"]) if code.isascii() else None
        if step is not None:
            return {"$set": {"totp.step": step}}
    recovery = _fingerprint(code.strip().casefold())
    return {"$pull": {"totp.recovery": recovery}} if recovery in factor["recovery"] else None


class WrongCode(errors.Forbidden):
    """The second factor's code is wrong or was used before."""

    vi = "Mã xác thực không đúng hoặc đã dùng. Chờ mã mới trên điện thoại rồi nhập lại."
    en = "The code is wrong or was used already. Wait for the next one and try again."


def _block() -> str:
    return base64.b32encode(secrets.token_bytes(3)).decode().rstrip("=").casefold()[:4]


def _fingerprint(code: str) -> str:
    """Recovery codes are random (80 bits), so one fast hash is enough."""
    return hashlib.sha256(code.encode()).hexdigest()


def _stretched(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest())


def _make_key(kept: Path) -> None:
    """Written aside and linked into place: of several processes that start at once, one makes the key for all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    number, aside = tempfile.mkstemp(dir=kept.parent, prefix=".account-key-")
    with os.fdopen(number, "wb") as file:
        file.write(Fernet.generate_key())
    with suppress(FileExistsError):
        os.link(aside, kept)
    os.unlink(aside)
