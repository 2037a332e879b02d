"""Who acts: a person or a system, with unit, roles and the reader marks that rights filters compare."""

from dataclasses import asdict, dataclass
from typing import Any

from repository import errors
from repository.access import marks
from repository.access.permissions import Permission, Role, permissions_of


@dataclass(frozen=True, kw_only=True)
class Principal:
    """In whose name somebody acts while a delegation is in force."""

    id: str
    name: str
    title: str
    delegation: str


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
    """For a token or a delegate: the permissions given; None means all that the roles give."""
    dossiers: frozenset[str] = frozenset()
    """The dossiers whose member this is (`Dossiers.joined` fills it; left empty, less is seen)."""
    inherits: tuple[str, ...] = ()
    """Closed units whose successor is this unit: their papers and books are read, never written."""
    on_behalf_of: Principal | None = None
    """Set while a delegate acts: rights and sight are the principal's, the deed is recorded under both."""

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
    def units(self) -> list[str]:
        """The units whose papers and books the actor reads: the own one and those it succeeds."""
        return [self.unit, *self.inherits]

    @property
    def marks(self) -> list[str]:
        """What a thing's `readers` must share with to be visible: unit, office, person, dossier, everything."""
        person = self.on_behalf_of.id if self.on_behalf_of else self.id
        borne = [*(marks.unit(one) for one in self.units), marks.person(person, self.unit)]
        if self.kind == "person":
            held = [role for role in marks.OFFICES if role in self.roles]
            borne += [marks.office(unit, role) for unit in self.units for role in held]
        borne += [marks.dossier(one) for one in sorted(self.dossiers)]
        if self.may(Permission.READ_DOCUMENTS):
            borne.append(marks.PUBLIC)
        if self.may(Permission.READ_EVERYTHING):
            borne.append(marks.EVERYTHING)
        return borne

    def require_unit(self, unit: str, what: str) -> None:
        """Raises Forbidden unless this is the actor's own unit: seeing a thing is no right to change it."""
        if unit != self.unit and self.kind != "operator":
            raise errors.Forbidden(permission=f"{what} của đơn vị khác")

    def as_row(self) -> dict[str, Any]:
        """How an audit record keeps the actor: with the title of the day."""
        row = {"id": self.id, "name": self.name, "kind": self.kind, "unit": self.unit, "title": self.title}
        return row if self.on_behalf_of is None else row | {"on_behalf_of": asdict(self.on_behalf_of)}


def operator(name: str = "tangthu") -> Actor:
    """Whoever runs a command on the machine itself: may do all that commands do, and is recorded as such."""
    return Actor(id=f"operator:{name}", name=name, kind="operator", unit="", roles=frozenset({Role.OPERATOR}))
