"""What the METS files of a package from elsewhere say: paths, digests and sizes, and which file belongs to which.

Reads trees only; no file is opened here.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from repository.archive_packages.safe_zip import Refused
from repository.archive_packages.xml import METS, XLINK, Element, at

ALGORITHMS: Final = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_HREF: Final = f"{{{XLINK}}}href"
_TITLE: Final = f"{{{XLINK}}}title"
_HOLEY: Final = "metadatalink/holey"
_LINK: Final = "metadatalink/file"
_ATTACHED: Final = "attachmentfile"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One file as a METS names it; `path` from the package's folder."""

    id: str
    path: str
    algorithm: str
    checksum: str
    size: int
    media_type: str
    created: datetime
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A description and the files it is of, the main one first."""

    dmd: str
    files: tuple[str, ...]


def files(root: Element, within: str, known: Collection[str], otherwise: datetime) -> list[Listed]:
    """Every file that a METS names, descriptions included; a path counts from its folder, else from the package's."""
    found = []
    for one in root.iter(_q("file")):
        place = one.find(_q("FLocat"))
        if place is not None:
            found.append(_listed(one, place, within, known, otherwise, str(one.get("ID", ""))))
    for section in root.iter(_q("dmdSec"), _q("digiprovMD")):
        for one in section.iter(_q("mdRef")):
            found.append(_listed(one, one, within, known, otherwise, str(section.get("ID", ""))))  # noqa: PERF401
    return found


def _listed(
    one: Element, place: Element, within: str, known: Collection[str], otherwise: datetime, key: str
) -> Listed:
    href = str(place.get(_HREF, ""))
    path = _path(href, within, known)
    kind = str(one.get("CHECKSUMTYPE", ""))
    if kind not in ALGORITHMS or not one.get("CHECKSUM"):
        raise Refused(f"{path}: METS không ghi mã băm SHA-256 (CHECKSUMTYPE={kind or 'không có'})")
    size = str(one.get("SIZE", ""))
    if not (size.isascii() and size.isdigit() and len(size) < 16):
        raise Refused(f"{path}: METS không ghi kích thước (SIZE)")
    return Listed(
        id=key, path=path, algorithm=ALGORITHMS[kind], checksum=str(one.get("CHECKSUM")).strip().lower(),
        size=int(size), media_type=str(one.get("MIMETYPE", "")), created=at(one.get("CREATED"), otherwise),
        title=str(place.get(_TITLE, "")),
    )  # fmt: skip


def _path(href: str, within: str, known: Collection[str]) -> str:
    """Raises Refused for what leads out of the package."""
    plain = unquote(href)
    for start in ("file:///", "file://./", "file://", "./"):
        plain = plain.removeprefix(start)
    if not plain or plain.startswith("/") or "\\" in plain or ":" in plain or ".." in plain.split("/"):
        raise Refused(f"METS trỏ ra ngoài gói: {href[:200]!r}")
    inside = f"{within}{plain}"
    return plain if inside not in known and plain in known else inside


def links(root: Element) -> list[Link]:
    """Descriptions and their files in the order of the structural map. Raises Refused for linked papers left out."""
    found = []
    for div in root.iter(_q("div")):
        label = str(div.get("LABEL", "")).casefold()
        if label == _HOLEY:
            raise Refused("gói có tài liệu liên kết (.fetch.txt): nội dung ở gói khác, chưa nhập được")
        if label == _LINK and div.get("DMDID"):
            more = (one for one in div.iter(_q("div")) if str(one.get("LABEL", "")).casefold() == _ATTACHED)
            named = [*_pointed(div), *(each for one in more for each in _pointed(one))]
            found.append(Link(dmd=str(div.get("DMDID")).split()[0], files=tuple(dict.fromkeys(named))))
    return found


def matched(listed: Collection[Listed]) -> list[Link]:
    """Where the structural map says nothing: a description and a file of the same name belong together."""
    data = {
        one.path.rpartition("/")[2].rpartition(".")[0].casefold(): one for one in listed if is_data(one.path)
    }
    found = []
    for one in listed:
        name = one.path.rpartition("/")[2]
        if name.casefold().startswith("ead_") and name.count("_") > 1:
            stem = name.split("_", 2)[2].rpartition(".")[0].casefold()
            if stem in data:
                found.append(Link(dmd=one.id, files=(data[stem].id,)))
    return found


def is_data(path: str) -> bool:
    parts = path.split("/")
    return len(parts) > 3 and parts[0] == "representations" and parts[2] == "data"


def _pointed(div: Element) -> Iterator[str]:
    return (str(one.get("FILEID")) for one in div.findall(_q("fptr")) if one.get("FILEID"))


def _q(name: str) -> str:
    return f"{{{METS}}}{name}"
