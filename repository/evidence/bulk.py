"""Evidence of many documents at once: a zip of packages, each of which `tangthu verify` proves by itself.

One package is made at a time and passes through in pieces. A document without a package holds up no other: the last
member says of each whether it has one, and why not.
"""

import json
import zipfile
from collections.abc import AsyncGenerator
from typing import Any, Final

from repository import errors
from repository.access.actors import Actor
from repository.evidence import sealed_zip as layout
from repository.evidence.package import Evidence
from repository.mongo import Row

SAMPLE: Final = "lay-mau.json"
OUTCOME: Final = "ket-qua.json"
README: Final = "doc-truoc.txt"
_WORDS: Final = (
    "Mỗi tệp zip trong thư mục goi/ là gói chứng cứ của một văn bản trong mẫu. Giải nén tệp này rồi kiểm tra từng\n"
    "gói, không cần mạng và không cần Tàng Thư:\n\n    for goi in goi/*.zip; do tangthu verify \"$goi\"; done\n\n"
    "lay-mau.json: hạt giống, điều kiện, số văn bản để chọn và các văn bản đã chọn. Thứ tự chọn là SHA-256 của\n"
    "hạt giống, một dấu xuống dòng và mã văn bản; lấy các giá trị nhỏ nhất.\n"
    "ket-qua.json: văn bản nào có gói, văn bản nào không và vì sao. Thiếu tệp này là tải chưa xong.\n"
)  # fmt: skip


async def stream(evidence: Evidence, actor: Actor, sample: Row) -> AsyncGenerator[bytes, None]:
    """The zip, in pieces."""
    sink, outcome = layout.Sink(), list[Row]()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, README, _WORDS.encode())
        _add(archive, SAMPLE, _json(_told(sample)))
        yield sink.take()
        for document in sample["picked"]:
            try:
                async with evidence.package(actor, "document", document) as pieces:
                    member = layout.entry(f"goi/{document}.zip", 0)
                    with archive.open(member, "w", force_zip64=True) as out:
                        async for piece in pieces:
                            out.write(piece)
                            yield sink.take()
                outcome.append({"document": document, "package": True, "why": ""})
            except errors.TangThuError as fault:  # told at the end; what was begun of it does not verify
                outcome.append({"document": document, "package": False, "why": fault.sentence()})
            yield sink.take()
        _add(archive, OUTCOME, _json({"documents": outcome}))
    yield sink.take()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    with archive.open(layout.entry(name, len(content)), "w") as out:
        out.write(content)


def _told(sample: Row) -> dict[str, Any]:
    names = ("seed", "size", "filter", "population", "population_sha256", "picked")
    picked = {"at": sample["created_at"].isoformat(), "by": sample["created_by"]}
    return {"id": sample["_id"]} | {name: sample[name] for name in names} | picked


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
