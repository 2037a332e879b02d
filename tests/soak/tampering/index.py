"""The search index."""

import secrets
from collections.abc import Callable
from typing import Any

from indexers.search.index import SearchEntry
from indexers.search.projection import of_document
from tests.soak.estate import Estate, Shell, new_id
from tests.soak.tampering.deeds import Tampering


def _in_index(change: Callable[[SearchEntry], SearchEntry | None]) -> Any:
    async def do(estate: Estate, _: Shell) -> None:
        row = await estate.fresh_document(subject=f"Mục tìm kiếm {secrets.token_hex(3)}")
        entry = change(of_document(row, []))
        await (estate.indexers.index.put([entry]) if entry else estate.indexers.index.remove([row["_id"]]))
        await estate.indexers.index.commit()

    return do


def _other(entry: SearchEntry, **fields: Any) -> SearchEntry:
    return SearchEntry(**{**vars(entry), **fields})


INDEX = [
    Tampering("chỉ mục: xóa mục", ("index.gap",), _in_index(lambda e: None)),
    Tampering("chỉ mục: mục ma", ("index.ghost",), _in_index(lambda e: _other(e, id=new_id("doc")))),
    Tampering("chỉ mục: mở quyền đọc", ("index.differs",), _in_index(lambda e: _other(e, readers=("all",)))),
    Tampering("chỉ mục: sửa trích yếu", ("index.differs",), _in_index(lambda e: _other(e, subject="Khác"))),
]
