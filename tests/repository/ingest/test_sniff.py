"""Content decides what a file is; the name may only agree."""

from datetime import date

import pytest

from repository.ingest import FormatRefused
from repository.ingest.sniff import sniff
from repository.policy.formats import Formats
from tests.contracts.scanner import zipped
from tests.repository.ingest import samples

POLICY = Formats.shipped().on(date(2026, 11, 23))


@pytest.fixture
def look(tmp_path):
    async def sniffed(content, filename):
        path = tmp_path / "staged"
        path.write_bytes(content)
        return await sniff(path, len(content), filename, POLICY)

    return sniffed


async def refusal(look, content, filename):
    with pytest.raises(FormatRefused) as refused:
        await look(content, filename)
    assert filename in str(refused.value)
    assert "{" not in str(refused.value) + refused.value.sentence("en")
    return refused.value


@pytest.mark.parametrize("filename", samples.GOOD)
async def test_every_allowed_format_is_recognised(look, filename):
    found = await look(samples.GOOD[filename], filename)
    assert filename.rpartition(".")[2].lower() in found.format.extensions
    assert found.warnings == ()


def test_the_samples_cover_the_whole_list_but_zip():
    seen = {one.rpartition(".")[2].lower() for one in samples.GOOD}
    assert seen == {extension for one in POLICY.formats.values() for extension in one.extensions} - {"zip"}


async def test_a_name_without_extension_is_no_contradiction(look):
    assert (await look(samples.GOOD["a.pdf"], "cong van")).format.name == "pdf"


@pytest.mark.parametrize(
    ("sample", "filename"),
    [
        ("a.pdf", "x.docx"),
        ("a.docx", "x.pdf"),
        ("a.docx", "x.xlsx"),
        ("a.xls", "x.doc"),
        ("a.png", "x.jpg"),
        ("a.txt", "x.pdf"),
        ("a.pdf", "x.txt"),
        ("a.odt", "x.docx"),
        ("a.txt", "x.xml"),
        ("a.docx", "x.zip"),
        ("a.docx", "x.docm"),
        ("a.rtf", "x.doc"),
    ],
)
async def test_a_name_that_contradicts_the_content_is_refused(look, sample, filename):
    fault = await refusal(look, samples.GOOD[sample], filename)
    assert fault.code == "contradiction"
    assert fault.named == filename.rpartition(".")[2]


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (b"MZ\x90\0" + bytes(300), "luong.pdf"),
        (b"MZ plain letters", "a.txt"),
        (b"\x7fELF\2\1\1", "a.doc"),
        (b"#!/bin/sh\nrm -rf /\n", "a.txt"),
        (b"<!DOCTYPE html><html></html>", "a.txt"),
        (b"<script>x</script>", "a.txt"),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<svg xmlns='x'/>", "a.xml"),
        (b"<svg/>", "a.svg"),
        (b"Rar!\x1a\7\0", "a.zip"),
        (b"\0\1\2\3", "a.txt"),
        (b"PK\5\6" + bytes(18), "a.zip"),
        (b"BM not a bitmap \1 at all", "a.bmp"),
        (samples.ole("Something"), "a.doc"),
        (b"\xff\xfeA\0\0\0B\0", "a.txt"),
        (b"\xff\xfeA", "a.txt"),
    ],
)
async def test_what_is_not_on_the_list_is_refused(look, content, filename):
    fault = await refusal(look, content, filename)
    assert fault.code == "not_allowed"
    assert "71/QĐ-UBND" in str(fault)


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (samples.GOOD["a.docx"][:-200], "a.docx"),
        (samples.GOOD["a.docx"][:60], "a.docx"),
        (b"PK\3\4" + bytes(50), "a.zip"),
        (samples.GOOD["a.doc"][:600], "a.doc"),
        (samples.GOOD["a.doc"][:100], "a.doc"),
        (b"%PDF-1.7\nnothing else", "a.pdf"),
    ],
)
async def test_what_nobody_can_open_is_refused(look, content, filename):
    assert (await refusal(look, content, filename)).code == "damaged"


@pytest.mark.parametrize("make", [samples.bomb, samples.crowd, samples.overlapping, samples.endless_ole])
async def test_bombs_are_refused(look, make):
    assert (await refusal(look, make(), "a.docx")).code == "bomb"


