"""The bad files are bad in the way they say, and small until they are unpacked."""

import hashlib
import io
import zipfile
from pathlib import Path

import docx
import pypdfium2
import pytest

from tests.data import make_bad

EICAR_SHA256 = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"


def inside(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def test_eicar_is_the_real_string_and_stands_in_no_source():
    assert hashlib.sha256(make_bad.eicar()).hexdigest() == EICAR_SHA256
    for path in Path(make_bad.__file__).parent.glob("*.py"):
        assert make_bad.eicar()[27:50] not in path.read_bytes()


def test_eicar_is_inside_its_wrappings():
    assert make_bad.eicar() in inside(make_bad.eicar_zip()).values()
    assert make_bad.eicar() in inside(make_bad.eicar_docx()).values()
    deep = inside(inside(inside(make_bad.eicar_nested_zip())["tai-lieu.zip"])["ben-trong.zip"])
    assert make_bad.eicar() in deep.values()


@pytest.mark.parametrize("bomb", [make_bad.zip_bomb, make_bad.docx_bomb])
def test_bombs_are_small_and_claim_a_gibibyte(bomb):
    data = bomb()
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        claimed = sum(entry.file_size for entry in pack.infolist())
        largest = max(pack.infolist(), key=lambda entry: entry.file_size)
        with pack.open(largest) as stream:
            assert stream.read(1024) == bytes(1024)  # the claim is honest as far as we look
    assert len(data) < 2 * 1024 * 1024
    assert claimed >= 1024**3


def test_the_nested_bomb_is_tiny():
    assert len(make_bad.nested_zip_bomb()) < 64 * 1024
    assert all(zipfile.is_zipfile(io.BytesIO(part)) for part in inside(make_bad.nested_zip_bomb()).values())


def test_the_lying_zip_claims_eight_bytes():
    with zipfile.ZipFile(io.BytesIO(make_bad.lying_zip())) as pack:
        assert [(entry.file_size, entry.compress_size > 8) for entry in pack.infolist()] == [(8, True)]


def test_paths_lead_outside():
    assert any(name.startswith("../") for name in inside(make_bad.path_trick_zip()))


def test_names_and_contents_disagree():
    assert make_bad.empty() == b""
    assert make_bad.exe_as_pdf().startswith(b"MZ")
    assert not make_bad.html_as_pdf().startswith(b"%PDF")
    assert "word/vbaProject.bin" in inside(make_bad.docx_with_macro())
    assert docx.Document(io.BytesIO(make_bad.eicar_docx())).paragraphs[0].text.startswith("Tờ trình")


def test_the_good_pdf_opens_and_its_bad_brothers_are_like_it():
    for data in (make_bad.pdf(), make_bad.pdf_with_javascript(), make_bad.pdf_with_launch()):
        with pypdfium2.PdfDocument(data) as document:
            assert "Cong van" in document[0].get_textpage().get_text_bounded()
    assert b"/JavaScript" in make_bad.pdf_with_javascript()
    assert b"\nxref" not in make_bad.pdf_broken_xref()
    assert not make_bad.pdf_truncated().endswith(b"%%EOF\n")
    assert b"/ByteRange [0 10 99999 500]" in make_bad.pdf_false_signature()


def test_the_secret_paper_carries_its_stamp():
    assert "TUYỆT MẬT" in make_bad.secret_stamp_text().decode()
