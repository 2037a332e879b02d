"""Validation of signatures beside pyHanko alone, file by file, in two pools of the same kind, both warm.

The files are a folder's signed PDFs (with its `anchors.pem` and `*.crl`, where there are any), or else the
demonstration's own. The two take turns, so that a busy machine slows both alike.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from ops.bench.rounds import spread
from ops.demo import samples
from ops.demo.pki import DemoPki
from repository import errors
from repository.sandbox import Failure, Sandbox

Row = dict[str, Any]

OURS: Final = "repository.signatures.verify:validate"
PLAIN: Final = "repository.signatures.plain:validate"


async def signatures(folder: Path | None, *, rounds: int = 9) -> Row:
    """The median over the files of how many times as long as pyHanko alone ours takes."""
    with tempfile.TemporaryDirectory(prefix="tangthu-bench-") as scratch:
        files, anchors = await asyncio.to_thread(_shipped, Path(scratch)) if folder is None else _in(folder)
        if not files:
            raise errors.NotFound(what="tệp PDF đã ký để đo")
        options = {"trust_anchors": [str(one) for one in anchors]}
        async with Sandbox(function=OURS, size=1) as ours, Sandbox(function=PLAIN, size=1) as plain:
            rows = [await _measured(ours, plain, path, options, rounds) for path in files]
    counted = [row for row in rows if row["plain_ms"]]
    slowest = max(counted, key=lambda row: float(row["ratio"]))
    return {
        "files": len(counted), "rounds": rounds, "unit": "ms",
        "ours": spread([row["ours_ms"] for row in counted]),
        "pyhanko": spread([row["plain_ms"] for row in counted]),
        "times_pyhanko": spread([row["ratio"] for row in counted]),
        "slowest": f"{slowest['file']} ({slowest['ratio']})",
        "pyhanko_fails_on": [row["file"] for row in rows if not row["plain_ms"]],
    }  # fmt: skip


async def _measured(ours: Sandbox, plain: Sandbox, path: Path, options: Row, rounds: int) -> Row:
    """Medians of both for one file; a file that pyHanko alone cannot answer for has no ratio."""
    took: dict[str, list[float]] = {"ours": [], "plain": []}
    pools = [("ours", ours), ("plain", plain)]
    for number in range(-1, rounds):
        for name, pool in pools if number % 2 else reversed(pools):
            began = time.perf_counter()
            answer = await pool.run(path, options)
            seconds = time.perf_counter() - began
            if isinstance(answer, Failure) and name == "ours":
                raise errors.Unavailable(what=f"bộ kiểm tra chữ ký ({path.name}: {answer.reason})")
            if number >= 0:
                took[name].append(0.0 if isinstance(answer, Failure) else seconds * 1000)
    mine, theirs = (statistics.median(took[name]) for name in ("ours", "plain"))
    ratio = round(mine / theirs, 3) if theirs else 0.0
    return {"file": path.name, "ours_ms": mine, "plain_ms": theirs, "ratio": ratio}


def _in(folder: Path) -> tuple[list[Path], list[Path]]:
    return sorted(folder.glob("*.pdf")), [*sorted(folder.glob("*.pem")), *sorted(folder.glob("*.crl"))]


def _shipped(folder: Path) -> tuple[list[Path], list[Path]]:
    """The demonstration's signed papers that are what they claim to be."""
    pki = DemoPki.open(folder / "pki")
    honest = {"agency+person", "agency", "person", "later_revision"}
    made = [one for one in samples.make_samples(folder / "papers", pki) if one.expected in honest]
    return [one.path for one in made if one.path.suffix == ".pdf"], [pki.anchors, *pki.crls]
