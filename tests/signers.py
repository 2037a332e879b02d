"""Real counterparts for signing: a time stamping authority and a remote signer over HTTP, a SoftHSM token."""

import base64
import json
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from pyhanko.sign.timestamps import DummyTimeStamper

MODULE = next(
    (
        str(path)
        for path in (
            Path("/usr/lib/softhsm/libsofthsm2.so"),
            Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
        )
        if path.exists()
    ),
    "",
)
PIN = "246810"
"""Of every token made here."""


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def say(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def time_authority(stamper: DummyTimeStamper) -> Iterator[str]:
    """RFC 3161 over HTTP, answered by pyHanko's own authority."""

    class Handler(_Quiet):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.body())
            told = stamper.request_tsa_response(asked).dump()
            self.say(200, told, "application/timestamp-reply")

    with served(Handler) as url:
        yield url


class RemoteSigner:
    """A signing service: keys it holds, the token its client must bear, the PIN each holder must give."""

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self.keys: dict[str, tuple[Any, bytes]] = {}
        self.hashes_signed: list[str] = []
        self.down = False
        self._granted: dict[str, tuple[str, str]] = {}

    def hold(self, certificate: x509.Certificate, key: Any) -> None:
        name = certificate.fingerprint(hashes.SHA256()).hex()
        self.keys[name] = key, certificate.public_bytes(serialization.Encoding.DER)

    def answer(  # noqa: PLR0911  one line a case
        self, call: str, bearer: str, asked: dict[str, Any]
    ) -> tuple[int, dict[str, Any]]:
        if self.down:
            return 503, {"error": "server_error"}
        if bearer != f"Bearer {self.token}":
            return 401, {"error": "invalid_token"}
        held = self.keys.get(asked.get("credentialID", ""))
        if held is None:
            return 400, {"error": "invalid_request", "error_description": "không có khóa này"}
        if call == "/credentials/info":
            return 200, {"cert": {"status": "valid", "certificates": [base64.b64encode(held[1]).decode()]}}
        if call == "/credentials/authorize":
            if asked.get("PIN") != PIN:
                return 400, {"error": "invalid_pin", "error_description": "mã PIN không đúng"}
            grant = secrets.token_hex(8)
            self._granted[grant] = asked["credentialID"], asked["hash"][0]
            return 200, {"SAD": grant}
        granted = self._granted.pop(asked.get("SAD", ""), None)
        if call != "/signatures/signHash" or granted != (asked["credentialID"], asked["hash"][0]):
            return 400, {"error": "invalid_request", "error_description": "chưa được phép ký"}
        self.hashes_signed.append(asked["hash"][0])
        return 200, {"signatures": [base64.b64encode(self._sign(held[0], asked["hash"][0])).decode()]}

    @staticmethod
    def _sign(key: Any, hashed: str) -> bytes:
        digest = base64.b64decode(hashed)
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        return key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))


@contextmanager
def remote_signer(signer: RemoteSigner) -> Iterator[str]:
    class Handler(_Quiet):
        def do_POST(self) -> None:
            asked = json.loads(self.body())
            status, told = signer.answer(self.path, self.headers.get("Authorization", ""), asked)
            self.say(status, json.dumps(told).encode(), "application/json")

    with served(Handler) as url:
        yield url


def make_softhsm(folder: Path) -> Path:
    """An empty SoftHSM in a folder; answers its configuration file, for SOFTHSM2_CONF."""
    (folder / "tokens").mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    return conf


def put_on_token(conf: Path, label: str, certificate: x509.Certificate, key: Any) -> None:
    """A new token holding the key and its certificate."""
    tool = shutil.which("softhsm2-util")
    assert tool
    environment = os.environ | {"SOFTHSM2_CONF": str(conf)}
    pem = conf.parent / f"{label}.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    new = ["--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]
    subprocess.run([tool, *new], env=environment, check=True, capture_output=True)
    imported = ["--import", str(pem), "--token", label, "--label", label, "--id", "01", "--pin", PIN]
    subprocess.run([tool, *imported], env=environment, check=True, capture_output=True)
    pem.unlink()
    script = (
        "import sys, pkcs11\nfrom pkcs11 import Attribute, CertificateType, ObjectClass\n"
        "module, label, pin = sys.argv[1:4]\n"
        "with pkcs11.lib(module).get_token(token_label=label).open(user_pin=pin, rw=True) as session:\n"
        "    session.create_object({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.TOKEN: True,"
        " Attribute.PRIVATE: False, Attribute.CERTIFICATE_TYPE: CertificateType.X_509,"
        " Attribute.ID: b'\\x01', Attribute.LABEL: label, Attribute.SUBJECT: bytes.fromhex(sys.argv[4]),"
        " Attribute.VALUE: bytes.fromhex(sys.argv[5])})\n"
    )
    der = certificate.public_bytes(serialization.Encoding.DER)
    subject = certificate.subject.public_bytes()
    arguments = [sys.executable, "-c", script, MODULE, label, PIN, subject.hex(), der.hex()]
    subprocess.run(arguments, env=environment, check=True, capture_output=True)
