"""Text extraction: the contract, the sandbox that production uses, and the collection of texts."""

import gc

import pytest

from indexers.text.extract import extract as function
from indexers.text.letters import repaired
from indexers.texts import FUNCTION, LIMITS, Texts
from repository.sandbox import Failure, Sandbox
from tests.contracts.extractor import DOCX, LAYER, SCAN, ExtractorContract, needs_ocr
from tests.indexers import samples


class TestExtract(ExtractorContract):
    @pytest.fixture
    def extract(self):
        async def call(path, media_type, ocr=True):
            return function(str(path), {"media_type": media_type, "ocr": ocr})

        yield call
        gc.collect()


@needs_ocr
async def test_the_sandbox_gives_the_same_answers_within_its_limits(tmp_path):
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(samples.pdf({"picture": samples.picture_of(SCAN)}, {"text": LAYER}))
    letter = samples.docx(tmp_path / "letter.docx", "<w:p><w:r><w:t>Kính gửi</w:t></w:r></w:p>")
    bomb = samples.zipped(tmp_path / "bomb.docx", {"word/document.xml": b" " * (60 * 1024**2)})
    async with Sandbox(function=FUNCTION, size=1, limits=LIMITS) as sandbox:
        for path, media_type in ((scan, "application/pdf"), (letter, DOCX), (bomb, DOCX)):
            options = {"media_type": media_type, "ocr": True}
            assert await sandbox.run(path, options) == function(str(path), options)
    gc.collect()


@pytest.mark.parametrize(
    "text",
    [
        "Cộng hòa xã hội chủ nghĩa Việt Nam",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Plain English text",
        "Le procès-verbal a été rédigé à Hanoï, où les élèves étaient présents",
        "Größe, Häuser, schöne Grüße aus München",
        "El niño español comió en la montaña más alta",
        "Điều 1: «Quy chế» — 50 % €",
        "",
        "é",
    ],
)
def test_unicode_and_other_languages_are_left_alone(text):
    assert repaired(text) == text


def test_a_file_in_two_kinds_of_letters_is_repaired_part_by_part():
    unicode = "Ủy ban nhân dân thành phố ban hành quy định về quản lý văn bản điện tử.\n" * 10
    tcvn3 = "Céng hoµ x· héi chñ nghÜa ViÖt Nam, ®éc lËp tù do h¹nh phóc.\n" * 12
    assert repaired(unicode + tcvn3).count("hạnh phúc") == 12
    assert repaired(unicode + tcvn3).startswith(unicode[:400])


class TestTexts:
    async def test_a_failure_of_the_sandbox_is_kept_as_unread_with_its_reason(self, office, texts):
        office.reader.answer = Failure("timeout")
        version = await office.version("nội dung")
        assert await texts.read(version) == ""
        row = await texts.get(version["sha256"])
        assert [(page["how"], page["text"]) for page in row["pages"]] == [("none", "")]
        assert "quá thời gian" in row["note"]

    async def test_read_again_on_demand(self, office, texts):
        office.reader.answer = Failure("crash", "signal 9")
        version = await office.version("nội dung")
        await texts.read(version)
        office.reader.answer = None
        assert await texts.read(version) == ""
        assert await texts.read(version, again=True) == "nội dung"

    async def test_the_real_sandbox_reads_from_the_store(self, office, tmp_path):
        async with Sandbox(function=FUNCTION, size=1, limits=LIMITS) as sandbox:
            texts = Texts(
                database=office.database,
                blobs=office.blobs,
                reader=sandbox,
                staging=tmp_path,
                clock=office.clock,
            )
            version = await office.version("Kính gửi Ủy ban nhân dân")
            assert await texts.read(version) == "Kính gửi Ủy ban nhân dân"
        assert list(tmp_path.iterdir()) == [], "the staged copy is gone"
        assert (await texts.get(version["sha256"]))["by"] == "utf-8"
