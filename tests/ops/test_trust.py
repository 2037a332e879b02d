"""`tangthu trust`: looked at first, taken once, listed by purpose, retired; everything judged again on demand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization

from ops.cli import run
from ops.stack import EngineAddresses
from repository import ids
from tests.repository.signatures.forge import Forge

Tangthu = Callable[..., tuple[int, str]]
PEM = serialization.Encoding.PEM


@pytest.fixture
def tangthu(
    engines: EngineAddresses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Tangthu:
    """Runs a command over a database of the test's own; its exit status and what it printed."""
    settings = engines.as_environment() | {"TANGTHU_MONGO_DATABASE": ids.new("cli"), "COLUMNS": "220"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def call(*words: str) -> tuple[int, str]:
        status = run([*words, "--data", str(tmp_path)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return call


@pytest.mark.clause("Đ8.2")
def test_trust_is_brought_in_listed_and_ended(tangthu: Tangthu, tmp_path: Path) -> None:
    forge = Forge(tmp_path)
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(b"".join(one.certificate.public_bytes(PEM) for one in (forge.root, forge.issuer)))
    files = (str(bundle), str(forge.crl))
    status, said = tangthu("trust", "import", *files)
    assert status == 1 and "--purpose" in said  # the root is refused, the rest is taken
    status, said = tangthu("trust", "import", *files, "--purpose", "chuyen-dung", "--dry-run")
    assert status == 0 and "sẽ nhập" in said and "đã có" in said
    status, said = tangthu("trust", "import", *files, "--purpose", "chuyen-dung")
    assert status == 0 and "Đã nhập 1;" in said
    status, said = tangthu("trust", "list")
    assert status == 0
    for words in (
        "RootCA chuyên dùng Chính phủ G2",
        "tin khi tệp mang theo",
        "chưa ghim: không tin",
        "trung gian",
    ):
        assert words in said
    assert tangthu("trust", "review")[0] == 0
    root = forge.root.certificate.fingerprint(hashes.SHA256()).hex()
    assert tangthu("trust", "retire", root, "--reason", "thử")[0] == 0
    assert "đã thôi tin" in tangthu("trust", "list")[1]
    assert tangthu("trust", "retire", root, "--reason", "thử")[0] == 1


def test_a_file_that_cannot_be_read_or_is_nothing_is_said(tangthu: Tangthu, tmp_path: Path) -> None:
    (tmp_path / "x.crt").write_bytes(b"hello")
    status, said = tangthu("trust", "import", str(tmp_path / "x.crt"))
    assert status == 1 and "«x.crt»" in said
    assert tangthu("trust", "import", str(tmp_path / "khong-co.crt"))[0] == 1
