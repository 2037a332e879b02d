"""Who acts: a person or a system, with unit, roles and the reader marks that rights filters compare."""

from dataclasses import dataclass
from typing import Any

from repository import errors
from repository.access.permissions import Permission, Role, permissions_of


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The one on whose behalf a call runs; built from a session, a token or a command."""

    id: str
    name: str
    kind: str
    """`person`, `system` (a token) or `operator` (a command run on the machine)."""
    unit: str
    title: str = ""
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[Permission] | None = None
    """For a token: the permissions it was given; None means all that the roles give."""

    @property
    def permissions(self) -> frozenset[Permission]:
        granted = permissions_of(self.roles)
        return granted if self.scopes is None else granted & self.scopes

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless the permission is held."""
        if not self.may(permission):
            raise errors.Forbidden(permission=permission.value)

    @property
    def marks(self) -> list[str]:
        """What a thing's `readers` must share with to be visible: the unit, the person, or everything."""
        marks = [f"unit:{self.unit}", f"person:{self.id}"]
        if self.may(Permission.READ_EVERYTHING):
            marks.append("all")
        return marks

    def as_row(self) -> dict[str, Any]:
        """How an audit record keeps the actor: with the title of the day."""
        return {"id": self.id, "name": self.name, "kind": self.kind, "unit": self.unit, "title": self.title}


def operator(name: str = "tangthu") -> Actor:
    """Whoever runs a command on the machine itself: may do all that commands do, and is recorded as such."""
    return Actor(id=f"operator:{name}", name=name, kind="operator", unit="", roles=frozenset({Role.OPERATOR}))
