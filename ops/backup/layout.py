"""Where things lie in a backup place: the picture, the names, the signs of a whole thing.

PLACE/
  README.md                          how to read all this without Tàng Thư
  areas/AREA/                        one full backup and the increments made after it; AREA is its first set's name
    objects/                         OCFL 1.1 storage root (layout 0002-flat-direct)
      BUNDLE/v1/content/HEX.age      an OCFL object: some of the files that one run copied, sealed
    sets/SET/set.json  set.json.mac  what belongs to the set, with the digest of each of its files
             metadata/NAME.bson.zst.age   rows of a collection, age over zstd over BSON, as mongodump writes it:
                                     every row, or those that changed since the sets named by `earlier` in `set.json`
             objects.tsv.zst.age     the objects the set needs: sha256, size, bundle, locked until, held, type, namings
             facts.json.zst.age      what a restored system must come out at
             configuration.json.age  settings without secrets     secrets.tar.age   the secrets
  drafts/                            what is being written; nothing there counts
"""

import re
from datetime import UTC, datetime
from typing import Final

AREAS: Final = "areas"
MANIFEST: Final = "set.json"
MAC: Final = "set.json.mac"
OBJECTS: Final = "objects.tsv.zst.age"
FACTS: Final = "facts.json.zst.age"
CONFIGURATION: Final = "configuration.json.age"
SECRETS: Final = "secrets.tar.age"
_MOMENT: Final = "%Y%m%dT%H%M%S"
_SET: Final = re.compile(r"[0-9]{8}T[0-9]{9}Z")


def set_name(moment: datetime) -> str:
    """`20261123T020301123Z`: sortable, and never used twice while the clock moves."""
    return f"{moment.astimezone(UTC).strftime(_MOMENT)}{moment.microsecond // 1000:03}Z"


def moment_of(name: str) -> datetime:
    whole = datetime.strptime(name[:15], _MOMENT).replace(tzinfo=UTC)
    return whole.replace(microsecond=int(name[15:18]) * 1000)


def is_set_name(text: str) -> bool:
    if _SET.fullmatch(text) is None:
        return False
    try:
        moment_of(text)
    except ValueError:  # there is no such day: a folder of somebody else's
        return False
    return True


def area(name: str) -> str:
    return f"{AREAS}/{name}"


def objects(area_name: str) -> str:
    return f"{AREAS}/{area_name}/objects"


def bundle(area_name: str, name: str) -> str:
    return f"{objects(area_name)}/{name}"


def content(area_name: str, bundle_name: str, digest: str) -> str:
    return f"{bundle(area_name, bundle_name)}/v1/content/{digest}.age"


def sets(area_name: str) -> str:
    return f"{AREAS}/{area_name}/sets"


def set_folder(area_name: str, name: str) -> str:
    return f"{sets(area_name)}/{name}"


def metadata(collection: str) -> str:
    return f"metadata/{collection}.bson.zst.age"
