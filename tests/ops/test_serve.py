"""The service faces other machines only with TLS, and speaks TLS 1.2 or later there (Đ11.2, Đ11.4c)."""

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ops.serve import BareBinding, check_binding
from repository.settings import Settings, environment_of


@pytest.mark.clause("Đ11.4c", "Đ11.2")
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "may-chu", "example.vn", ""])
def test_an_address_that_others_reach_needs_tls(host: str) -> None:
    with pytest.raises(BareBinding):
        check_binding(Settings(host=host))
    with pytest.raises(BareBinding):
        check_binding(Settings(host=host, tls_certificate="/x.pem"))
    check_binding(Settings(host=host, tls_certificate="/x.pem", tls_key="/x.key"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.0.0.5"])
def test_this_machine_needs_none(host: str) -> None:
    check_binding(Settings(host=host))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "k.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "c.pem", folder / "k.pem"


@pytest.fixture
def served(settings: Settings, certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[int]:
    """`tangthu serve` as a child process with TLS; its port."""
    import os

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | environment_of(settings) | {
        "TANGTHU_PORT": str(port), "TANGTHU_TLS_CERTIFICATE": str(certificate[0]),
        "TANGTHU_TLS_KEY": str(certificate[1]),
    }  # fmt: skip
    command = [sys.executable, "-m", "ops.cli", "serve", "--data", str(tmp_path)]
    log = (tmp_path / "serve.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        status = process.wait(timeout=30)
        log.close()
    assert status in (0, -15), (tmp_path / "serve.log").read_text("utf-8")


@pytest.mark.clause("Đ11.2")
def test_tls_works_from_version_one_point_two_on_only(served: int, certificate: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=str(certificate[0]))
    with httpx.Client(verify=context, base_url=f"https://localhost:{served}") as client:
        answer = client.get("/healthz")
    assert answer.status_code == 200 and "max-age" in answer.headers["strict-transport-security"]
    assert "server" not in answer.headers
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", served), 5) as wire:
        old.wrap_socket(wire)
