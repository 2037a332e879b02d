"""A closed dossier to pack, and ways to bend a package."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from repository.access.actors import Actor
from repository.archive_packages.contents import Kind
from repository.archive_packages.packing import Asked
from repository.dossiers.closing import ClosingForm
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
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
