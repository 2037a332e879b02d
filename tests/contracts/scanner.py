"""What every malware scanner must do; each implementation supplies the fixture `scanner`."""

import asyncio
import io
import os
import zipfile

import pytest

EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE", b"!$H+H*"])


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


async def scan(scanner, content, piece=1 << 20):
    async with scanner.open() as scanning:
        for at in range(0, len(content), piece):
            await scanning.feed(content[at : at + piece])
        return await scanning.verdict()


class ScannerContract:
    @pytest.mark.parametrize("content", [b"a", b"Quyet dinh\n" * 1000, os.urandom(5 * 1024**2)])
    async def test_harmless_bytes_are_clean(self, scanner, clock, content):
        found = await scan(scanner, content)
        assert (found.verdict, found.signature, found.reason) == ("clean", None, None)
        assert found.engine
        assert found.at.tzinfo is not None

    @pytest.mark.parametrize(
        "content",
        [
            EICAR,
            zipped(a=b"clean", b=EICAR),
            zipped(word__document=b"<w/>", word__media__x=EICAR),
            zipped(inner=zipped(x=EICAR)),
        ],
        ids=["plain", "zip", "docx-like", "zip in zip"],
    )
    async def test_eicar_is_found_and_named(self, scanner, content):
        found = await scan(scanner, content)
        assert found.verdict == "infected"
        assert "eicar" in found.signature.lower()

    async def test_eicar_cut_by_the_pieces_is_found(self, scanner):
        assert (await scan(scanner, EICAR, piece=7)).verdict == "infected"

    async def test_scans_at_once_do_not_mix(self, scanner):
        contents = [EICAR if n % 3 == 0 else os.urandom(100_000) for n in range(12)]
        found = await asyncio.gather(*(scan(scanner, one, piece=30_000) for one in contents))
        assert [one.verdict == "infected" for one in found] == [n % 3 == 0 for n in range(12)]

    async def test_a_scan_may_be_left_without_asking(self, scanner):
        async with scanner.open() as scanning:
            await scanning.feed(EICAR)
        assert (await scan(scanner, b"next")).verdict == "clean"

    async def test_health(self, scanner):
        health = await scanner.health()
        assert health.answers
        assert health.engine == (await scan(scanner, b"x")).engine
