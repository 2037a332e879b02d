"""From a signature value to a file that stays provable: time stamp, evidence, document time stamp (PAdES B-LTA).

Without an authority for time stamps the file is B-B. Whatever does not answer leaves the signing as it was.
"""

from pathlib import Path
from typing import Final

from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.errors import PathError

from repository import errors
from repository.access.actors import Actor
from repository.clock import Clock
from repository.ingest.intake import Intake
from repository.ingest.receive import ReceivedFile
from repository.mongo import Row
from repository.signatures.signing.cms import DIGEST, Signed
from repository.signatures.signing.evidence import Evidences
from repository.signatures.signing.model import RESERVED
from repository.signatures.signing.press import Bench, Press, digest_of_file, pieces
from repository.signatures.signing.timestamps import HttpTimestamps

_PROVEN: Final = "B-LTA"
_STAMPED: Final = "B-T"
_BARE: Final = "B-B"


class Finisher:
    """Puts the signed file together and takes it in through the one front door for bytes."""

    def __init__(
        self, *, press: Press, evidences: Evidences, intake: Intake, clock: Clock, tsa_url: str
    ) -> None:
        self._press = press
        self._evidences = evidences
        self._intake = intake
        self._clock = clock
        self._tsa_url = tsa_url

    async def finish(
        self, actor: Actor, row: Row, signed: Signed, *, filename: str
    ) -> tuple[ReceivedFile, str, list[str]]:
        """The stored file, its level, and whose revocation could not be proven."""
        stamper = HttpTimestamps(url=self._tsa_url) if self._tsa_url else None
        try:
            der = await signed.assembled(row["attributes"], row["value"], stamper)
        except (OSError, ValueError, PathError) as fault:
            raise errors.Unavailable(what="cấp dấu thời gian") from fault
        async with self._press.bench() as bench:
            path = await bench.fetched(row["prepared"])
            contents = await bench.filled(path, row["told"], der)
            level, missing = _BARE, list[str]()
            if stamper is not None:
                path, missing = await self._preserved(bench, path, der, contents, stamper)
                level = _STAMPED if missing else _PROVEN
            received = await self._intake.receive(
                actor, pieces(path), filename=filename, expected=await digest_of_file(path)
            )
        return received, level, missing

    async def _preserved(
        self, bench: Bench, path: Path, der: bytes, contents: str, stamper: TimeStamper
    ) -> tuple[Path, list[str]]:
        """With the evidence of this hour inside, and a time stamp over all of it."""
        evidence = await self._evidences.gather(der, now=self._clock.now())
        path, _ = await bench.step(path, "evidence", evidence.options() | {"contents": contents})
        path, told = await bench.step(path, "stamp", {"reserved": RESERVED})
        try:
            token = await stamper.async_timestamp(bytes.fromhex(told["digest"]), DIGEST)
        except (OSError, ValueError, PathError) as fault:
            raise errors.Unavailable(what="cấp dấu thời gian") from fault
        await bench.filled(path, told, token.dump())
        return path, evidence.missing
