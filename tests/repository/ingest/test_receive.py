"""The front door: one pass, every refusal leaves nothing, memory stays bounded."""

import asyncio
import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import errors
from repository.blobs import Digest
from repository.blobs.memory import MemoryBlobs
from repository.blobs.minio import open_store
from repository.clock import FixedClock, SystemClock
from repository.ingest import (
    BadFilename,
    ClamdScanner,
    DigestMismatch,
    EicarScanner,
    EmptyFile,
    FormatRefused,
    MalwareFound,
    Receiver,
    Staging,
    clean_filename,
)  # fmt: skip
from repository.policy.formats import Formats
from repository.settings import Settings
from tests.contracts.scanner import EICAR, zipped
from tests.engines import engines  # noqa: F401  (a fixture)
from tests.repository.ingest import samples

TODAY = date(2026, 11, 23)
PDF = samples.GOOD["a.pdf"]


async def chunks(content, size=64 * 1024):
    for at in range(0, len(content), size):
        yield content[at : at + size]


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def blobs(clock):
    return MemoryBlobs(clock=clock)


@pytest.fixture
def make(tmp_path, blobs, clock):
    def receiver(**other):
        return Receiver(
            **{
                "staging": Staging(folder=tmp_path / "staging"), "blobs": blobs,
                "scanner": EicarScanner(clock=clock), "formats": Formats.shipped(), "clock": clock,
                "max_size": 8 * 1024**2, **other,
            }
        )  # fmt: skip

    return receiver


@pytest.fixture
async def nothing_kept(tmp_path, blobs):
    yield
    assert [one async for one in blobs.walk()] == []
    assert not (tmp_path / "staging").exists() or list((tmp_path / "staging").iterdir()) == []


@pytest.mark.parametrize("size", [1, 1000, 64 * 1024, 1 << 22])
async def test_a_file_is_stored_whole_whatever_its_chunks(make, blobs, tmp_path, size):
    padding = 0 if size == 1 else 3 * 1024**2
    content = PDF[:9] + b" " * padding + PDF[9:]
    got = await make().receive(
        chunks(content, size), filename="Quyết định.pdf", expected=Digest.of(content), on=TODAY
    )
    assert got.digest == Digest.of(content)
    assert (got.size, got.media_type, got.filename) == (len(content), "application/pdf", "Quyết định.pdf")
    assert (got.scan.verdict, got.scan.engine) == ("clean", "EICAR")
    stat = await blobs.stat(got.digest, got.store_version)
    assert stat.locked_until == got.locked_until
    async with blobs.open(got.digest, got.store_version) as pieces:
        assert b"".join([piece async for piece in pieces]) == content
    staged = tmp_path / "staging"
    assert staged.exists() == (len(content) > 2 * 1024**2)  # a small one was never on the disk
    assert not staged.exists() or list(staged.iterdir()) == []


async def test_equal_bytes_are_received_twice_and_kept_once(make, blobs):
    first = await make().receive(chunks(PDF), filename="a.pdf", on=TODAY)
    second = await make().receive(chunks(PDF), filename="b.pdf", on=TODAY)
    assert (first.digest, first.store_version) == (second.digest, second.store_version)
    assert (first.filename, second.filename) == ("a.pdf", "b.pdf")
    assert len([one async for one in blobs.walk()]) == 1


async def test_warnings_come_with_the_file(make):
    got = await make().receive(chunks(zipped(a=b"x")), filename="phu luc.zip", on=TODAY)
    assert got.warnings == ["archive"]


async def test_an_empty_file_is_refused(make, nothing_kept):
    for empty in (b"", b""):
        with pytest.raises(EmptyFile, match="rỗng"):
            await make().receive(chunks(empty), filename="a.pdf", on=TODAY)


async def test_chunks_without_bytes_are_an_empty_file_too(make, nothing_kept):
    async def nothings():
        for _ in range(3):
            yield b""

    with pytest.raises(EmptyFile):
        await make().receive(nothings(), filename="a.pdf", on=TODAY)


async def test_a_wrong_digest_is_refused_with_both(make, nothing_kept):
    said = Digest.of(b"something else")
    with pytest.raises(DigestMismatch) as refused:
        await make().receive(chunks(PDF), filename="a.pdf", expected=said, on=TODAY)
    assert refused.value.expected == said.hex
    assert refused.value.found == Digest.of(PDF).hex


async def test_a_file_over_the_limit_is_not_read_to_its_end(make, nothing_kept):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 64 * 1024
            yield bytes(64 * 1024)

    with pytest.raises(errors.TooLarge) as refused:
        await make().receive(endless(), filename="a.pdf", on=TODAY)
    assert refused.value.limit == 8 * 1024**2
    assert read <= 8 * 1024**2 + 64 * 1024


