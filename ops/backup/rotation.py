"""Which full backups, with their increments, may go. Never so many that fewer than two good ones are left."""

from collections.abc import Mapping
from typing import Final

from ops.backup import layout
from ops.backup.place import Place
from repository.access.actors import Actor
from repository.backups.register import GOOD, Backups

LEAST: Final = 2


def outdated(areas: Mapping[str, list[str]], states: Mapping[str, str], keep: int) -> list[str]:
    """The areas that may go: older than the `keep` newest that hold a good set. `areas` → their sets."""
    keep = max(keep, LEAST)
    good = [name for name in sorted(areas) if any(states.get(one) == GOOD for one in areas[name])]
    if len(good) <= keep:
        return []
    oldest_kept = good[-keep]
    return [name for name in sorted(areas) if name < oldest_kept]


async def rotate(actor: Actor, *, place: Place, backups: Backups, keep: int) -> list[str]:
    """Removes what may go, register first: what is told to be there must be there. The areas."""
    names = [one for one in await place.folders(layout.AREAS) if layout.is_set_name(one)]
    areas = {name: await place.folders(layout.sets(name)) for name in names}
    states = {row["_id"]: row["state"] async for row in backups.known()}
    gone = outdated(areas, states, keep)
    for area in gone:
        if sets := [one for one in areas[area] if one in states]:
            await backups.rotated(actor, sets)
        await place.remove(layout.area(area))
    return gone
