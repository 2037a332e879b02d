"""Files that state agencies signed and published: intact, with their real signers; and never after an attack.

TANGTHU_TRIAL_SIGNED names their folder (default: `shared/data/documents/signed` beside the repository).
"""

import io
import os
import re
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from repository.signatures.verify import validate
from tests.repository.signatures.mutations import better, mutated
from tests.repository.signatures.papers import add_page, annotate, dictionary, edited, stream

FOLDER = Path(
    os.environ.get("TANGTHU_TRIAL_SIGNED")
    or Path(__file__).parents[3] / "shared" / "data" / "documents" / "signed"
)
SIGNERS = {
    "hanoi_tb_453_flag": {"Nguyễn Thanh Tùng", "Võ Tuấn Anh", "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI"},
    "nq_115_ba_vi": {"CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ"},
    "qd_707_ttg": {"CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ"},
    "qd_729_ttg": {"CỔNG THÔNG TIN ĐIỆN TỬ CHÍNH PHỦ"},
}
EACH = int(os.environ.get("TANGTHU_TRIAL_MUTATIONS", "2000")) // 40


def content(name: str) -> bytes:
    return (FOLDER / f"{name}.pdf").read_bytes()


def check(pdf: bytes, folder: Path) -> dict[str, object]:
    path = folder / "tep.pdf"
    path.write_bytes(pdf)
    return validate(str(path), {})


def overlay(pdf: bytes) -> bytes:
    def edit(writer):  # type: ignore[no-untyped-def]
        page = next(_leaves(writer.root["/Pages"]))
        ink = writer.add_object(stream(b"BT /F1 30 Tf 100 400 Td (999) Tj ET"))
        held = page.raw_get("/Contents")
        page["/Contents"] = type(page["/Contents"])([ink]) if isinstance(page["/Contents"], list) else ink
        assert held
        writer.update_container(page)

    return edited(pdf, edit)


def _leaves(node):  # type: ignore[no-untyped-def]
    for index in range(len(node["/Kids"])):
        kid = node["/Kids"][index]
        if "/Kids" in kid:
            yield from _leaves(kid)
        else:
            yield kid


ATTACKS = {
    "overlay": overlay,
    "page": lambda pdf: edited(pdf, add_page("999")),
    "note": lambda pdf: edited(pdf, annotate("/FreeText")),
    "action": lambda pdf: edited(
        pdf, lambda one: one.root.__setitem__("/OpenAction", dictionary(S="/X")) or one.update_root()
    ),
}


@pytest.mark.soak
@pytest.mark.parametrize("name", SIGNERS)
def test_a_real_file_is_intact_with_its_real_signers(name, tmp_path):
    report = check(content(name), tmp_path)
    assert report["status"] == "intact"
    assert {one["signer"]["name"] for one in report["signatures"]} == SIGNERS[name]
    assert all(one["intact"] is True and one["status"] != "TOTAL-FAILED" for one in report["signatures"])


@pytest.mark.soak
@pytest.mark.parametrize("name", SIGNERS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attacked_real_file_is_not(name, attack, tmp_path):
    pdf = content(name)
    forged = ATTACKS[attack](pdf)
    assert len(PdfFileReader(io.BytesIO(forged), strict=False).embedded_signatures) == len(
        re.findall(rb"/ByteRange", pdf)
    )
    report = check(forged, tmp_path)
    assert report["status"] in ("broken", "mixed"), report
    assert not any(one["intact"] is True for one in report["signatures"])


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", [one for one in SIGNERS if one.startswith(("qd", "nq"))])
def test_a_broken_real_file_never_looks_better(name, tmp_path):
    bases = {name: content(name)}
    before = check(bases[name], tmp_path)
    for seed in range(EACH):
        _, done, pdf = mutated(seed, bases)
        report = check(pdf, tmp_path)
        assert not (why := better(before, report, bases[name], pdf)), (seed, done, why)
