"""Files for one round of the trial, all different from every other round's, and what must become of each."""

import dataclasses
import hashlib
import os
import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ops.demo.office import opendocument, sheet, word
from ops.demo.papers import papers
from ops.demo.samples import Sample

_EICAR = ("X5O!P%@AP", "[4\\PZX54(P^)", "7CC)7}$EICAR", "-STANDARD-ANTI", "VIRUS-TEST", "-FILE!$H+H*")


@dataclass
class Corpus:
    """Digests by what must become of them."""

    folder: Path
    kept: dict[str, str] = field(default_factory=dict)
    """SHA-256 → the word by which search must find it (empty: it is found by its file name only)."""
    empty: int = 0
    infected: set[str] = field(default_factory=set)
    """Refused; or kept as *not scanned* when the scanner was killed at that moment."""
    files: int = 0

    def put(self, name: str, content: bytes, word: str) -> None:
        (self.folder / name).write_bytes(content)
        self.files += 1
        self.kept.setdefault(hashlib.sha256(content).hexdigest(), word)


def make(folder: Path, samples: list[Sample], number: int, size: int, chance: random.Random) -> Corpus:
    """`size` files and a few copies; words such as `r03f017` name round and file."""
    folder.mkdir(parents=True)
    corpus = Corpus(folder)
    signed = [one.path for one in samples if one.path.suffix == ".pdf" and "scan" not in one.path.name]
    for n in range(size):
        mark = f"r{number:02}f{n:03}"
        name, content = _one(n, mark, signed, chance)
        corpus.put(name, content, mark)
    for n, path in enumerate(chance.sample(sorted(folder.iterdir()), 3)):
        shutil.copy(path, folder / f"bản sao {n} {path.name}")
        corpus.files += 1
    (folder / "rỗng.txt").touch()
    corpus.empty, corpus.files = 1, corpus.files + 2
    infected = "".join(_EICAR).encode() + f"\n{number}\n".encode()
    (folder / "thử mã độc.txt").write_bytes(infected)
    corpus.infected.add(hashlib.sha256(infected).hexdigest())
    return corpus


def _one(n: int, mark: str, signed: list[Path], chance: random.Random) -> tuple[str, bytes]:
    paper = dataclasses.replace(chance.choice(list(papers().values())), subject=f"Việc thử {mark}")
    kind = n % 6
    if kind == 0:  # a signed PDF with a tail of its own: other bytes, the same signatures
        path = chance.choice(signed)
        return f"{path.stem} {mark}.pdf", path.read_bytes() + f"\n% {mark}\n".encode()
    if kind == 1:
        return f"công văn {mark}.docx", word(paper)
    if kind == 2:
        return f"dự toán {mark}.xlsx", sheet(f"Bảng {mark}", ("STT", "Việc", "Số"), ((1, mark, n),))
    if kind == 3:
        return f"biên bản {mark}.odt", opendocument(f"Biên bản {mark}", paper.body)
    text = f"Ghi chú {mark}. " + " ".join(paper.body)
    if kind == 4:
        return f"ghi chú {mark}.txt", text.encode()
    return f"phụ lục {mark}.txt", (text * chance.randint(20, 600)).encode()


def from_folder(corpus: Corpus, given: Path, chance: random.Random, most: int) -> None:
    """Adds real files of a folder that the environment names; they are only looked for by their bytes."""
    found = sorted(
        path for path in given.rglob("*") if path.suffix in (".pdf", ".docx", ".doc", ".xls", ".rtf")
    )
    for n, path in enumerate(chance.sample(found, min(most, len(found)))):
        corpus.put(f"thật {n:03} {os.path.basename(path)}"[:120], path.read_bytes(), "")
