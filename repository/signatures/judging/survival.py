"""What time alone cannot take away: a signature found good once stays good for the law (Đ8.4, NĐ 23/2025 Đ16).

A later verdict may be weaker because certificates ran out or an algorithm aged. That says how much can still be
proven today, not that the signature was bad when it was made; a revocation dated before, or altered bytes, does.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from repository.signatures import report
from repository.signatures.report import Report, Signature

_AGED: Final = frozenset(
    {"OUT_OF_BOUNDS_NO_POE", "CRYPTO_CONSTRAINTS_FAILURE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE", "TRY_LATER"}
)
"""Sub-indications that the passing of time brings about by itself."""
_REVOKED: Final = frozenset({"REVOKED_NO_POE", "REVOKED_CA_NO_POE"})


def hold(found: Report, earlier: Iterable[tuple[datetime, Report]]) -> None:
    """Notes at each signature since when it has been found good, where only time speaks against it."""
    for judged_at, one in earlier:
        good = {s.field: s for s in one.signatures if s.status == report.PASSED or s.held_since}
        for signature in found.signatures:
            before = good.get(signature.field)
            if before and signature.held_since is None and _only_aged(signature, judged_at):
                signature.held_since = before.held_since or judged_at


def _only_aged(signature: Signature, judged_at: datetime) -> bool:
    if signature.intact is False or signature.status == report.FAILED:
        return False
    revoked = signature.trust.revoked_at
    if revoked and revoked <= judged_at:
        return False
    problem = signature.sub_indication or ""
    return problem in _AGED or (problem in _REVOKED and revoked is not None)


def changes(before: Report, after: Report) -> list[str]:
    """What came out differently, a sentence each; empty when nothing that matters did."""
    known = {one.field: one for one in before.signatures}
    told = []
    if before.status != after.status:
        told.append(f"kết luận chung của tệp từ {before.status} thành {after.status}")
    for one in after.signatures:
        was = known.get(one.field)
        if was is None or _sum(was) != _sum(one):
            name = one.signer.name or one.field
            told.append(f"chữ ký của {name} từ {_words(was) if was else 'chưa có'} thành {_words(one)}")
    return told


def worse(before: Report, after: Report) -> bool:
    """Whether a signature that had passed does not any more."""
    passed = {one.field for one in before.signatures if one.status == report.PASSED}
    return bool(passed - {one.field for one in after.signatures if one.status == report.PASSED})


def _sum(one: Signature) -> tuple[object, ...]:
    return one.status, one.sub_indication, one.intact, one.trust.revocation, one.trust.purpose


def _words(one: Signature) -> str:
    return one.status + (f" ({one.sub_indication})" if one.sub_indication else "")
