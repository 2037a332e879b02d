"""Reading pictures of pages: tesseract with the Vietnamese model, as a child under the sandbox's own limits.

The picture goes in through a pipe, so nothing is left on the disk when the child is killed.
"""

import os
import subprocess
import time
from typing import Final

DPI: Final = 200
PAGES: Final = 30
"""Pictures read of one file; the rest is marked as not read."""
SECONDS: Final = 100.0
"""Time for all pictures of one file, well inside the sandbox's limit, so that what was read is kept."""
_LANGUAGE: Final = "vie"


class Ocr:
    """Reads the pictures of one file until pages or time run out; `why` says why it reads no further."""

    def __init__(self, *, wanted: bool) -> None:
        self.why = "" if wanted else "Không nhận dạng chữ theo yêu cầu."
        self._left = PAGES
        self._until = time.monotonic() + SECONDS

    def read(self, picture: bytes) -> str | None:
        """The text of a picture (PNM, PNG, JPEG or TIFF); None when it was not read."""
        remaining = self._until - time.monotonic()
        if not self.why and not self._left:
            self.why = f"Chỉ nhận dạng chữ {PAGES} trang ảnh đầu; các trang ảnh sau chưa đọc."
        if not self.why and remaining < 1:
            self.why = "Hết thời gian nhận dạng chữ; các trang ảnh còn lại chưa đọc."
        if self.why:
            return None
        self._left -= 1
        command = ["tesseract", "stdin", "stdout", "-l", _LANGUAGE, "--psm", "3", "--dpi", str(DPI)]
        try:
            done = subprocess.run(
                command,
                input=picture,
                capture_output=True,
                timeout=remaining,
                check=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        except FileNotFoundError:
            self.why = "Máy chủ chưa cài tesseract nên trang ảnh chưa đọc được."
        except subprocess.TimeoutExpired:
            self.why = "Hết thời gian nhận dạng chữ; các trang ảnh còn lại chưa đọc."
        except subprocess.CalledProcessError as fault:
            said = fault.stderr.decode("utf-8", "replace").strip().splitlines()
            self.why = f"Không nhận dạng được chữ trong ảnh: {said[-1][:200] if said else fault.returncode}."
        else:
            return done.stdout.decode("utf-8", "replace")
        return None
