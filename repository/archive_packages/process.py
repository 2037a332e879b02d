"""How a document was handled (quy trình xử lý), as a file that goes with it: who did what when, where it comes from.

TT 05/2025 wants one with every document that was handled electronically (`process` = 1); its shape is ours.
"""

from collections.abc import Sequence
from typing import Any, Final

from lxml import etree

from repository.archive_packages.xml import NotXml, local_name, moment, parsed, written
from repository.audit import Action
from repository.audit.actions import WORDS
from repository.mongo import Row

FILENAME: Final = "luong-xu-ly.xml"
MEDIA_TYPE: Final = "application/xml"
ENDING: Final = "_process.xml"
LARGEST: Final = 1024 * 1024
ACTS: Final = (
    Action.DOCUMENT_STORED, Action.DOCUMENT_DESCRIBED, Action.DOCUMENT_REGISTERED, Action.DOCUMENT_ISSUED,
    Action.DOCUMENT_SHARED, Action.LEVEL_CHANGED, Action.VERSION_STORED, Action.VERSION_RENEWED,
    Action.SIGNING_FINISHED, Action.PAPER_SETTLED, Action.DOSSIER_FILED, Action.DOSSIER_IMPORTED,
)  # fmt: skip
"""Acts that handle a document; that it was read or looked for is no part of its handling."""
_SPACE: Final = "urn:tangthu:process:1"
_MOST: Final = 200
_FIELDS: Final = ("at", "act", "words", "by", "title", "unit")
_LONGEST: Final = 200

Step = dict[str, str]


def steps(records: Sequence[Row]) -> tuple[Step, ...]:
    """The newest acts, oldest first; with them what was told of the system that a document came from."""
    found = [_step(one) for one in records]
    for one in records:
        found += one["detail"].get("process", ()) if one["action"] == Action.DOSSIER_IMPORTED else ()
    return tuple(sorted(found, key=lambda step: step["at"])[-_MOST:])


def _step(record: Row) -> Step:
    actor, act = record["actor"], Action(record["action"])
    return {
        "at": moment(record["at"]), "act": act.value, "words": WORDS[act], "by": str(actor.get("name") or ""),
        "title": str(actor.get("title") or ""), "unit": str(actor.get("unit") or ""),
    }  # fmt: skip


def file(process: Sequence[Step]) -> bytes:
    root = etree.Element(f"{{{_SPACE}}}process", nsmap={None: _SPACE})
    for one in process:
        etree.SubElement(root, f"{{{_SPACE}}}step", {name: one[name] for name in _FIELDS if one.get(name)})
    return written(root)


def read(content: bytes, name: str) -> tuple[Step, ...] | None:
    """The steps of a file that we wrote; None for anybody else's, which is then a file like others."""
    try:
        root: Any = parsed(content, name)
    except NotXml:
        return None
    if root.tag != f"{{{_SPACE}}}process":
        return None
    found = [one for one in root if local_name(one) == "step"][:_MOST]
    return tuple({key: str(one.get(key, ""))[:_LONGEST] for key in _FIELDS} for one in found)
