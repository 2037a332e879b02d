"""What is asked of a signing and how it is kept; all of it survives a restart."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from repository.documents.metadata import Text

LASTS: Final = timedelta(hours=20)
"""Shorter than the day that the store keeps the prepared file locked for."""
RESERVED: Final = 40_960
"""Hexadecimal digits kept free for the signature: 20 KiB, enough for a chain and a time stamp."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Kind(StrEnum):
    """Whose signature it is, which decides certificate and appearance (NĐ 30/2020, annex I)."""

    PERSON = "person"
    AGENCY = "agency"
    ANNEX = "annex"
    """The agency's, on an annex in a file of its own: text only."""


class Means(StrEnum):
    """Where the private key is."""

    FILE = "file"
    """A PKCS#12 file brought for the act and never kept."""
    STORED = "stored"
    """A PKCS#12 file kept sealed; its passphrase never is."""
    TOKEN = "token"
    """A PKCS#11 device at the server."""
    REMOTE = "remote"
    """A remote signing service."""
    EXTERNAL = "external"
    """The caller signs the digest and brings the value."""


class State(StrEnum):
    PREPARED = "prepared"
    SIGNED = "signed"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Place(_Form):
    """Where the signature shows: page from 1, corners in points from the lower left."""

    page: Annotated[int, Field(ge=1, le=100_000)]
    box: tuple[float, float, float, float]


class Preparation(_Form):
    """What is to be signed, in whose name and with which certificate."""

    kind: Kind = Field(alias="as")
    sha256: Sha256
    """Of the version that was approved: any other bytes are refused."""
    certificate: Sha256
    """Fingerprint of a certificate that is registered for the account (or its unit)."""
    reason: Text = ""
    place: Place | None = None


class Act(_Form):
    """How to sign what was prepared. Nothing of it is kept."""

    means: Means
    secret: Annotated[str, Field(max_length=256, repr=False)] = ""
    """PIN, passphrase or one-time code."""
    file: Annotated[str, Field(max_length=400_000, repr=False)] = ""
    """PKCS#12 in base64."""
    signature: Annotated[str, Field(max_length=4096)] = ""
    """The value in base64, made elsewhere."""
