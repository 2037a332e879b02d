"""Where a signature shows and what it shows (NĐ 30/2020, annex I), read back from the prepared file."""

import base64
import io

import pypdfium2
import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from repository.signatures.signing import appearance, pdf
from tests.repository.signing.conftest import LEADER, full_name, paper


@pytest.fixture
def prepared(tmp_path, pki):
    """Prepares a paper in this process; answers what was told and the file."""

    def run(content, **options):
        path, out = tmp_path / "in.pdf", tmp_path / "out.pdf"
        path.write_bytes(content)
        wanted = {
            "step": "prepare", "kind": "person", "reserved": 2000, "at": "2026-11-23T02:00:00+00:00",
            "name": full_name(pki, LEADER), "picture": "", "lines": ["71/QĐ-UBND", "2026-11-23T09:00:00+07:00"],
            "certificate": base64.b64encode(pki.certificate(LEADER).dump()).decode(), "out": str(out),
        }  # fmt: skip
        told = pdf.work(str(path), wanted | options)
        return told, out.read_bytes()

    return run


def picture(colour) -> str:
    out = io.BytesIO()
    Image.new("RGBA", (60, 30), colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def colours(content: bytes, box) -> set[str]:
    """Which of red and blue can be seen in the box."""
    document = pypdfium2.PdfDocument(content)
    document.init_forms()
    image = document[0].render(scale=2, may_draw_forms=True).to_pil().convert("RGB")
    height = image.height
    area = image.crop((int(box[0] * 2), height - int(box[3] * 2), int(box[2] * 2), height - int(box[1] * 2)))
    found = set()
    for _, (red, green, blue) in area.getcolors(1 << 20):
        if red > 120 and red > 1.6 * max(green, blue):
            found.add("red")
        if blue > 110 and blue > 1.6 * max(red, green):
            found.add("blue")
    return found


def test_a_persons_signature_is_blue_and_stands_over_the_printed_name(prepared, pki):
    name = full_name(pki, LEADER)
    told, content = prepared(paper(name))
    left, bottom, right, top = told["box"]
    assert 200 < bottom < 225 and top < 300
    assert 380 < (left + right) / 2 < 520
    assert colours(content, told["box"]) == {"blue"}
    assert colours(prepared(paper(name), picture=picture((20, 40, 200, 255)))[1], told["box"]) == {"blue"}


def test_an_agencys_seal_is_red_in_real_size_over_the_left_third_of_the_hand(prepared, tmp_path):
    hand = (400.0, 210.0, 400.0 + appearance.HAND[0], 210.0 + appearance.HAND[1])
    seal = appearance.beside(hand)
    assert seal[2] - seal[0] == pytest.approx(appearance.SEAL)
    assert (seal[2] - hand[0]) / (hand[2] - hand[0]) == pytest.approx(1 / 3)
    assert seal[0] < hand[0]
    assert (seal[1] + seal[3]) / 2 == pytest.approx((hand[1] + hand[3]) / 2)
    told, content = prepared(paper("Ai Đó"), kind="agency", name="Văn phòng Ủy ban nhân dân quận")
    assert colours(content, told["box"]) == {"red"}


def test_a_given_place_is_kept_and_a_page_that_is_not_there_is_refused(prepared):
    told, _ = prepared(paper("Ai Đó"), place={"page": 1, "box": [50, 60, 150, 110]})
    assert told["box"] == [50, 60, 150, 110]
    assert "refused" in prepared(paper("Ai Đó"), place={"page": 9, "box": [50, 60, 150, 110]})[0]


def test_the_field_is_the_only_thing_that_came_in(prepared):
    content = paper("Ai Đó")
    told, after = prepared(content)
    assert after.startswith(content)
    assert PdfFileReader(io.BytesIO(after)).xrefs.total_revisions == 2
    assert told["field"] == "ChuKyNguoiKy"
