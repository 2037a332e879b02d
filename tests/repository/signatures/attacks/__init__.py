"""The attack set: ways to change a signed PDF, or to pretend one, named by the rule they break.

Each takes a `Forge` and gives a file that must never be reported as intact. Shadow attacks prepare the paper
before it is signed; the others begin with a paper signed by the person and the agency.
"""

from tests.repository.signatures.attacks import forbidden, later, pretending, shadow, structure
from tests.repository.signatures.attacks.making import ATTACKS

__all__ = ["ATTACKS", "forbidden", "later", "pretending", "shadow", "structure"]
