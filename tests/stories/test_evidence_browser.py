"""Evidence from the pages: a clerk clicks, a file arrives, and whoever gets it proves it without us."""

import dataclasses
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bagit
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from indexers.wiring import open_indexers
from repository.dossiers.dossiers import DossierForm
from repository.settings import Settings
from repository.wiring import Repository
from tests.factories import District, metadata, stream
from tests.repository.evidence.scene import members
from tests.repository.signatures.forge import AGENCY, Forge, paper
from tests.stories.live import Live, Visitors

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Forge:
    return Forge(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def settings(settings: Settings, forge: Forge) -> Settings:
    """The usual ones, trusting the forger's root: so that his signatures are good."""
    return dataclasses.replace(settings, trust_anchors=f"{forge.anchors}:{forge.crl}")


async def filled(repository: Repository, district: District, count: int, signed: bytes) -> str:
    """A dossier of so many papers, every one in the book, each of its own bytes; the signed one stands first."""
    clerk = district.clerk
    dossier = await repository.dossiers.open(
        clerk, DossierForm(code="12.CC", title="Hồ sơ giải quyết khiếu nại")
    )
    for n in range(count):
        content, name = (
            (signed, "quyết định.pdf") if n == 0 else (f"Văn bản thứ {n}".encode(), f"văn bản {n}.txt")
        )
        received = await repository.intake.receive(clerk, stream(content), filename=name)
        wanted = metadata(
            subject=f"Công văn thứ {n} về việc khiếu nại", issuer={"name": AGENCY}, direction="incoming",
            register_id=district.incoming["_id"], dossier_id=dossier["_id"], issued_on="2026-03-02",
        )  # fmt: skip
        await repository.documents.store(clerk, wanted, [received])
    async with open_indexers(repository) as indexers:
        while await indexers.worker.drain():
            pass
    return str(dossier["_id"])


def fetched(page: Page, path: Path, patience: float = 30_000) -> bytes:
    """What the button gives."""
    with page.expect_download(timeout=patience) as download:
        page.get_by_role("link", name="Lấy gói chứng cứ").click()
    download.value.save_as(path)
    return path.read_bytes()


def verified(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "repository.evidence.verify", str(path), *words]
    alone = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT)}
    return subprocess.run(line, capture_output=True, text=True, cwd="/", env=alone, check=False)


def told_by(
    live: Live, visitors: Visitors, forge: Forge, folder: Path, count: int, patience: float = 30_000
) -> tuple[Path, float]:
    """The story: the package of a dossier of `count` papers, proven; where it lies, and how long the click took."""
    with ThreadPoolExecutor(1) as elsewhere:  # the forger runs a loop of his own
        signed = elsewhere.submit(lambda: forge.sign(forge.sign(paper(), "person"), "agency")).result()
    coming = filled(live.repository, live.district, count, signed)
    dossier = live.do(coming, patience / 1000)
    page = visitors.enter("vt.vanphong", scripts=True)
    page.goto(f"/dossiers/{dossier}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Hồ sơ giải quyết khiếu nại")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    if shots := os.environ.get("TANGTHU_SHOTS"):
        page.screenshot(path=f"{shots}/evidence-dossier.png")
    package = folder / "ho-so.zip"
    begun = time.perf_counter()
    content = fetched(page, package, patience)
    took = time.perf_counter() - begun
    keys = folder / "keys.txt"
    keys.write_text("".join(f"{one}\n" for one in live.repository.log.keys.public()))
    told = verified(package, "--key", str(keys))
    assert told.returncode == 0, told.stdout
    assert f"đủ {count} văn bản, đúng thứ tự" in told.stdout and "KẾT LUẬN: gói nguyên vẹn." in told.stdout
    for name, one in members(content).items():
        (folder / "bag" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "bag" / name).write_bytes(one)
    assert bagit.Bag(str(folder / "bag")).validate()
    bent = folder / "sua.zip"
    bent.write_bytes(content.replace("Văn bản thứ 1".encode(), "Văn bản thứ 9".encode(), 1))
    assert verified(bent).returncode == 1
    return package, took


def test_a_dossier_in_the_hands_of_somebody_else(
    live: Live, visitors: Visitors, forge: Forge, tmp_path: Path
) -> None:
    told_by(live, visitors, forge, tmp_path, 12)
    page = visitors.enter("vt.vanphong", scripts=True)
    row = live.do(live.repository.documents.newest(live.district.clerk, limit=1))[0]
    page.goto(f"/documents/{row['_id']}")
    path = tmp_path / "van-ban.zip"
    fetched(page, path)
    assert verified(path).returncode == 0
    page.reload()
    expect(page.get_by_text("Lập gói chứng cứ").first).to_be_attached()
