"""Malware scanning while the bytes arrive: clamd's INSTREAM, and a twin that knows only the EICAR test file.

A scan never fails the upload: what could not be scanned is `not_scanned` with its reason, and the rules above
this keep such a file from being issued. Only a finding of malware is `infected`.
"""

import asyncio
import contextlib
import io
import re
import socket
import struct
import time
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

import clamd

from repository import errors
from repository.clock import Clock

Verdict = Literal["clean", "infected", "not_scanned"]
_PATIENCE: Final = 120.0
_BRIEFLY: Final = 3.0
_VERSION_LIVES: Final = 60.0
# Findings of clamd that mean "I could not look", not "this is malware".
_NOT_LOOKED: Final = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
_EICAR: Final = b"".join(  # in pieces, so that no scanner takes this source for it
    [b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE", b"!$H+H*"]
)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """`signature` where infected; `reason` where not scanned: no_scanner, too_large, encrypted, error."""

    verdict: Verdict
    engine: str
    at: datetime
    signature: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScannerHealth:
    """Whether a scanner answers, and of which day its signatures are (None where it does not say)."""

    answers: bool
    engine: str
    signatures_of: datetime | None = None


class Scanning(Protocol):
    """One file under way."""

    async def feed(self, piece: bytes) -> None:
        """The next bytes; returns when the scanner has taken them. A fault of the scanner is not raised."""
        ...

    async def verdict(self) -> Scan:
        """The answer about all bytes fed; asked once, after the last."""
        ...


class Scanner(Protocol):
    """Opens one `Scanning` a file; it must be closed, with or without a verdict."""

    def open(self) -> contextlib.AbstractAsyncContextManager[Scanning]: ...

    async def health(self) -> ScannerHealth: ...


class ClamdScanner:
    """A clamd at `unix:/path` or `tcp:host:port`; an empty address is an installation without scanner."""

    def __init__(self, *, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock
        self._version: tuple[float, str] = (0.0, "")

    @contextlib.asynccontextmanager
    async def open(self) -> Any:
        stream = _ClamdScanning(self, self._clock)
        try:
            yield stream
        finally:
            stream.close()

    async def health(self) -> ScannerHealth:
        if not self._url:
            return ScannerHealth(answers=False, engine="")
        try:
            said = await asyncio.to_thread(lambda: self.connect(_BRIEFLY).version())
        except (clamd.ClamdError, OSError):
            return ScannerHealth(answers=False, engine="")
        return ScannerHealth(answers=True, engine=_engine(said), signatures_of=_signatures_of(said))

    def connect(self, patience: float = _PATIENCE) -> Any:
        """A client for one conversation. Raises Invalid for an address that is none."""
        kind, _, place = self._url.partition(":")
        host, _, port = place.rpartition(":")
        if kind == "unix" and place:
            return _UnixClient(place, timeout=patience)
        if kind == "tcp" and host and port.isdigit():
            return _NetworkClient(host, int(port), timeout=patience)
        raise errors.Invalid(why=f"TANGTHU_CLAMD_URL={self._url!r} (unix:/path | tcp:host:port)")

    @property
    def configured(self) -> bool:
        return bool(self._url)

    def engine(self) -> str:
        """Name and signature version, asked at most once a minute; blocking."""
        asked, name = self._version
        if not name or time.monotonic() - asked > _VERSION_LIVES:
            name = _engine(self.connect(_BRIEFLY).version())
            self._version = (time.monotonic(), name)
        return name


class _ClamdScanning:
    """The first failure ends the conversation and is remembered; later pieces are then not sent."""

    def __init__(self, scanner: ClamdScanner, clock: Clock) -> None:
        self._scanner = scanner
        self._clock = clock
        self._client: Any = None
        self._engine = ""
        self._failed = "" if scanner.configured else "no_scanner"

    async def feed(self, piece: bytes) -> None:
        if not self._failed:
            await asyncio.to_thread(self._send, piece)

    async def verdict(self) -> Scan:
        return await asyncio.to_thread(self._finish)

    def _send(self, piece: bytes) -> None:
        try:
            if self._client is None:
                # Before the stream: asking while holding one of clamd's threads could wait for ever.
                self._engine = self._scanner.engine()
                self._client = self._scanner.connect()
                self._client._init_socket()
                self._client._send_command("INSTREAM")
            # Not the package's own instream(): it sends 1 KiB at a time and ignores a partial send.
            self._client.clamd_socket.sendall(struct.pack("!L", len(piece)))
            self._client.clamd_socket.sendall(piece)
        except (clamd.ClamdError, OSError):
            self._failed = self._last_words()

    def _last_words(self) -> str:
        """Why clamd hung up: it answers before it closes the stream."""
        with contextlib.suppress(clamd.ClamdError, OSError, AttributeError):
            self._client.clamd_socket.settimeout(_BRIEFLY)
            if "size limit exceeded" in self._client._recv_response():
                return "too_large"
        connected = self._client is not None and getattr(self._client, "clamd_socket", None) is not None
        return "error" if connected else "no_scanner"

    def _finish(self) -> Scan:
        if self._client is None and not self._failed:
            self._send(b"\0")  # clamd takes no empty stream
        if not self._failed:
            try:
                self._client.clamd_socket.sendall(struct.pack("!L", 0))
                return self._scan(self._client._recv_response())
            except (clamd.ClamdError, OSError):
                self._failed = self._last_words()
        return Scan(verdict="not_scanned", engine="", at=self._clock.now(), reason=self._failed)

    def _scan(self, answer: str) -> Scan:
        found = re.fullmatch(r"stream: (?:(?P<signature>.+) )?(?P<status>FOUND|OK)", answer)
        now = self._clock.now()
        if found is None:
            reason = "too_large" if "size limit exceeded" in answer else "error"
            return Scan(verdict="not_scanned", engine=self._engine, at=now, reason=reason)
        signature = found["signature"] or ""
        if found["status"] == "OK":
            return Scan(verdict="clean", engine=self._engine, at=now)
        if signature.startswith(_NOT_LOOKED):
            reason = "too_large" if "Limits" in signature else "encrypted"
            return Scan(verdict="not_scanned", engine=self._engine, at=now, reason=reason)
        return Scan(verdict="infected", engine=self._engine, at=now, signature=signature)

    def close(self) -> None:
        if self._client is not None and getattr(self._client, "clamd_socket", None) is not None:
            self._client._close_socket()


class _NetworkClient(clamd.ClamdNetworkSocket):  # type: ignore[misc]
    """With a time limit on connecting too, which the package leaves to the system (two minutes)."""

    clamd_socket: socket.socket | None = None

    def _init_socket(self) -> None:
        self.clamd_socket = socket.create_connection((self.host, self.port), _BRIEFLY)
        self.clamd_socket.settimeout(self.timeout)

    def _close_socket(self) -> None:
        _hang_up(self.clamd_socket)


class _UnixClient(clamd.ClamdUnixSocket):  # type: ignore[misc]
    """As the other one, on a socket file."""

    clamd_socket: socket.socket | None = None

    def _init_socket(self) -> None:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(_BRIEFLY)
        try:
            made.connect(self.unix_socket)
        except OSError:
            made.close()
            raise
        made.settimeout(self.timeout)
        self.clamd_socket = made

    def _close_socket(self) -> None:
        _hang_up(self.clamd_socket)


def _hang_up(connection: socket.socket | None) -> None:
    """Wakes a thread that still sends, then closes."""
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def _engine(said: str) -> str:
    """`ClamAV 1.4.3/27800/Mon Nov 23 09:00:00 2026` -> `ClamAV 1.4.3/27800`."""
    return "/".join(said.split("/")[:2])


def _signatures_of(said: str) -> datetime | None:
    parts = said.split("/", 2)
    if len(parts) < 3:
        return None
    try:
        return datetime.strptime(parts[2].strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


class EicarScanner:
    """The twin: finds the EICAR test file, plain or in nested ZIPs, and protects from nothing else."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock

    @contextlib.asynccontextmanager
    async def open(self) -> Any:
        yield _EicarScanning(self._clock)

    async def health(self) -> ScannerHealth:
        return ScannerHealth(answers=True, engine="EICAR")


class _EicarScanning:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._content = bytearray()

    async def feed(self, piece: bytes) -> None:
        self._content += piece

    async def verdict(self) -> Scan:
        found = _has_eicar(bytes(self._content), depth=3)
        return Scan(
            verdict="infected" if found else "clean", engine="EICAR", at=self._clock.now(),
            signature="Eicar-Test-Signature" if found else None,
        )  # fmt: skip


def _has_eicar(content: bytes, depth: int) -> bool:
    if _EICAR in content:
        return True
    if depth == 0 or not content.startswith(b"PK\3\4"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            small = [one for one in archive.infolist() if one.file_size < 1 << 24 and not one.flag_bits & 1]
            return any(_has_eicar(archive.read(one), depth - 1) for one in small)
    except (zipfile.BadZipFile, NotImplementedError, OSError):
        return False
