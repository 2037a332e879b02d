"""pyHanko's own validation and nothing else: the yardstick that `tangthu bench signatures` holds ours against."""

import asyncio
import logging
from pathlib import Path
from typing import Any

from pyhanko.keys import load_certs_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature, async_validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # as ours does: warnings cost time, too
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def validate(path: str, options: dict[str, Any]) -> list[str]:
    """Each signature's summary, oldest first. Options: `trust_anchors` (paths), as `verify.validate` takes."""
    given = [Path(one) for one in options.get("trust_anchors", [])]
    lists = [one.read_bytes() for one in given if one.suffix == ".crl"]
    roots = list(load_certs_from_pemder([str(one) for one in given if one.suffix != ".crl"]))
    with open(path, "rb") as stream:
        reader = PdfFileReader(stream, strict=False)
        if reader.encrypted:
            reader.decrypt("")
        return asyncio.run(_each(reader, roots, lists))


async def _each(reader: PdfFileReader, roots: list[Any], lists: list[bytes]) -> list[str]:
    found = []
    for one in reader.embedded_signatures:
        context = ValidationContext(
            trust_roots=roots, crls=lists, allow_fetching=False, revocation_mode="soft-fail"
        )
        if one.sig_object_type == "/DocTimeStamp":
            found.append((await async_validate_pdf_timestamp(one, context)).summary())
        else:
            found.append((await async_validate_pdf_signature(one, context)).summary())
    return found
