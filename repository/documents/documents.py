"""Documents: stored with their files, described, registered, filed, issued. Every write is one journal change.

A document belongs to one unit; `readers` are the marks of those who may see it, compared inside every query, so a
foreign document is simply not found (Đ1.p2). Its versions are embedded: they are few and always read together.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

from repository import errors, ids
from repository.access import marks, rules
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.clock import local_date
from repository.documents import entering, filing, legal_value, model
from repository.documents.issuing import IssueForm, require_issuable
from repository.documents.metadata import Metadata, MetadataChange
from repository.documents.refusals import NoFile, SecretRefused
from repository.ingest.receive import ReceivedFile
from repository.journal import Change, Journal, Once
from repository.mongo import Database, Row
from repository.registers.lines import LateEntry
from repository.registers.registers import Registers, WrongYear


class Documents:
    """The service that features and the API call; reads check rights inside the query."""

    def __init__(self, *, database: Database, journal: Journal, registers: Registers) -> None:
        self._documents = database["documents"]
        self._dossiers = database["dossiers"]
        self._units = database["units"]
        self._seen_units: set[str] = set()
        self._journal = journal
        self._registers = registers

    async def refuse_secret(self, actor: Actor, metadata: Metadata, channel: str) -> None:
        """Raises SecretRefused for a classified paper; the refusal is recorded without any of its words."""
        if metadata.is_secret:
            await self._journal.note(
                actor, Action.SECRET_REFUSED, "unit", metadata.unit or actor.unit, channel=channel
            )
            raise SecretRefused(why="văn bản mật")

    async def check(self, actor: Actor, metadata: Metadata) -> Row:
        """What can be refused before any byte is stored; answers the owning unit."""
        actor.require(Permission.STORE_DOCUMENTS)
        unit_id = metadata.unit or actor.unit
        actor.require_unit(unit_id, "lưu văn bản")
        self._check_level(metadata)
        wrong = [u for u in {unit_id, *metadata.shared_with} if not await self._is_unit(u)]
        if wrong:
            faults = [{"pointer": "/unit", "detail": f"không có đơn vị «{u}»"} for u in sorted(wrong)]
            raise errors.Invalid(why="đơn vị không tồn tại", errors=faults)
        for answered in metadata.replies_to:
            await self.get(actor, answered)
        if metadata.enters:
            actor.require(Permission.MAKE_ENTRIES)
        if metadata.register_id:
            self._check_book(
                await self._registers.get(actor, metadata.register_id), unit_id, metadata.direction
            )
        if metadata.dossier_id:
            await filing.open_dossier(self._dossiers, actor, metadata.dossier_id)
        return {"_id": unit_id}

    async def _is_unit(self, unit_id: str) -> bool:
        """Asked of the database once for each unit: a unit is never removed."""
        if unit_id not in self._seen_units and await self._units.find_one({"_id": unit_id}, {"_id": 1}):
            self._seen_units.add(unit_id)
        return unit_id in self._seen_units

    @staticmethod
    def _check_level(metadata: Metadata) -> None:
        """Raises SecretRefused or Invalid unless its level is known and lets it be shared like this."""
        if metadata.is_secret:
            raise SecretRefused(why="văn bản mật")
        if metadata.classification not in list(rules.Classification):
            known = ", ".join(rules.Classification)
            listed = [{"pointer": "/classification", "detail": f"chỉ nhận: {known}"}]
            raise errors.Invalid(why="không có mức phổ biến này", errors=listed)
        level = rules.Classification(metadata.classification)
        if not all(rules.shareable(level, marks.unit(one)) for one in metadata.shared_with):
            listed = [{"pointer": "/shared_with", "detail": "văn bản nội bộ, hạn chế chỉ chia sẻ đích danh"}]
            raise errors.Invalid(why="mức phổ biến không cho chia sẻ cả đơn vị", errors=listed)

    @staticmethod
    def _check_book(register: Row, unit_id: str, direction: str) -> None:
        if register["unit"] != unit_id or register["direction"] != direction:
            raise errors.Conflict(why=f"«{register['title']}» không phải sổ của đơn vị và chiều văn bản này")

    async def store(
        self, actor: Actor, metadata: Metadata, files: Sequence[ReceivedFile], once: Once | None = None
    ) -> Row:
        """A new document with one version a file: the first is the main one, the others are attachments.

        Numbered and filed in the same transaction when the metadata names a book or a dossier.
        """
        if not files:
            raise NoFile(why="không có tệp")
        await self.refuse_secret(actor, metadata, "store")  # channels ask earlier; this gate holds for all
        unit = await self.check(actor, metadata)
        document_id = ids.new("doc")
        fields = {"symbol", "issued_on", "issuer", "direction", "document_type"}
        described = metadata.model_dump(mode="json", include=fields) | {"unit": unit["_id"]}

        async def into(book: Row | None) -> Row:
            return await self._store(actor, metadata, files, (document_id, unit["_id"], book), once)

        if not metadata.enters:
            return await into(None)
        return await self._in_book(
            actor, described, metadata.register_id, metadata.register_series or "", into
        )

    async def _store(
        self, actor: Actor, metadata: Metadata, files: Sequence[ReceivedFile],
        place: tuple[str, str, Row | None], once: Once | None,
    ) -> Row:  # fmt: skip
        document_id, unit, book = place
        described = metadata.model_dump(mode="json", include={"symbol", "issued_on", "issuer"})
        paper = entering.paper(described | {"unit": unit})

        async def work(change: Change) -> Row:
            row = model.document_row(change, document_id, unit, metadata)
            row["duplicates"] = await entering.same_paper(change, row)
            row["versions"] = [
                model.version_row(change, n, one, role="main" if n == 1 else "attachment")
                for n, one in enumerate(files, start=1)
            ]
            if book is not None:
                await entering.number(change, self._registers, row, book)
            if metadata.dossier_id:
                await filing.enter(change, metadata.dossier_id, row)
                row["dossiers"] = [metadata.dossier_id]
            row["readers"] = rules.readers(row, await filing.dossiers_of(change, row))
            await change.insert("documents", row)
            await change.once(once, document_id)
            digests = [one.digest.hex for one in files]
            change.record(
                "document", document_id, also=row["dossiers"], subject=row["subject"], sha256=digests
            )
            return row

        hot = book["_id"] if book else paper
        return await self._journal.change(actor, Action.DOCUMENT_STORED, work, hot=hot)

    async def get(self, actor: Actor, document_id: str) -> Row:
        """The document, if the actor may see it; otherwise NotFound, as for one that does not exist."""
        # By the id alone, and the rights here: of two conditions the local engine tries every index for each.
        found = await self._documents.find_one({"_id": ids.document_id(document_id)})
        readers = found.get("readers") if found else None
        if found is None or not isinstance(readers, list) or not any(one in readers for one in actor.marks):
            raise errors.NotFound(what="văn bản")
        return found

    async def own(self, actor: Actor, document_id: str, what: str) -> Row:
        """The document, if the actor sees it and its unit is his: to be shown it is no right to change it."""
        found = await self.get(actor, document_id)
        actor.require_unit(found["unit"], what)
        if found.get("disposed"):
            raise errors.Gone(what="Văn bản")
        return found

    async def describe(
        self, actor: Actor, document_id: str, change_form: MetadataChange, revision: int
    ) -> Row:
        """Changes describable fields of the reading with that revision; Stale when there is a newer one."""
        actor.require(Permission.DESCRIBE_DOCUMENTS)
        before = await self.own(actor, document_id, "sửa văn bản")
        wanted = change_form.as_row()
        if before["state"] == "issued" and wanted.keys() - {"description"}:
            raise errors.Conflict(
                why="văn bản đã phát hành chỉ được thay thế hoặc đính chính (NĐ 30/2020 Điều 18)"
            )

        async def work(change: Change) -> Row:
            fields = wanted | (
                {"scan_declaration": model.declared(change, wanted["scan_declaration"])}
                if "scan_declaration" in wanted
                else {}
            )
            query = {"_id": document_id, "revision": revision}
            after = await change.take("documents", query, {"$set": fields, "$inc": {"revision": 1}})
            if after is None:
                raise errors.Stale
            was = {name: before.get(name) for name in wanted}
            change.record("document", document_id, was=was, now=wanted)
            return after

        return await self._journal.change(actor, Action.DOCUMENT_DESCRIBED, work)

    async def register(
        self, actor: Actor, document_id: str, register_id: str = "", *, series: str = "",
        late: LateEntry | None = None,
    ) -> Row:  # fmt: skip
        """Enters a stored document in a book: number, line and document change together or not at all.

        Without a book, in this year's one of the series. `late` is a number that was used on paper.
        """
        actor.require(Permission.MAKE_ENTRIES)
        before = await self.own(actor, document_id, "vào sổ văn bản")

        async def into(book: Row) -> Row:
            async def work(change: Change) -> Row:
                row = await change.find_one("documents", {"_id": document_id})
                if row is None or row["register"]:
                    raise errors.Conflict(why="văn bản đã vào sổ")
                row["duplicates"] = await entering.same_paper(change, row)
                await entering.number(change, self._registers, row, book, late)
                fields = {name: row[name] for name in ("register", "number", "symbol", "state", "duplicates")}
                await change.update(
                    "documents", {"_id": document_id}, {"$set": fields, "$inc": {"revision": 1}}
                )
                change.record("document", document_id, register=book["_id"], number=row["number"])
                return row | {"revision": row["revision"] + 1}

            return await self._journal.change(actor, Action.DOCUMENT_REGISTERED, work, hot=book["_id"])

        return await self._in_book(actor, before, register_id, series, into)

    async def _in_book(
        self, actor: Actor, row: Row, register_id: str, series: str, into: Callable[[Row], Awaitable[Row]]
    ) -> Row:
        """Into the named book; else into the running year's, once more where the year ended meanwhile."""
        if register_id:
            book = await self._registers.get(actor, register_id)
            self._check_book(book, row["unit"], row["direction"])
            return await into(book)
        try:
            return await into(await entering.running_book(self._registers, actor, row, series, self._today()))
        except WrongYear:
            return await into(await entering.running_book(self._registers, actor, row, series, self._today()))

    def _today(self) -> date:
        return local_date(self._journal.now())

    async def issue(self, actor: Actor, document_id: str, form: IssueForm | None = None) -> Row:
        """Issues a registered outgoing document that the gate lets pass; an unsigned one with its logged reason.

        Raises DossierMissing where it answers a paper that must lie in a dossier and does not (PL2.II.1.8).
        """
        actor.require(Permission.ISSUE_DOCUMENTS)
        before, form = await self.own(actor, document_id, "phát hành văn bản"), form or IssueForm()
        unit = await self._units.find_one({"_id": before["unit"]})
        require_issuable(before, unit, form, self._today())

        async def work(change: Change) -> Row:
            await filing.require_dossiers(change, before)
            query = {"_id": document_id, "revision": before["revision"]}
            fields: Row = {"state": "issued", "issued_at": change.now}
            more: Row = {}
            if form.unsigned_reason and before["legal_value"]["status"] != legal_value.VALID:
                more = {"unsigned_reason": form.unsigned_reason}
                fields["unsigned"] = {"reason": form.unsigned_reason, "at": change.now, "by": actor.as_row()}
            after = await change.take("documents", query, {"$set": fields, "$inc": {"revision": 1}})
            if after is None:
                raise errors.Stale
            change.record("document", document_id, symbol=after["symbol"], **more)
            return after

        return await self._journal.change(actor, Action.DOCUMENT_ISSUED, work)

    async def alike(self, actor: Actor, row: Row) -> tuple[list[str], int]:
        """Earlier documents that look like the same paper: those the actor sees, and how many others there are."""
        marked = row.get("duplicates", [])
        query = {"_id": {"$in": marked}, "readers": {"$in": actor.marks}}
        seen = {one["_id"] async for one in self._documents.find(query, {"_id": 1})} if marked else set[str]()
        return [one for one in marked if one in seen], len(marked) - len(seen)

    async def with_digest(self, actor: Actor, unit: str, sha256: str) -> list[str]:
        """Ids of the unit's documents that hold these bytes already."""
        query = {"unit": unit, "versions.sha256": sha256, "readers": {"$in": actor.marks}}
        return [row["_id"] async for row in self._documents.find(query, {"_id": 1}).sort("_id", 1)]

    async def newest(self, actor: Actor, *, limit: int = 50, before: str = "") -> list[Row]:
        """What the actor may see, newest first, from the one before `before`."""
        query: dict[str, Any] = {"readers": {"$in": actor.marks}}
        if before:
            query["_id"] = {"$lt": before}
        return await self._documents.find(query).sort("_id", -1).limit(limit).to_list(limit)

    async def history(
        self, actor: Actor, document_id: str, *, limit: int = 200, after: str = ""
    ) -> list[Row]:
        """Audit records of a document that the actor may see, oldest first."""
        await self.get(actor, document_id)
        return await self._journal.history(document_id, limit=limit, after=after)
