"""Who may see a document: one pure rule from its classification, shares and dossiers to its readers' marks.

`grants` is the rule; `readers` is what is stored and indexed of it; `why` explains it to people. Since all
three are one function, what is filtered and what is explained cannot differ.

    cong_khai   everybody who may read documents in the district
    thuong      the unit; units and people it is shared with; members of the unit's dossiers it lies in
    noi_bo      as thuong, but shared with people only, never with a whole other unit
    han_che     clerks and leaders of the unit, whoever stored it, and people named one by one

Whatever its level, a paper in a dossier that was handed over is seen by clerks and leaders of the archive that has it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from repository.access import marks
from repository.access.permissions import ROLE_WORDS


class Classification(StrEnum):
    """How far a document may go. Secrets are no level here: they may not enter at all (Đ1.p1)."""

    PUBLIC = "cong_khai"
    NORMAL = "thuong"
    INTERNAL = "noi_bo"
    RESTRICTED = "han_che"


CLASSIFICATION_WORDS: Final[dict[Classification, str]] = {
    Classification.PUBLIC: "Công khai",
    Classification.NORMAL: "Thường",
    Classification.INTERNAL: "Nội bộ",
    Classification.RESTRICTED: "Hạn chế",
}


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One reason for which those who bear the mark see the document."""

    mark: str
    rule: str
    """`role`, `public`, `unit`, `office`, `author`, `share`, `dossier` or `archive`."""
    words: str
    whom: str = ""
    """The unit's id, or the name of the unit or person that was chosen."""
    by: str = ""
    at: datetime | None = None
    reason: str = ""


def grants(document: Mapping[str, Any], dossiers: Iterable[Mapping[str, Any]]) -> list[Grant]:
    """Every reason for which somebody sees the document; `dossiers` are those it lies in."""
    dossiers = list(dossiers)
    level, unit = Classification(document["classification"]), document["unit"]
    found = [Grant(mark=marks.EVERYTHING, rule="role", words="Kiểm tra viên được xem mọi văn bản")]
    if level is Classification.RESTRICTED:
        found += _named(document)
    else:
        found.append(Grant(mark=marks.unit(unit), rule="unit", words="Đơn vị giữ văn bản", whom=unit))
    if level is Classification.PUBLIC:
        found.append(Grant(mark=marks.PUBLIC, rule="public", words="Văn bản công khai"))
    found += [
        _shared(share)
        for share in document.get("shares", [])
        if share["ended"] is None and shareable(level, share["mark"])
    ]
    if level is not Classification.RESTRICTED:
        found += [_filed(one) for one in dossiers if one["unit"] == unit]
    return found + [grant for one in dossiers for grant in _archived(one, unit)]


def readers(document: Mapping[str, Any], dossiers: Iterable[Mapping[str, Any]]) -> list[str]:
    """The marks to store: whoever bears any one of them sees the document."""
    return list(dict.fromkeys(one.mark for one in grants(document, dossiers)))


def why(
    document: Mapping[str, Any], dossiers: Iterable[Mapping[str, Any]], borne: Iterable[str]
) -> list[Grant]:
    """The reasons that hold for somebody who bears these marks; none means that he does not see it."""
    own = set(borne)
    return [one for one in grants(document, dossiers) if one.mark in own]


def givers(dossier: Mapping[str, Any]) -> set[str]:
    """The units whose dossier this is or was: what they keep in it goes with it to the archive."""
    gave = {one["from"] for one in dossier.get("custody", []) if one["kind"] in ("archive", "successor")}
    return gave | {dossier["unit"]}


def shareable(level: Classification, mark: str) -> bool:
    """Whether a document of this level may be opened to that mark: beyond `thuong` only to single people."""
    whole_unit = mark.startswith("unit:")
    return not (whole_unit and level in (Classification.INTERNAL, Classification.RESTRICTED))


def _named(document: Mapping[str, Any]) -> list[Grant]:
    """Whom a restricted paper is open to without a share: the unit's offices and whoever stored it there."""
    unit, author = document["unit"], document["created_by"]
    found = [
        Grant(
            mark=marks.office(unit, role),
            rule="office",
            words=f"{ROLE_WORDS[role]} của đơn vị giữ văn bản hạn chế",
            whom=unit,
        )
        for role in marks.OFFICES
    ]
    if author["unit"] == unit:
        mark = marks.person(author["id"], unit)
        at, whom = document["created_at"], author["name"]
        found.append(Grant(mark=mark, rule="author", words="Người lưu văn bản", whom=whom, at=at))
    return found


def _shared(share: Mapping[str, Any]) -> Grant:
    whom = "cả đơn vị" if share["mark"].startswith("unit:") else "đích danh"
    return Grant(
        mark=share["mark"],
        rule="share",
        words=f"Được chia sẻ cho {whom}",
        whom=share["to"].get("name", share["to"]["id"]),
        by=share["by"]["name"],
        at=share["at"],
        reason=share["reason"],
    )


def _filed(dossier: Mapping[str, Any]) -> Grant:
    """Members see what the dossier's own unit keeps in it; a foreign paper in it is not theirs to open."""
    words = f"Thành viên hồ sơ «{dossier['title']}»"
    return Grant(mark=marks.dossier(dossier["_id"]), rule="dossier", words=words)


def _archived(dossier: Mapping[str, Any], unit: str) -> list[Grant]:
    """The archive keeps a dossier whole, restricted papers too; another unit's paper is not the giver's to open."""
    handed = dossier.get("handed")
    if not handed or handed["to"] == unit or unit not in givers(dossier):
        return []
    return [
        Grant(
            mark=marks.office(handed["to"], role),
            rule="archive",
            words=f"{ROLE_WORDS[role]} của lưu trữ đã nhận bàn giao hồ sơ «{dossier['title']}»",
            whom=handed["to"],
            at=handed["at"],
        )
        for role in marks.OFFICES
    ]
