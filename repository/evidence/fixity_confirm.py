"""The second look: what seemed wrong is read again with its record, and put back where a good copy exists."""

from repository.access.actors import Actor
from repository.evidence.fixity import Claim, Finding
from repository.evidence.fixity_mend import MENDABLE, Mender
from repository.evidence.fixity_objects import Objects
from repository.evidence.fixity_rows import KEEPS_NOTHING, claims_of, pages
from repository.mongo import Database

_WITHOUT_RECORD = ("object.orphan", "object.stale")


class SecondLook:
    """Work goes on while objects are read: only what is wrong twice is a finding."""

    def __init__(self, *, database: Database, mender: Mender | None) -> None:
        self._database = database
        self._mender = mender

    async def at(self, actor: Actor, doubtful: list[Finding], objects: Objects) -> list[Finding]:
        """Findings about single objects that have a record, or a name that nothing here makes."""
        kept = [one for one in doubtful if not one.sha256]
        by_hash: dict[str, list[Finding]] = {}
        for one in doubtful:
            if one.sha256:
                by_hash.setdefault(one.sha256, []).append(one)
        for sha256, found in by_hash.items():
            claims = await self._claims(sha256, {(one.subject_kind + "s", one.subject) for one in found})
            if not claims:  # the record is gone or changed: that is another check's finding
                continue
            if not _is_hash(sha256):
                kept += found
                continue
            _, again = await objects.check(sha256, claims)
            kept += [await self._mended(actor, one, claims) for one in again]
        return kept

    async def still_without_record(self, findings: list[Finding]) -> list[Finding]:
        """An object that got its record while we read is none without one."""
        wanted = {one.sha256 for one in findings}
        if not wanted:
            return []
        names = set(await self._database.list_collection_names()) - KEEPS_NOTHING
        claimed = set()
        for name in sorted(names):
            async for page in pages(self._database, name):
                claimed |= {claim.sha256 for row in page for claim in claims_of(name, row)} & wanted
        return [one for one in findings if one.sha256 not in claimed]

    async def _mended(self, actor: Actor, one: Finding, claims: list[Claim]) -> Finding:
        if self._mender is None or one.kind not in MENDABLE:
            return one
        mended = await self._mender.mend(actor, one, claims)
        return Finding(**{**vars(one), "mended": mended})

    async def _claims(self, sha256: str, owners: set[tuple[str, str]]) -> list[Claim]:
        query = {"versions.sha256": sha256}
        rows = [("documents", row) async for row in self._database["documents"].find(query)]
        for name, row_id in owners - {("documents", row["_id"]) for _, row in rows}:
            if row := await self._database[name].find_one({"_id": row_id}):
                rows.append((name, row))
        return [claim for name, row in rows for claim in claims_of(name, row) if claim.sha256 == sha256]


def without_record(one: Finding) -> bool:
    return one.kind in _WITHOUT_RECORD


def _is_hash(text: str) -> bool:
    return len(text) == 64 and all(one in "0123456789abcdef" for one in text)
