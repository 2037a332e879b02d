"""When a disposal was decided: two people, neither of them the proposer, for exactly one list. Rules without I/O.

They stand here because three ask them: the vote, the execution, and whoever checks a package of evidence without us.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

Row = dict[str, Any]
COUNCIL: Final = 2
"""People who must approve, none of them the proposer."""


def digest_of(items: Iterable[Row]) -> str:
    """What the council approves: documents with the exact versions."""
    pinned = sorted(
        [one["document"], one["kept_until"], [[v["n"], v["sha256"], v["version"]] for v in one["objects"]]]
        for one in items
    )
    return hashlib.sha256(json.dumps(pinned, separators=(",", ":")).encode()).hexdigest()


def faces(actor: Row) -> set[str]:
    """All accounts behind a deed: who did it and in whose name."""
    behind = actor.get("on_behalf_of")
    return {str(actor["id"])} | ({str(behind["id"])} if behind else set())


def against(items: str, records: Iterable[Row]) -> str:
    """What speaks against the approval of this list, by the log's records on it; empty when nothing does."""
    told = list(records)
    proposed = [row for row in told if row["action"] == "disposal.proposed"]
    if len(proposed) != 1 or proposed[0]["detail"]["items"] != items:
        return "nhật ký không có đề nghị này"
    votes = [row for row in told if row["action"] == "disposal.voted"]
    if any(not row["detail"]["approve"] for row in votes):
        return "có thành viên không đồng ý"
    proposer, seen, people = faces(proposed[0]["actor"]), set[str](), 0
    for row in votes:
        behind = faces(row["actor"])
        own = row["actor"]["kind"] == "person" and not behind & (proposer | seen)
        if own and row["detail"]["items"] == items:
            people, seen = people + 1, seen | behind
    return "" if people >= COUNCIL else "nhật ký không có đủ hai người duyệt đúng danh sách này"
