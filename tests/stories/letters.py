"""Letters that other agencies send: printed and signed under the demonstration's own certificates."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.demo.district import party
from ops.demo.papers import papers, render
from ops.demo.pki import DemoPki
from ops.demo.signing import sign_agency, sign_person


@dataclass(frozen=True)
class Letter:
    """The file, and what the envelope says about it."""

    content: bytes
    metadata: dict[str, Any]


def signed_letter(pki: DemoPki, key: str = "cd-mua-lu") -> Letter:
    """A paper of an outside agency, signed by its head and then by the agency."""
    paper = papers()[key]
    printed = render(paper)
    pdf = sign_person(printed.pdf, paper, printed, pki, f"{paper.issuer}.ld")
    pdf = sign_agency(pdf, paper, printed, pki, paper.issuer, name=party(paper.issuer)["name"])
    described = {
        "direction": "incoming", "symbol": paper.symbol, "issued_on": paper.date.isoformat(),
        "document_type": paper.type, "subject": paper.subject, "issuer": party(paper.issuer),
        "urgency": paper.urgency,
    }  # fmt: skip
    return Letter(pdf, described)


def trust(pki: DemoPki) -> str:
    """The setting that makes the demonstration's certificates count."""
    return ":".join(str(Path(path).absolute()) for path in (pki.anchors, pki.intermediates, *pki.crls))
