"""Passwords: hashed with argon2id, judged by the policy of the day, made once for a new account (Đ9.4)."""

import asyncio
import re
import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from repository import errors
from repository.policy.accounts import AccountPolicy
from repository.text import fold, nfc

HASHER = PasswordHasher()
_LOOKS_LIKE: Final = str.maketrans("@013$", "aoies")
"""Digits and signs that people put in the place of letters."""
_LONGEST: Final = 200
_KINDS: Final = ("chữ thường", "chữ hoa", "chữ số", "ký tự khác")


class PasswordRefused(errors.Invalid):
    """The new password is not what the policy asks for; `why` says all that is lacking."""

    vi = "Mật khẩu mới chưa đạt: {why}."
    en = "The new password is not acceptable: {why}."


@cache
def nobody() -> str:
    """Checked when the user name is unknown, so that the answer takes as long as for a known one; the commands, which
    check no password, need not wait for it.
    """
    return HASHER.hash(secrets.token_hex(8))


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(HASHER.hash, nfc(password))


async def matches(known_hash: str | None, password: str) -> bool:
    """Whether it is the password; as slow for an account that does not exist."""
    right = await asyncio.to_thread(lambda: _verify(known_hash or nobody(), nfc(password)))
    return right and known_hash is not None


def one_time() -> str:
    """A first password to be handed over and changed at the first login; easy to read out."""
    letters = "abcdefghijkmnpqrstuvwxyz"
    blocks = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(3)]
    return f"{blocks[0].capitalize()}-{blocks[1]}-{blocks[2]}-{secrets.randbelow(90) + 10}"


def require_good(password: str, policy: AccountPolicy, *, names: list[str]) -> None:
    """Raises PasswordRefused with everything that is lacking; `names` are the person's own, which it may not hold."""
    lacking = list(_lacking(password, policy, names))
    if lacking:
        why = "; ".join(lacking)
        raise PasswordRefused(why=why, errors=[{"pointer": "/new_password", "detail": why}])


def _lacking(password: str, policy: AccountPolicy, names: list[str]) -> list[str]:
    found = []
    if len(password) < policy.password_length:
        found.append(f"cần ít nhất {policy.password_length} ký tự")
    if len(password) > _LONGEST:
        found.append(f"dài quá {_LONGEST} ký tự")
    if len(_kinds_of(password)) < policy.password_kinds:
        found.append(f"cần ít nhất {policy.password_kinds} trong 4 loại: {', '.join(_KINDS)}")
    plain = fold(password)
    trimmed = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
    letters = {re.sub(r"[^a-z]", "", one.translate(_LOOKS_LIKE)) for one in (plain, trimmed)}
    if (letters | {trimmed, re.sub(r"[^a-z]", "", plain)}) & policy.common or len(set(plain)) < 4:
        found.append("quá phổ biến, dễ đoán")
    if any(len(name) >= 3 and fold(name) in plain for name in names):
        found.append("không được chứa tên đăng nhập")
    return found


def _kinds_of(password: str) -> set[str]:
    return {
        "lower" if one.islower() else "upper" if one.isupper() else "digit" if one.isdigit() else "other"
        for one in password
    }


def _verify(known_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(known_hash, password)
    except (Argon2Error, InvalidHashError):
        return False
