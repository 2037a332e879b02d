"""The two requests that only the store's root may make: a bucket with Object Lock, and its policy.

Signed here by hand (AWS Signature Version 4), because the client library belongs to `repository.blobs` alone.
"""

import hashlib
import hmac
import http.client
from datetime import UTC, datetime
from typing import Final

from repository import errors

_REGION: Final = "us-east-1"
_SIGNED: Final = "host;x-amz-bucket-object-lock-enabled;x-amz-content-sha256;x-amz-date"


class RootAccess:
    """The store's root identity; only the stack holds its keys."""

    def __init__(self, *, port: int, access_key: str, secret_key: str) -> None:
        self._port = port
        self._access_key = access_key
        self._secret_key = secret_key

    def make_bucket(self, name: str) -> bool:
        """Make it with Object Lock on; False when it was there already."""
        status, said = self._request("PUT", f"/{name}", "")
        if status == 409 and "BucketAlready" in said:
            return False
        if status != 200:
            raise errors.Unavailable(what=f"S3 ({status}: {said[:200]})")
        return True

    def put_policy(self, name: str, policy: str) -> None:
        status, said = self._request("PUT", f"/{name}", policy, query="policy=")
        if status not in (200, 204):
            raise errors.Unavailable(what=f"S3 ({status}: {said[:200]})")

    def _request(self, method: str, path: str, body: str, *, query: str = "") -> tuple[int, str]:
        content = body.encode()
        headers = {
            "host": f"127.0.0.1:{self._port}",
            "x-amz-bucket-object-lock-enabled": "true",
            "x-amz-content-sha256": hashlib.sha256(content).hexdigest(),
            "x-amz-date": datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"),
        }
        signed = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        canonical = "\n".join([method, path, query, signed, _SIGNED, headers["x-amz-content-sha256"]])
        headers["authorization"] = self._authorization(canonical, headers["x-amz-date"])
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        try:
            connection.request(method, f"{path}?{query}" if query else path, body=content, headers=headers)
            reply = connection.getresponse()
            return reply.status, reply.read().decode(errors="replace")
        finally:
            connection.close()

    def _authorization(self, canonical: str, moment: str) -> str:
        scope = f"{moment[:8]}/{_REGION}/s3/aws4_request"
        to_sign = "\n".join(
            ["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()]
        )
        key = f"AWS4{self._secret_key}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
        credential = f"{self._access_key}/{scope}"
        return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={_SIGNED}, Signature={signature}"
