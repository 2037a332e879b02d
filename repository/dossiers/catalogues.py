"""The list of dossiers of a unit and year (danh mục hồ sơ; Decree 30/2020 Đ28): drafted, imported, issued; dossiers
are opened from its lines. Its five columns are those of annex V.
"""

from datetime import date
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from repository import errors, ids
from repository.access import marks
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.audit import Action
from repository.documents.metadata import Text, faults
from repository.dossiers.closing import KnownRules
from repository.dossiers.dossiers import DossierForm, Dossiers
from repository.ingest.tables import Tables
from repository.journal import Change, Journal
from repository.mongo import Database, DuplicateKeyError, Row
from repository.policy import retention

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "code": (
        "số và ký hiệu hồ sơ",
        "so va ky hieu",
        "so, ky hieu ho so",
        "so ky hieu",
        "ky hieu",
        "ma ho so",
    ),
    "title": ("tiêu đề hồ sơ", "tieu de", "ten ho so", "ten nhom, tieu de ho so"),
    "retention": ("thời hạn bảo quản", "thoi han", "thbq"),
    "keeper": ("người lập hồ sơ", "nguoi lap", "don vi, nguoi lap ho so", "nguoi phu trach"),
    "note": ("ghi chú",),
    "rule": ("dòng thời hạn", "ma thoi han", "rule"),
}
"""Heads under which a column of annex V may stand, the proper one first."""
MOST_LINES: Final = 10_000


class Line(BaseModel):
    """One dossier that is meant to be opened."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: Text = Field(min_length=1, max_length=60)
    title: Text = Field(min_length=1, max_length=500)
    retention: Text = Field(default="", max_length=60)
    keeper: Text = Field(default="", max_length=100)
    note: Text = Field(default="", max_length=200)
    rule: Text = Field(default="", max_length=60)


class CatalogueForm(BaseModel):
    """A new list."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unit: str = Field(default="", max_length=40)
    year: int = Field(ge=1945, le=2200)
    lines: list[Line] = Field(default_factory=list, max_length=MOST_LINES)


