"""The first step: field, appearance and reserved place put into a copy, and what the key will have to sign."""

import base64
from datetime import datetime
from typing import Any

from repository.access.actors import Actor
from repository.clock import local
from repository.mongo import Row
from repository.signatures.signing.cms import Signed, der_of
from repository.signatures.signing.evidence import Evidences
from repository.signatures.signing.holders import Holders
from repository.signatures.signing.model import RESERVED, Kind, Preparation
from repository.signatures.signing.press import Press


class Preparer:
    """Makes ready what was approved."""

    def __init__(self, *, holders: Holders, evidences: Evidences, press: Press) -> None:
        self._holders = holders
        self._evidences = evidences
        self._press = press

    async def prepare(
        self, actor: Actor, document: Row, version: Row, form: Preparation, owned: Row, now: datetime
    ) -> Row:
        """What a signing keeps of its preparation; the prepared file lies in the store."""
        certificate = der_of(owned)
        options = await self._options(actor, document, form, certificate, now)
        async with self._press.bench() as bench:
            path, told = await bench.step(await bench.fetched(version), "prepare", options)
            prepared = await bench.kept(path)
        chain = await self._evidences.chain(certificate)
        attributes = await Signed(certificate=certificate, chain=chain).attributes(
            bytes.fromhex(told["digest"]), pdf=True
        )
        return {
            "certificate": {name: owned[name] for name in ("sha256", "subject", "serial")},
            "der": owned["der"],
            "chain": [base64.b64encode(one).decode() for one in chain],
            "attributes": attributes,
            "prepared": prepared,
            "told": told,
        }

    async def _options(
        self, actor: Actor, document: Row, form: Preparation, certificate: bytes, now: datetime
    ) -> dict[str, Any]:
        picture = await self._holders.picture(actor, form.kind) if form.kind is not Kind.ANNEX else None
        return {
            "kind": form.kind.value,
            "reserved": RESERVED,
            "at": now.isoformat(),
            "reason": form.reason,
            "name": await self._holders.shown_name(actor, form.kind),
            "certificate": base64.b64encode(certificate).decode(),
            "picture": base64.b64encode(picture).decode() if picture else "",
            "lines": [document["symbol"], local(now).replace(microsecond=0).isoformat()],
            "place": form.place.model_dump() if form.place else None,
        }
