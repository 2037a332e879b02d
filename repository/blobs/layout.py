"""Where a file lies in the bucket: the one mapping between a digest and its key.

    BUCKET/
      sha256/
        ab/
          cd/
            abcd…  (64 digits)      one object, one or more versions; the first version is the file

Two levels of two digits keep any listing by prefix small (65,536 folders) on stores that keep real folders.
"""

from typing import Final

from repository import errors
from repository.blobs.digest import Digest

VERSION: Final = 1
PREFIX: Final = "sha256/"


def key_of(digest: Digest) -> str:
    return f"{PREFIX}{digest.hex[:2]}/{digest.hex[2:4]}/{digest.hex}"


def digest_of(key: str) -> Digest | None:
    """The digest that a key stands for; None for a key that this layout never makes."""
    try:
        digest = Digest(key.rpartition("/")[2])
    except errors.Invalid:
        return None
    return digest if key_of(digest) == key else None
