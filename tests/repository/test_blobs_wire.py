"""The wire to the store: which answers are asked for again."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from repository.blobs.wire import connections


class Failing(BaseHTTPRequestHandler):
    """Answers the status that its path names, and counts."""

    asked: Counter[str] = Counter()

    def do_GET(self):
        self.asked[self.command] += 1
        self.send_response(int(self.path[1:]))
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_PUT = do_GET  # noqa: N815

    def log_message(self, *_):
        return None


@pytest.fixture
def failing():
    Failing.asked.clear()
    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("method", "status", "times"), [("GET", 500, 1), ("GET", 503, 3), ("PUT", 500, 3), ("GET", 404, 1)]
)
def test_damage_is_not_asked_for_again_and_a_passing_fault_is(failing, method, status, times):
    pool = connections(1)
    assert pool.request(method, f"{failing}/{status}").status == status
    assert Failing.asked == {method: times}
    pool.clear()
