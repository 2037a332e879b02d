"""A closed dossier to pack, and ways to bend a package."""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from repository.access.actors import Actor
from repository.archive_packages import reading
from repository.archive_packages.contents import Contents, Found, Kind, Plan, from_json
from repository.archive_packages.describing import contents_of
from repository.archive_packages.laying import Laying, named
from repository.archive_packages.mets import REPRESENTATION
from repository.archive_packages.packing import Asked
from repository.blobs.memory import MemoryBlobs
from repository.clock import FixedClock
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.evidence.draft import Bench
from repository.mongo import Row
from repository.policy.archive_packages import rules_on
from repository.wiring import Repository
from tests.factories import metadata, stream

PAPERS = [
    {"subject": "Quyết định về việc kiểm tra – lần 1", "symbol": "71/QĐ-UBND", "document_type": "QĐ",
     "issued_on": "2026-01-16", "issuer": {"name": "Văn phòng UBND quận"}, "direction": "outgoing",
     "page_amount": 4, "description": "Bản chính"},
    {"subject": "Công văn trả lời <gấp> & rõ", "symbol": "15/UBND-VP", "document_type": "CV",
     "issued_on": "2026-02-05", "issuer": {"name": "Sở Nội vụ"}, "direction": "incoming",
     "classification": "cong_khai", "page_amount": 1},
    {"subject": "Giấy tờ không số", "direction": "incoming", "document_type": "KHAC"},
]  # fmt: skip


async def closed_dossier(repository: Repository, actor: Actor, **fields: object) -> Row:
    """Three papers, the first with an attachment; ended on a day of its own."""
    form = {"code": "05.VP", "title": "Hồ sơ kiểm tra công tác văn thư", "retention": "20 năm", "year": 2026,
            "started_on": "2026-01-02", "description": "Lập ở Văn phòng", "rights": "sử dụng có điều kiện"}  # fmt: skip
    dossier = await repository.dossiers.open(actor, DossierForm.model_validate(form | fields))
    for n, one in enumerate(PAPERS):
        contents = [f"Văn bản thứ {n}".encode()] + ([b"cot,so\nmot,1\n"] if n == 0 else [])
        names = [f"văn bản {n}.txt", "phụ lục.csv"]
        received = [
            await repository.intake.receive(actor, stream(content), filename=name)
            for content, name in zip(contents, names, strict=False)
        ]
        await repository.documents.store(actor, metadata(**one, dossier_id=dossier["_id"]), received)
    return await repository.dossiers.close(actor, dossier["_id"], ClosingForm(ended_on="2026-03-10"))


async def packed(
    repository: Repository, actor: Actor, dossier: str, kind: Kind = Kind.SIP, **asked: str
) -> bytes:
    wanted = Asked(kind=kind, **asked)
    async with repository.archive_packages.packing.package(actor, dossier, wanted) as ready:
        return b"".join([piece async for piece in ready.pieces])


MOMENT = datetime(2026, 3, 10, 2, 30, tzinfo=UTC)
RULES = rules_on(MOMENT.date())
OPTIONS = {"largest": 8 * 1024 * 1024, "day": "2026-03-10"}


def version(n: int, content: bytes, filename: str, role: str = "main") -> Row:
    """A version whose bytes are not in any store."""
    return {
        "n": n, "role": role, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content),
        "media_type": "text/plain", "filename": filename, "created_at": MOMENT, "store_version": "",
        "scan": {"verdict": "clean", "engine": "clamd", "at": MOMENT},
    }  # fmt: skip


