"""Units: offices, departments and wards, with the identifier they bear in exchange (QĐ.3, Đ1.p2)."""

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.access.actors import Actor
from repository.audit import Action
from repository.journal import Change, Journal
from repository.mongo import Database, Row


class UnitForm(BaseModel):
    """What a new unit is described by."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$")
    name: str = Field(min_length=2, max_length=200)
    symbol: str = Field(min_length=1, max_length=30)
    """Short form in document symbols: `UBND`, `VP`, `TCKH`."""
    organ_id: str = Field(default="", max_length=35)
    kind: str = Field(default="department", pattern="^(district|office|department|ward|other)$")
    parent: str = ""
    head: str = Field(default="", max_length=50)


class Units:
    """Creates and reads units; a unit is never removed."""

    def __init__(self, *, database: Database, journal: Journal) -> None:
        self._units = database["units"]
        self._journal = journal

    async def create(self, actor: Actor, form: UnitForm) -> Row:
        """The new unit. Raises Conflict when the id is taken."""
        row = {"_id": form.id} | form.model_dump(exclude={"id"})

        async def work(change: Change) -> None:
            if await change.find_one("units", {"_id": form.id}):
                raise errors.Conflict(why=f"đã có đơn vị «{form.id}»")
            await change.insert("units", row)
            change.record("unit", form.id, name=form.name)

        await self._journal.change(actor, Action.UNIT_CREATED, work)
        return row

    async def get(self, unit_id: str) -> Row:
        found = await self._units.find_one({"_id": unit_id})
        if found is None:
            raise errors.NotFound(what=f"đơn vị «{unit_id}»")
        return found

    async def all(self) -> list[Row]:
        return await self._units.find({}).sort("_id", 1).to_list(None)