async def test_the_limit_itself_is_allowed(make):
    exactly = make(max_size=len(PDF))
    assert (await exactly.receive(chunks(PDF), filename="a.pdf", on=TODAY)).size == len(PDF)
    with pytest.raises(errors.TooLarge):
        await make(max_size=len(PDF) - 1).receive(chunks(PDF), filename="a.pdf", on=TODAY)


@pytest.mark.parametrize(
    ("content", "filename"),
    [(EICAR, "a.txt"), (zipped(a=EICAR), "a.zip"), (samples.docx_with(word__media__x=EICAR), "a.docx")],
    ids=["plain", "zip", "docx"],
)
async def test_malware_is_refused_and_named(make, nothing_kept, content, filename):
    with pytest.raises(MalwareFound) as refused:
        await make().receive(chunks(content), filename=filename, on=TODAY)
    assert "Eicar" in str(refused.value)
    assert refused.value.digest == Digest.of(content)
    assert refused.value.scan.verdict == "infected"


async def test_malware_is_reported_before_a_wrong_format(make, nothing_kept):
    with pytest.raises(MalwareFound):
        await make().receive(chunks(b"MZ" + EICAR), filename="a.pdf", on=TODAY)


async def test_a_refused_format_leaves_nothing(make, nothing_kept):
    with pytest.raises(FormatRefused):
        await make().receive(chunks(b"MZ\0\0"), filename="a.pdf", on=TODAY)


async def test_without_a_scanner_the_file_is_kept_as_not_scanned(make, clock):
    got = await make(scanner=ClamdScanner(url="", clock=clock)).receive(
        chunks(PDF), filename="a.pdf", on=TODAY
    )
    assert (got.scan.verdict, got.scan.reason) == ("not_scanned", "no_scanner")


async def test_a_sender_who_disappears_leaves_nothing(make, nothing_kept):
    async def broken():
        yield PDF
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await make().receive(broken(), filename="a.pdf", on=TODAY)


async def test_a_cancelled_upload_leaves_nothing(make, nothing_kept):
    async def hanging():
        yield bytes(2 * 1024**2)
        await asyncio.sleep(60)

    receiving = asyncio.create_task(make().receive(hanging(), filename="a.pdf", on=TODAY))
    await asyncio.sleep(0.05)
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Quyết định 71.pdf", "Quyết định 71.pdf"),
        (unicodedata.normalize("NFD", "Quyết định.pdf"), "Quyết định.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\Windows\\a.doc", "a.doc"),
        ("C:\\Users\\x\\a.doc", "a.doc"),
        ("/absolute/a.pdf", "a.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie_ x.pdf"),
        ("a\0.pdf", "a.pdf"),
        ("cong\u202efdp.exe", "congfdp.exe"),
        ('a"<b>|c?.pdf', "a__b__c_.pdf"),
        ("  .hidden.pdf. ", "hidden.pdf"),
        ("Ðề án.doc", "Đề án.doc"),
        ("ệ" * 300 + ".pdf", "ệ" * 83 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("x." + "y" * 300, "x." + "y" * 253),
    ],
)
def test_filenames_are_cleaned(sent, kept):
    assert clean_filename(sent) == kept


@pytest.mark.parametrize("sent", ["", ".", "..", "a/..", "dir/", "\\", "\0", " \t", "\u200b"])
def test_a_name_of_which_nothing_is_left_is_refused(sent):
    with pytest.raises(BadFilename):
        clean_filename(sent)


@given(st.text())
def test_a_clean_name_is_safe_and_stays_as_it_is(sent):
    try:
        name = clean_filename(sent)
    except BadFilename:
        return
    assert 0 < len(name.encode()) <= 255
    assert not set(name) & set("/\\\0\r\n")
    assert name not in (".", "..")
    assert clean_filename(name) == name


async def test_on_the_real_engines_good_files_are_kept_and_malware_is_not(engines, make):  # noqa: F811
    if engines.clamd is None:
        pytest.skip("no clamd on this machine")
    clock = SystemClock()
    settings = Settings(
        s3_url=engines.s3_url, s3_access_key=engines.s3_access_key, s3_secret_key=engines.s3_secret_key,
        s3_bucket=engines.bucket,
    )  # fmt: skip
    async with open_store(settings, clock=clock) as blobs:
        receiver = make(blobs=blobs, scanner=ClamdScanner(url=engines.clamd, clock=clock), clock=clock)
        got = await receiver.receive(chunks(PDF), filename="a.pdf", on=TODAY)
        assert got.scan.verdict == "clean"
        assert (await blobs.stat(got.digest, got.store_version)).lock_mode == "COMPLIANCE"
        bad = samples.docx_with(word__media__x=EICAR)
        with pytest.raises(MalwareFound):
            await receiver.receive(chunks(bad), filename="a.docx", on=TODAY)
        assert await blobs.stat(Digest.of(bad)) is None