def rows(papers: list[dict[str, Any]] = PAPERS, **fields: Any) -> tuple[Row, list[Row], dict[str, bytes]]:
    """A closed dossier, its documents, and their bytes by digest."""
    dossier: Row = {
        "state": "closed", "year": 2026, "code": "05.VP", "title": "Hồ sơ kiểm tra", "language": "Tiếng Việt",
        "started_on": "2026-01-02", "ended_on": "2026-03-10", "medium": "digital", "closed_at": MOMENT,
        "opened_at": MOMENT, "page_total": 5, "retention": {"kind": "years", "years": 20},
    }  # fmt: skip
    blank = {"symbol": "", "issued_on": None, "issuer": None, "classification": "thuong", "language": "vi"}
    held: dict[str, bytes] = {}
    documents = []
    for n, one in enumerate(papers):
        contents = [(f"Văn bản thứ {n}".encode(), f"văn bản {n}.TXT", "main")]
        contents += [(b"cot,so", "phụ lục.csv", "attachment")] if n == 0 else []
        versions = [version(k, *each) for k, each in enumerate(contents, start=1)]
        held |= {v["sha256"]: content for v, (content, *_) in zip(versions, contents, strict=True)}
        documents.append(blank | one | {"versions": versions})
    return dossier | fields, documents, held


async def laid(contents: Contents, held: dict[str, bytes], kind: Kind, folder: Path, **asked: Any) -> bytes:
    """The bytes of a package whose files are at hand."""
    told: dict[str, Any] = {
        "fonds": "P623",
        "archive": "G09",
        "agency": "UBND quận",
        "version": "0",
        "made_at": MOMENT,
    }
    plan = Plan(kind=kind, **told | asked)
    async with Bench(folder, MemoryBlobs(clock=FixedClock())).draft() as draft:
        laying = Laying(draft, contents, plan, RULES)
        laying.lay()
        for one in contents.documents:
            for name, file in named(one):
                draft.add(f"{laying.folder}/{REPRESENTATION}/data/{name}", held[file.sha256])
        return b"".join([piece async for piece in draft.stream()])


async def by_hand(kind: Kind, folder: Path, **asked: Any) -> bytes:
    dossier, documents, held = rows()
    return await laid(contents_of(dossier, documents, "H49.64.33", RULES), held, kind, folder, **asked)


def refusal(path: Path) -> str:
    """Why a package is not taken; empty when it is."""
    return str(reading.read(str(path), OPTIONS).get("refused", ""))


def accepted(path: Path) -> Found:
    answer = reading.read(str(path), OPTIONS)
    assert "found" in answer, answer
    return from_json(answer["found"])


@dataclass
class Bent:
    """The files of a package, to be changed and zipped again."""

    files: dict[str, bytes]

    @classmethod
    def of(cls, content: bytes) -> "Bent":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    @property
    def top(self) -> str:
        return next(iter(self.files)).partition("/")[0]

    def resealed(self, name: str, content: bytes) -> "Bent":
        """Another content of a file, and METS files that say so: what a forger with time would do."""
        before, after = dict(self.files), dict(self.files)
        after[name] = content
        for mets in (self.find("rep1/METS.xml"), self.find(f"{self.top}/METS.xml")):
            for one in sorted(after, key=lambda each: each.endswith("/METS.xml")):
                if one == mets or after[one] == before.get(one):
                    continue
                after[mets] = _told_anew(after[mets], before[one], after[one])
        return replace(self, files=after)

    def find(self, ending: str) -> str:
        return next(name for name in self.files if name.endswith(ending))

    def write(self, path: Path, each: Callable[[zipfile.ZipInfo], None] | None = None) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                info = zipfile.ZipInfo(name)
                info.compress_type = zipfile.ZIP_DEFLATED
                if each:
                    each(info)
                archive.writestr(info, content)
        return path


def _told_anew(mets: bytes, old: bytes, new: bytes) -> bytes:
    was, now = (hashlib.sha256(one).hexdigest().upper().encode() for one in (old, new))
    line = re.compile(rb"<[^<]*" + was + rb"[^>]*>")
    size = re.compile(rb'SIZE="\d+"')
    return line.sub(lambda found: size.sub(b'SIZE="%d"' % len(new), found[0].replace(was, now)), mets)
