"""What a person leaves behind: each kind of open work says how it is listed and handed over (Đ10.3a).

A feature that gives people work (dossiers, assignments) offers one `WorkKind`; wiring puts them together.
"""

from collections.abc import Sequence
from typing import Protocol

from repository import errors
from repository.audit import Action
from repository.journal import Change
from repository.mongo import Row


class WorkKind(Protocol):
    """One kind of work that has exactly one person in charge."""

    name: str
    """As people call it: `hồ sơ đang mở`."""

    async def of(self, person_id: str) -> list[Row]:
        """The open pieces: `{"kind", "id", "title", "unit"}` each."""
        ...

    async def take_one(self, change: Change, person_id: str, successor: Row) -> str | None:
        """Gives one piece to the successor, within the change; its id, or None when none is left."""
        ...

    async def is_left(self, change: Change, person_id: str) -> bool:
        """Whether a piece is left, seen within the change."""
        ...


class WorkLeft(errors.Conflict):
    """The person still has open work, and nobody was named to take it over."""

    vi = "Còn công việc đang mở ({what}): hãy chọn người nhận bàn giao. Chưa có gì thay đổi."
    en = "Open work is left ({what}): name who takes it over. Nothing was changed."


async def open_work(kinds: Sequence[WorkKind], person_id: str) -> list[Row]:
    """All open pieces of a person."""
    return [piece for kind in kinds for piece in await kind.of(person_id)]


async def hand_over(
    change: Change, kinds: Sequence[WorkKind], person: Row, successor_id: str, *, demanded: bool
) -> int:
    """Gives all open work to the successor within the change; how many pieces.

    Raises WorkLeft when there is work but no successor and one is demanded; Invalid for an unfit successor.
    """
    if not successor_id:
        left = [kind.name for kind in kinds if await kind.is_left(change, person["_id"])]
        if left and demanded:
            raise WorkLeft(what=", ".join(left))
        return 0
    successor = await _fit(change, person, successor_id)
    count = 0
    for kind in kinds:
        while piece := await kind.take_one(change, person["_id"], successor):
            also = [person["_id"], successor["_id"]]
            change.record(
                "dossier", piece, also=also, action=Action.WORK_HANDED_OVER, successor=successor["full_name"]
            )
            count += 1
    return count


async def _fit(change: Change, person: Row, successor_id: str) -> Row:
    """The successor: another active person of the unit whose work it is."""
    found = await change.find_one(
        "people", {"_id": successor_id, "disabled_at": None, "unit": person["unit"]}
    )
    if found is None or found["_id"] == person["_id"]:
        said = "phải là người khác, đang làm việc trong cùng đơn vị"
        raise errors.Invalid(
            why="người nhận bàn giao không hợp lệ", errors=[{"pointer": "/successor", "detail": said}]
        )
    return found