class IssueForm(BaseModel):
    """The act that issues the list."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    symbol: Text = Field(min_length=1, max_length=60)
    issued_on: date


class Catalogues:
    """One a unit and year; a draft is rewritten, an issued one only added to."""

    def __init__(
        self, *, database: Database, journal: Journal, dossiers: Dossiers, rules: KnownRules, tables: Tables
    ) -> None:
        self._rows = database["catalogues"]
        self._opened = database["dossiers"]
        self._journal = journal
        self._dossiers = dossiers
        self._rules = rules
        self._tables = tables

    async def draft(self, actor: Actor, form: CatalogueForm) -> Row:
        """A new draft. Raises Conflict when the unit has a list of that year."""
        actor.require(Permission.KEEP_CATALOGUES)
        unit = form.unit or actor.unit
        actor.require_unit(unit, "lập danh mục hồ sơ")
        if wrong := await self._faults([one.model_dump() for one in form.lines]):
            raise errors.Invalid(why="danh mục có dòng chưa đúng", errors=wrong)
        lines = [one.model_dump() for one in form.lines]
        row: Row = {"_id": ids.new("dm"), "unit": unit, "year": form.year, "state": "draft", "lines": lines}
        row |= {"readers": [marks.EVERYTHING, marks.unit(unit)], "issued": None, "revision": 1}

        async def work(change: Change) -> Row:
            row.update(created_at=change.now, created_by=change.actor.as_row())
            await change.insert("catalogues", row)
            change.record("catalogue", row["_id"], year=form.year, lines=len(lines), owes=False)
            return row

        try:
            return await self._journal.change(actor, Action.CATALOGUE_DRAFTED, work)
        except DuplicateKeyError as fault:
            raise errors.Conflict(why=f"đơn vị đã có danh mục hồ sơ năm {form.year}") from fault

    async def get(self, actor: Actor, catalogue_id: str) -> Row:
        """The list, if the actor may see it; otherwise NotFound."""
        wanted = ids.parse("dm", catalogue_id, "danh mục hồ sơ")
        found = await self._rows.find_one({"_id": wanted, "readers": {"$in": actor.marks}})
        if found is None:
            raise errors.NotFound(what="danh mục hồ sơ")
        return found

    async def visible(self, actor: Actor) -> list[Row]:
        """Without their lines, the newest year first."""
        rows = await self._rows.find({"readers": {"$in": actor.marks}}, {"lines": 0}).to_list(500)
        return sorted(rows, key=lambda row: (-int(row["year"]), str(row["unit"])))

    async def examine(self, actor: Actor, catalogue_id: str, content: bytes) -> tuple[list[Row], list[Row]]:
        """A file's lines and their faults; changes nothing."""
        await self._own(actor, catalogue_id)
        found = await self._tables.rows(content, COLUMNS)
        return _lines(found), await self._faults(found)

    async def take_in(self, actor: Actor, catalogue_id: str, content: bytes) -> Row:
        """Puts a file's lines into the list: all of them in a draft, only new codes in an issued one.

        Nothing is taken when one line is wrong. Raises Invalid with each fault.
        """
        lines, wrong = await self.examine(actor, catalogue_id, content)
        if wrong:
            raise errors.Invalid(why="chưa nhận dòng nào; hãy sửa các dòng sai", errors=wrong)
        before = await self._own(actor, catalogue_id)
        known = {one["code"] for one in before["lines"]} if before["state"] == "issued" else set()
        kept = before["lines"] if before["state"] == "issued" else []
        if repeated := sorted(known & {one["code"] for one in lines}):
            told = [{"pointer": "/code", "detail": f"đã có trong danh mục: {', '.join(repeated[:10])}"}]
            raise errors.Invalid(why="danh mục đã ban hành chỉ được bổ sung", errors=told)
        if len(kept) + len(lines) > MOST_LINES:
            raise errors.Invalid(why=f"danh mục quá {MOST_LINES} dòng")
        return await self._write(actor, before, {"lines": [*kept, *lines]}, Action.CATALOGUE_DRAFTED)

    async def issue(self, actor: Actor, catalogue_id: str, form: IssueForm) -> Row:
        """From now on lines are only added."""
        before = await self._own(actor, catalogue_id)
        if before["state"] != "draft" or not before["lines"]:
            raise errors.Conflict(
                why="danh mục đã ban hành" if before["state"] != "draft" else "danh mục chưa có dòng nào"
            )
        issued = form.model_dump(mode="json")
        return await self._write(
            actor, before, {"state": "issued", "issued": issued}, Action.CATALOGUE_ISSUED
        )

    async def open_line(self, actor: Actor, catalogue_id: str, code: str) -> Row:
        """A dossier opened from the list. Raises NotFound, Conflict when it was opened before or is a draft."""
        row = await self.get(actor, catalogue_id)
        line = next((one for one in row["lines"] if one["code"] == code), None)
        if line is None:
            raise errors.NotFound(what="dòng này trong danh mục hồ sơ")
        if row["state"] != "issued":
            raise errors.Conflict(why="danh mục hồ sơ chưa ban hành")
        fields = {name: line[name] for name in ("code", "title", "retention", "rule")}
        note = {"description": line["note"], "unit": row["unit"], "year": row["year"]}
        return await self._dossiers.open(actor, DossierForm(**fields, **note, catalogue=row["_id"]))

    async def opened(self, catalogue: Row, codes: list[str]) -> dict[str, str]:
        """Code → dossier, of those lines from which one was opened."""
        query = {"unit": catalogue["unit"], "year": catalogue["year"], "code": {"$in": codes}}
        return {row["code"]: row["_id"] async for row in self._opened.find(query, {"code": 1})}

    async def _own(self, actor: Actor, catalogue_id: str) -> Row:
        actor.require(Permission.KEEP_CATALOGUES)
        row = await self.get(actor, catalogue_id)
        actor.require_unit(row["unit"], "sửa danh mục hồ sơ")
        return row

    async def _write(self, actor: Actor, before: Row, fields: Row, action: Action) -> Row:
        async def work(change: Change) -> Row:
            query = {"_id": before["_id"], "revision": before["revision"]}
            after = await change.take("catalogues", query, {"$set": fields, "$inc": {"revision": 1}})
            if after is None:
                raise errors.Stale
            shown = {name: value for name, value in fields.items() if name != "lines"}
            change.record("catalogue", before["_id"], lines=len(after["lines"]), owes=False, **shown)
            return after

        return await self._journal.change(actor, action, work)

    async def _faults(self, rows: list[Row]) -> list[Row]:
        """What is wrong in each line, by its number in the file."""
        found: list[Row] = []
        codes: set[str] = set()
        rules: dict[str, bool] = {}
        for n, row in enumerate(rows, start=1):
            at = f"/{row.get('line', n)}"
            fields = {name: value for name, value in row.items() if name != "line"}
            try:
                line = Line.model_validate(fields)
            except ValidationError as fault:
                found += [{"pointer": at + one["pointer"], "detail": one["detail"]} for one in faults(fault)]
                continue
            if line.code in codes:
                found.append({"pointer": f"{at}/code", "detail": f"trùng số ký hiệu «{line.code}»"})
            codes.add(line.code)
            if line.rule and line.rule not in rules:
                rules[line.rule] = await self._rules.find(line.rule) is not None
            if line.rule and not rules[line.rule]:
                found.append({"pointer": f"{at}/rule", "detail": f"không có dòng «{line.rule}» trong bảng"})
            found += _period_fault(line, at)
        return found


def _period_fault(line: Line, at: str) -> list[Row]:
    if not line.retention:
        return [] if line.rule else [{"pointer": f"{at}/retention", "detail": "thiếu thời hạn bảo quản"}]
    try:
        retention.parse(line.retention)
    except errors.Invalid as fault:
        return [{"pointer": f"{at}/retention", "detail": str(fault.facts.get("why", fault))}]
    return []


def _lines(rows: list[Row]) -> list[Row]:
    blank = dict.fromkeys(Line.model_fields, "")
    return [blank | {name: value for name, value in row.items() if name != "line"} for row in rows]
