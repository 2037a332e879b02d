"""Printed books: what people read at a glance stays on one line."""

import pytest
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics

from indexers.prints import sheet
from repository.registers.columns import LAYOUTS


@pytest.mark.parametrize("name", LAYOUTS)
def test_no_date_is_broken_over_two_lines(name: str) -> None:
    sheet.fonts()
    widest = max(
        pdfmetrics.stringWidth(f"{d}{d}/{d}{d}/{d * 4}", sheet.REGULAR, sheet.SIZE) for d in "0123456789"
    )
    for head, width in LAYOUTS[name].heads:
        if head.startswith("Ngày"):
            assert width * mm - 2 * sheet.PAD > widest, head