@pytest.mark.parametrize(
    ("content", "filename"), [(samples.locked_zip(), "a.zip"), (samples.ole("EncryptedPackage"), "a.docx")]
)
async def test_what_a_password_hides_is_refused(look, content, filename):
    assert (await refusal(look, content, filename)).code == "password"


@pytest.mark.parametrize(
    "content",
    [b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<!doctype a><a/>".encode("utf-16")],
)
async def test_xml_with_a_document_type_is_refused(look, content):
    assert (await refusal(look, content, "a.xml")).code == "dtd"


ACTION = b"/OpenAction << /S /JavaScript /JS (x) >> /Type /Catalog"
SCRIPTED = samples.GOOD["a.pdf"].replace(b"/Type /Catalog", ACTION)
BROKEN_XREF = samples.GOOD["a.pdf"].replace(b"startxref\n", b"startxref\n9")


@pytest.mark.parametrize(
    ("content", "filename", "warnings"),
    [
        (samples.docx_with(word__vbaProject_dot_bin=b"x"), "a.docx", ("macro",)),
        (samples.docx_with(word__embeddings__a_dot_xlsx=b"x"), "a.docx", ("embedded",)),
        (samples.ole("WordDocument", storages=("Macros",)), "a.doc", ("macro",)),
        (samples.ole("Workbook", "_VBA_PROJECT_CUR"), "a.xls", ("macro",)),
        (samples.ole("WordDocument", "ObjectPool"), "a.doc", ("embedded",)),
        (rb"{\rtf1 {\object\objdata 00}}", "a.rtf", ("embedded",)),
        (zipped(a=b"x"), "a.zip", ("archive",)),
        (zipped(**{"setup.exe": b"x"}), "a.zip", ("archive", "executable")),
        ("C«ng v¨n".encode("latin-1"), "a.txt", ("legacy_text",)),
        (SCRIPTED, "a.pdf", ("javascript", "repaired")),
        (
            b"%PDF-1.4\n" + bytes(1024**2 - 14) + b"/Launch" + samples.GOOD["a.pdf"][9:],
            "a.pdf",
            ("launch", "repaired"),
        ),
        (BROKEN_XREF, "a.pdf", ("repaired",)),
        (samples.GOOD["a.pdf"][:-8], "a.pdf", ("repaired",)),
    ],
)
async def test_warnings(look, content, filename, warnings):
    found = await look(content, filename)
    assert found.warnings == warnings
    assert filename.rpartition(".")[2] in found.format.extensions
    for code in warnings:
        assert POLICY.warning(code) != code
        assert POLICY.warning(code, "en") != code


async def test_a_stream_of_another_document_inside_does_not_decide(look):
    nested = samples.ole("Workbook", storages=("WordDocument",))
    assert (await look(nested, "a.xls")).format.name == "xls"


async def test_an_ascii_header_some_bytes_into_the_file_is_still_a_pdf(look):
    found = await look(b"\r\n\r\n" + samples.GOOD["a.pdf"], "a.pdf")
    assert found.warnings == ()


async def test_a_letter_cut_by_the_window_is_still_unicode(look):
    content = b"a" * (1024**2 - 1) + "ệ".encode() * 10
    assert (await look(content, "a.txt")).warnings == ()
    assert (await look(content[:-1], "a.txt")).warnings == ("legacy_text",)


def test_the_list_is_dated_and_warnings_of_other_lists_are_shown_as_they_are():
    assert Formats.shipped().on(date(1990, 1, 1)).source == Formats.shipped().on(date(2018, 1, 16)).source
    assert POLICY.warning("unheard_of") == "unheard_of"
    assert "application/pdf" in POLICY.media_types()


async def test_stray_marks_of_old_word_processors_do_not_make_text_binary(look):
    marked = "ỦY BAN NHÂN DÂN\x03\x04\n".encode() + "Điều 1. Phê duyệt kế hoạch.\n".encode() * 200
    assert (await look(marked, "quyết định.txt")).format.media_type == "text/plain"


@pytest.mark.parametrize("content", [bytes(range(1, 32)) * 40, "Điều\0 1".encode() * 200])
async def test_control_characters_make_it_binary(look, content):
    await refusal(look, content, "rác.txt")
