"""What a dossier should not be closed with: the same paper twice, and drafts (Decree 30/2020 Đ29). A proposal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from repository.mongo import Row

SAME_BYTES = "trùng tệp với văn bản khác trong hồ sơ"
SAME_PAPER = "cùng số ký hiệu, ngày và cơ quan ban hành"
DRAFT = "bản nháp hoặc văn bản đi chưa vào sổ, chưa phát hành"


@dataclass(frozen=True, kw_only=True)
class Weed:
    """A document, why it may go, and which other one stays in its place."""

    document: str
    why: str
    of: str

    def as_row(self) -> Row:
        return asdict(self)


def weeds(documents: Sequence[Row]) -> list[Weed]:
    """In the dossier's order: of papers that are alike, the first one stays."""
    found: list[Weed] = []
    bytes_seen: dict[str, str] = {}
    papers_seen: dict[tuple[str, str, str], str] = {}
    for one in documents:
        paper, main = _paper(one), _main(one)
        if _is_draft(one):
            found.append(Weed(document=one["_id"], why=DRAFT, of=""))
        elif main in bytes_seen:
            found.append(Weed(document=one["_id"], why=SAME_BYTES, of=bytes_seen[main]))
        elif paper is not None and paper in papers_seen:
            found.append(Weed(document=one["_id"], why=SAME_PAPER, of=papers_seen[paper]))
        else:
            bytes_seen[main] = one["_id"]
            if paper is not None:
                papers_seen[paper] = one["_id"]
    return found


def _main(document: Row) -> str:
    mains = [one["sha256"] for one in document["versions"] if one["role"] == "main"]
    return str(mains[-1]) if mains else str(document["_id"])


def _paper(document: Row) -> tuple[str, str, str] | None:
    issuer = (document.get("issuer") or {}).get("name", "")
    key = (document["symbol"] or "", document["issued_on"] or "", issuer)
    return key if all(key) else None


def _is_draft(document: Row) -> bool:
    unregistered = document["direction"] == "outgoing" and document["state"] == "stored"
    return bool(unregistered or document["state"] == "draft")
