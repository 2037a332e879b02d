"""A client of the API that does what http.md asks of one: a key for each document, again until answered."""

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field

import httpx


@dataclass
class Uploads:
    """What was sent and what the service answered."""

    url: str
    token: str
    register: str
    answers: dict[str, str] = field(default_factory=dict)
    """Key → document."""
    digests: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def run(self, keys: list[str], stop: threading.Event) -> None:
        """Sends one document a key; ends when each was answered, or with a fault when that takes long."""
        with httpx.Client(timeout=40) as client:
            for key in keys:
                time.sleep(0.3)  # so that uploads go on while things are killed
                until = time.monotonic() + 200
                while (document := self._post(client, key)) is None:
                    if stop.is_set() or time.monotonic() > until:
                        self.faults.append(f"{key}: no answer in time")
                        return
                    self.repeats += 1
                    time.sleep(0.3)
                self.answers[key] = document

    def _post(self, client: httpx.Client, key: str) -> str | None:
        content = f"Nội dung gửi qua API, khóa {key}. ".encode() * 500
        self.digests[key] = hashlib.sha256(content).hexdigest()
        metadata = {"subject": f"Văn bản {key}", "direction": "incoming", "register_id": self.register}
        try:
            answer = client.post(
                f"{self.url}/api/v1/documents",
                headers={"Authorization": f"Bearer {self.token}", "Idempotency-Key": key},
                data={"metadata": json.dumps(metadata)},
                files={"file": (f"{key}.txt", content, "text/plain")},
            )
        except httpx.TransportError:
            return None
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        if answer.status_code in (200, 201):
            return str(answer.json()["id"])
        if answer.status_code != 503:
            self.faults.append(f"{key}: {answer.status_code} {answer.text[:300]}")
        return None
