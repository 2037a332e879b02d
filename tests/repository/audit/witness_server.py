"""A small witness (C2SP tlog-witness): remembers one size and root a log, signs what extends them, refuses the rest."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time

from repository.audit import merkle, note
from repository.audit.checkpoint import Checkpoint, opened
from repository.audit.note import Malformed, PublicKey, SigningKey
from repository.audit.witness import SIZE_TYPE, Offer


class Witness:
    """Runs on a port of its own until closed; keeps its memory and its key apart from the log."""

    def __init__(self, *, origin: str, keys: list[PublicKey]) -> None:
        self.key = SigningKey.fresh("witness.example/w", note.COSIGNATURE)
        self.seen = Checkpoint(origin, 0, merkle.EMPTY)
        self.keys = keys
        self.asked = 0
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, kind, answer = (
                    witness.judge(body) if self.path == "/add-checkpoint" else (404, "", b"")
                )
                self.send_response(status)
                self.send_header("content-type", kind or "text/plain")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def judge(self, body: bytes) -> tuple[int, str, bytes]:  # noqa: PLR0911 - one status a reason
        self.asked += 1
        try:
            offer = Offer.read(body)
            found = Checkpoint.read(note.parse(offer.note).text)
        except Malformed:
            return 400, "", b""
        if found.origin != self.seen.origin:
            return 404, "", b""
        try:
            opened(offer.note, self.keys)
        except Malformed:
            return 403, "", b""
        if offer.old > found.size:
            return 400, "", b""
        if offer.old != self.seen.size:
            return 409, SIZE_TYPE, f"{self.seen.size}\n".encode()
        if not merkle.extends(self.seen.size, self.seen.root, found.size, found.root, offer.proof):
            return 422, "", b""
        self.seen = found
        return 200, "", self.key.line(found.text, int(time())).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
