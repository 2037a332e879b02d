"""The books: numbers without gap or double, lines and documents that name each other, closings that still fit."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Final

from repository.access.actors import Actor
from repository.evidence.fixity import UNFIT, Finding, malformed
from repository.evidence.fixity_rows import pages
from repository.mongo import Database, Row
from repository.registers.closings import Closings

_STEP: Final = 1000
_TOGETHER: Final = 200
"""Ids in one question; the local engine compares each answer with all of them."""


class Books:
    """Checks all books, one after another."""

    def __init__(self, *, database: Database, closings: Closings) -> None:
        self._database = database
        self._closings = closings

    async def check(self, actor: Actor, say: Callable[[int], None]) -> AsyncIterator[Finding]:
        async for page in pages(self._database, "registers"):
            for book in page:
                for checking in (self._numbers(book), self._chain(actor, book["_id"], book.get("title", ""))):
                    try:
                        async for found in checking:
                            yield found
                    except UNFIT as fault:
                        yield malformed("registers", book["_id"], fault)
                say(1)
        async for found in self._documents():
            yield found

    async def _numbers(self, book: Row) -> AsyncIterator[Finding]:
        """The book was read before its lines, so every number it gave out must have its line."""
        reserved = {
            number
            for block in book.get("blocks", [])
            if not block["settled"]
            for number in range(block["first"], block["last"] + 1)
        }
        for above in range(0, int(book["last"]), _STEP):
            upto = min(above + _STEP, int(book["last"]))
            query = {"register": book["_id"], "number": {"$gt": above, "$lte": upto}}
            lines = await self._database["entries"].find(query).to_list(None)
            times = Counter(int(one["number"]) for one in lines)
            for number in range(above + 1, upto + 1):
                if not times[number] and number not in reserved:
                    yield _of(book, "register.gap", f"thiếu dòng số {number}")
                elif times[number] > 1:
                    yield _of(book, "register.double", f"số {number} có {times[number]} dòng")
            async for found in self._lines(book, lines):
                yield found
        async for found in self._beyond(book):
            yield found

    async def _beyond(self, book: Row) -> AsyncIterator[Finding]:
        query = {"register": book["_id"], "number": {"$gt": int(book["last"])}}
        over = await self._database["entries"].find(query).to_list(100)
        now = await self._database["registers"].find_one({"_id": book["_id"]})
        for line in over:
            if now is None or int(line["number"]) > int(now["last"]):
                yield _of(book, "register.beyond", f"dòng số {line['number']} vượt số cuối {book['last']}")

    async def _lines(self, book: Row, lines: list[Row]) -> AsyncIterator[Finding]:
        """Each line that stands names a document that bears its number."""
        standing = [one for one in lines if one["document"] and not one["annulled"]]
        wanted = [one["document"] for one in standing]
        fields = {"register": 1, "number": 1}
        documents = {
            row["_id"]: row
            async for row in self._database["documents"].find({"_id": {"$in": wanted}}, fields)
        }
        for line in standing:
            row = documents.get(line["document"])
            if row is None or (row["register"], row["number"]) != (book["_id"], line["number"]):
                now = await self._database["entries"].find_one({"_id": line["_id"]}, {"annulled": 1})
                if (
                    now is not None and not now["annulled"]
                ):  # struck meanwhile, the document may have moved on
                    yield _of(
                        book,
                        "line.document",
                        f"dòng số {line['number']} chỉ đến {line['document']}, văn bản không mang số này",
                    )

    async def _documents(self) -> AsyncIterator[Finding]:
        """Each document that bears a number has its line."""
        async for page in pages(self._database, "documents", {"register": 1, "number": 1}):
            numbered = {row["_id"]: row for row in page if row.get("register") and _given(row)}
            lines = await self._lines_of(list(numbered))
            for row in numbered.values():
                if (row["_id"], row["register"], row["number"]) not in lines:
                    yield Finding(
                        kind="line.document", subject_kind="document", subject=row["_id"],
                        found=f"văn bản {row['_id']} mang số {row['number']} nhưng sổ không có dòng này",
                    )  # fmt: skip

    async def _lines_of(self, documents: list[str]) -> set[tuple[str, str | None, int]]:
        """Document, book and number of the lines that name one of these documents."""
        found = set()
        for start in range(0, len(documents), _TOGETHER):
            query = {"document": {"$in": documents[start : start + _TOGETHER]}}
            async for one in self._database["entries"].find(
                query, {"document": 1, "register": 1, "number": 1}
            ):
                if _given(one):
                    found.add((one["document"], one.get("register"), one["number"]))
        return found

    async def _chain(self, actor: Actor, register_id: str, title: str) -> AsyncIterator[Finding]:
        for again in (True, False):
            found = (await self._closings.verify(actor, register_id)).first_difference
            if found is None:
                return
            if not again:  # a closing made while it was read shows once, not twice
                yield Finding(
                    kind="closing.broken", subject_kind="register", subject=register_id,
                    found=f"{title}: lần khóa sổ {found['n']} ngày {found['day']}: {found['why']}",
                )  # fmt: skip


def _given(row: Row) -> bool:
    return isinstance(row.get("number"), int) and row["number"] > 0


def _of(book: Row, kind: str, words: str) -> Finding:
    return Finding(
        kind=kind,
        subject_kind="register",
        subject=book["_id"],
        found=f"{book.get('title', book['_id'])}: {words}",
    )
