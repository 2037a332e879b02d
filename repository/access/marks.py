"""Marks: how a thing says who may see it and an actor what he bears; compared in every query.

A right given to a person is given to that person in that unit: whoever moves on leaves it behind, and no
stored row and no index entry has to be rewritten for it.
"""

from typing import Final

from repository.access.permissions import Role

EVERYTHING: Final = "all"
"""Borne by those who may read everything (kiểm tra viên)."""
PUBLIC: Final = "public"
"""Borne by whoever may read documents at all."""
OFFICES: Final = (Role.CLERK, Role.LEADER)
"""Whom a unit's restricted papers are meant for by their office."""


def unit(unit_id: str) -> str:
    return f"unit:{unit_id}"


def office(unit_id: str, role: Role) -> str:
    """The clerks, or the leaders, of a unit."""
    return f"unit:{unit_id}/{role.value}"


def person(person_id: str, unit_id: str) -> str:
    """One person, as long as he works in that unit."""
    return f"person:{person_id}@{unit_id}"


def dossier(dossier_id: str) -> str:
    """The members of a dossier."""
    return f"dossier:{dossier_id}"
