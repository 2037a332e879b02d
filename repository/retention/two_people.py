"""What takes two people: who may count as one of them, and that they are not the same."""

from repository import errors
from repository.access.actors import Actor
from repository.audit.council import faces
from repository.mongo import Row


class NeedsAnother(errors.Conflict):
    """The same person cannot stand on both sides."""

    vi = "Việc này cần người thứ hai: {why}"
    en = "This takes another person: {why}"


def require_person(actor: Actor, what: str) -> None:
    """Raises Forbidden for tokens and commands: a machine is nobody's second opinion."""
    if actor.kind != "person":
        raise errors.Forbidden(permission=f"{what} (chỉ người dùng có tài khoản riêng)")


def require_another(actor: Actor, others: list[Row], why: str) -> None:
    """Raises NeedsAnother when the actor, or the one he stands in for, is among those who acted before."""
    if faces(actor.as_row()) & {face for one in others for face in faces(one)}:
        raise NeedsAnother(why=why)
