"""`tangthu trust`: looked at first, taken once, listed by purpose, retired; everything judged again on demand."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization

from tests.repository.signatures.forge import Forge

PEM = serialization.Encoding.PEM


@pytest.mark.clause("Đ8.2")
async def test_trust_is_brought_in_listed_and_ended(tangthu, tmp_path: Path) -> None:
    forge = Forge(tmp_path)
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes(b"".join(one.certificate.public_bytes(PEM) for one in (forge.root, forge.issuer)))
    files = (str(bundle), str(forge.crl))
    status, said, _ = await tangthu("trust", "import", *files)
    assert status == 1 and "--purpose" in said  # the root is refused, the rest is taken
    status, said, _ = await tangthu("trust", "import", *files, "--purpose", "chuyen-dung", "--dry-run")
    assert status == 0 and "sẽ nhập" in said and "đã có" in said
    status, said, _ = await tangthu("trust", "import", *files, "--purpose", "chuyen-dung")
    assert status == 0 and "Đã nhập 1;" in said
    status, said, _ = await tangthu("trust", "list")
    assert status == 0
    for words in (
        "RootCA chuyên dùng Chính phủ G2",
        "tin khi tệp mang theo",
        "chưa ghim: không tin",
        "trung gian",
    ):
        assert words in said
    assert (await tangthu("trust", "review")).status == 0
    root = forge.root.certificate.fingerprint(hashes.SHA256()).hex()
    assert (await tangthu("trust", "retire", root, "--reason", "thử")).status == 0
    assert "đã thôi tin" in (await tangthu("trust", "list")).out
    assert (await tangthu("trust", "retire", root, "--reason", "thử")).status == 1


async def test_a_file_that_cannot_be_read_or_is_nothing_is_said(tangthu, tmp_path: Path) -> None:
    (tmp_path / "x.crt").write_bytes(b"hello")
    status, _, said = await tangthu("trust", "import", str(tmp_path / "x.crt"))
    assert status == 1 and "«x.crt»" in said
    assert (await tangthu("trust", "import", str(tmp_path / "khong-co.crt"))).status == 1
