"""What extraction promises for every kind of file: pages say how they were read, none is silently empty."""

import shutil
import unicodedata

import openpyxl
import pytest

from indexers.text.pages import LONGEST
from repository.text import fold
from tests.indexers import samples

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
LAYER = [f"Dieu {n}. Quyet dinh nay co hieu luc ke tu ngay ky ban hanh." for n in range(1, 8)]
SCAN = ["CONG BAO", "BAN SAO QUYET DINH", "NGAY KY BAN HANH"]
STAMP = "Ky boi: UY BAN NHAN DAN QUAN"

needs_ocr = pytest.mark.skipif(shutil.which("tesseract") is None, reason="tesseract is not installed")


class ExtractorContract:
    """A subclass gives the coroutine `extract(path, media_type, ocr=True)` that answers as `extract` does."""

    @pytest.fixture
    def file(self, tmp_path):
        def make(content, name="file"):
            path = tmp_path / name
            path.write_bytes(content)
            return path

        return make

    async def test_a_text_layer_is_taken_page_by_page(self, extract, file):
        answer = await extract(
            file(samples.pdf({"text": LAYER}, {"text": ["Trang cuoi"]})), "application/pdf"
        )
        assert [(page["n"], page["how"]) for page in answer["pages"]] == [(1, "layer"), (2, "layer")]
        assert "Dieu 7. Quyet dinh" in answer["pages"][0]["text"]
        assert answer["pages"][1]["text"] == "Trang cuoi"
        assert "Trang cuoi" in answer["text"]

    @needs_ocr
    async def test_a_scan_is_read_by_ocr_and_no_stamp_is_its_text(self, extract, file):
        picture = samples.picture_of(SCAN)
        pages = [{"picture": picture, "annotation": STAMP}, {"picture": picture, "text": [STAMP]}]
        answer = await extract(file(samples.pdf(*pages)), "application/pdf")
        assert [page["how"] for page in answer["pages"]] == ["ocr", "ocr"]
        assert "ngay ky ban hanh" in fold(answer["pages"][0]["text"])
        assert "ky boi" not in fold(answer["pages"][0]["text"]), "an annotation is not drawn"

    async def test_a_scan_without_ocr_is_unread_not_empty(self, extract, file):
        content = samples.pdf({"picture": samples.picture_of(SCAN), "text": [STAMP]})
        answer = await extract(file(content), "application/pdf", ocr=False)
        assert [(page["how"], page["text"]) for page in answer["pages"]] == [("none", "")]
        assert answer["note"]

    async def test_a_searchable_scan_keeps_its_layer(self, extract, file):
        content = samples.pdf({"picture": samples.picture_of(SCAN), "text": LAYER})
        answer = await extract(file(content), "application/pdf")
        assert answer["pages"][0]["how"] == "layer"

    async def test_an_empty_page_is_no_failure(self, extract, file):
        answer = await extract(file(samples.pdf({})), "application/pdf")
        assert [(page["how"], page["text"]) for page in answer["pages"]] == [("layer", "")]

    async def test_docx_with_tables_headers_and_boxes_without_deletions(self, extract, tmp_path):
        body = (
            "<w:p><w:r><w:t>Quyết </w:t></w:r><w:r><w:t>định</w:t><w:tab/><w:t>số</w:t></w:r></w:p>"
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Ô bảng</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
            "<w:p><w:del><w:r><w:delText>đã xóa</w:delText></w:r></w:del><w:r><w:instrText>PAGE</w:instrText>"
            "<w:t>còn lại</w:t></w:r></w:p>"
        )
        header = '<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r>'
        parts = {"word/header1.xml": f"{header}<w:t>Đầu trang</w:t></w:r></w:p></w:hdr>"}
        answer = await extract(samples.docx(tmp_path / "f", body, **parts), DOCX)
        assert answer["text"].split("\n") == ["Quyết định số", "Ô bảng", "còn lại", "Đầu trang"]

    async def test_entities_are_not_resolved(self, extract, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("bí mật")
        xml = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        xml += '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        xml += "<w:p><w:r><w:t>trước &x; sau</w:t></w:r></w:p></w:document>"
        answer = await extract(samples.zipped(tmp_path / "f", {"word/document.xml": xml}), DOCX)
        assert "bí mật" not in str(answer)

    async def test_a_bomb_is_refused_with_a_note(self, extract, tmp_path):
        path = samples.zipped(tmp_path / "f", {"word/document.xml": b" " * (60 * 1024**2)})
        answer = await extract(path, DOCX)
        assert answer["pages"][0]["how"] == "none"
        assert "quá lớn" in answer["note"]

    async def test_xlsx_sheet_by_sheet(self, extract, tmp_path):
        book = openpyxl.Workbook()
        book.active.title = "Dự toán"
        book.active.append(["Nội dung", "Số tiền"])
        book.active.append(["Tiếp khách", 12])
        book.create_sheet("Trống")
        book.save(tmp_path / "f.part")  # working copies keep no extension
        answer = await extract(tmp_path / "f.part", XLSX)
        assert answer["pages"][0]["text"] == "Dự toán\nNội dung Số tiền\nTiếp khách 12"
        assert [page["text"] for page in answer["pages"][1:]] == ["Trống"]

    async def test_pptx_slide_by_slide(self, extract, tmp_path):
        slide = '<a:x xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:p><a:r><a:t>{}</a:t></a:r></a:p></a:x>'
        parts = {f"ppt/slides/slide{n}.xml": slide.format(f"Trang {n}") for n in (10, 2, 1)}
        answer = await extract(samples.zipped(tmp_path / "f", parts), PPTX)
        assert [page["text"] for page in answer["pages"]] == ["Trang 1", "Trang 2", "Trang 10"]

    async def test_odt(self, extract, tmp_path):
        xml = (
            '<o:c xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><t:h>Tờ trình</t:h>'
            "<t:p>Kính<t:s/>gửi:<t:tab/><t:span>UBND</t:span> quận</t:p></o:c>"
        )
        answer = await extract(samples.zipped(tmp_path / "f", {"content.xml": xml}), ODT)
        assert answer["text"] == "Tờ trình\nKính gửi: UBND quận"

    async def test_doc_pieces_in_both_widths_without_field_codes(self, extract, file):
        content = samples.doc(b"So: 12\r\x13 PAGE \x14 3\x15\r", "Quyết định về việc\r")
        answer = await extract(file(content), "application/msword")
        assert answer["text"].split("\n") == ["So: 12", "3", "Quyết định về việc"]

    async def test_doc_in_tcvn3_letters_becomes_unicode(self, extract, file):
        content = "Céng hoµ x· héi chñ nghÜa ViÖt Nam, ®éc lËp tù do h¹nh phóc\r".encode("latin-1")
        answer = await extract(file(samples.doc(content)), "application/msword")
        assert answer["text"] == "Cộng hoà xã hội chủ nghĩa Việt Nam, độc lập tự do hạnh phúc"

    async def test_rtf_in_vni_letters_becomes_unicode(self, extract, file):
        text = "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam, ñoäc laäp töï do haïnh phuùc"
        escaped = "".join(char if char.isascii() else f"\\'{ord(char):02x}" for char in text)
        answer = await extract(file(f"{{\\rtf1\\ansi {escaped}\\par}}".encode()), "application/rtf")
        assert answer["text"] == "Cộng hòa xã hội chủ nghĩa Việt Nam, độc lập tự do hạnh phúc"

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
    async def test_plain_text_in_unicode(self, extract, file, encoding):
        answer = await extract(file("Số: 12, ngày 5 tháng 4\r\nKính gửi".encode(encoding)), "text/plain")
        assert answer["text"] == "Số: 12, ngày 5 tháng 4\nKính gửi"

    async def test_plain_text_in_eight_bits(self, extract, file):
        content = "KÝnh göi Uû ban nh©n d©n thµnh phè, c¸c së, ban, ngµnh"
        answer = await extract(file(content.encode("latin-1")), "text/plain")
        assert answer["text"] == "Kính gửi Uỷ ban nhân dân thành phố, các sở, ban, ngành"

    async def test_decomposed_text_becomes_composed(self, extract, file):
        content = unicodedata.normalize("NFD", "Quyết định").encode()
        assert (await extract(file(content), "text/csv"))["text"] == "Quyết định"

    async def test_what_is_too_long_is_cut_with_a_note(self, extract, file):
        answer = await extract(file(b"a b " * (LONGEST // 3)), "text/plain")
        assert len(answer["text"]) == LONGEST
        assert "phần sau không được đọc" in answer["note"]

    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (b"%PDF-1.4\nbroken", "application/pdf"),
            (b"PK\x03\x04broken", DOCX),
            (b"PK\x03\x04", XLSX),
            (b"PK", ODT),
            (b"PK", PPTX),
            (b"\xd0\xcf\x11\xe0", "application/msword"),
            (b"x", "application/vnd.ms-excel"),
            (samples.doc(b"mat", encrypted=True), "application/msword"),
            (samples.ole({"X": b""}), "application/msword"),
            (b"MZ", "application/x-dosexec"),
            (b"PK", "application/zip"),
            (b"not an image", "image/png"),
        ],
        ids=[*"abcdefghijkl"],
    )
    async def test_what_cannot_be_read_says_so(self, extract, file, content, media_type):
        answer = await extract(file(content), media_type)
        assert [(page["how"], page["text"]) for page in answer["pages"]] == [("none", "")]
        assert answer["note"]
