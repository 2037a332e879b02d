"""`tangthu serve`: the HTTP service. Refuses to face other machines without TLS (Đ11.2, Đ11.4c)."""

import argparse
import ctypes
import dataclasses
import ipaddress
import os
import ssl
from contextlib import suppress
from typing import Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ops.opening import data_argument, settings_for
from repository import errors
from repository.settings import Settings, environment_of, from_environment

_ROOM: Final = 1 << 20
_KEPT: Final = 32 << 20
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def keep_buffers() -> None:
    """Has the C library reuse freed memory up to 32 MiB instead of giving it back each time.

    Pieces of files are about a mebibyte; taken fresh from the system, each costs 256 page faults, which was a third
    of the service's whole time for a file of that size. No other C library than glibc knows the words; there it is
    left as it is.
    """
    with suppress(OSError, AttributeError):
        tune = ctypes.CDLL(None).mallopt
        tune(_M_MMAP_THRESHOLD, _KEPT)
        tune(_M_TRIM_THRESHOLD, _KEPT)


class RoomyProtocol(HttpToolsProtocol):
    """Lets a mebibyte of a body wait for its reader, where uvicorn stops the sender after 64 KiB: the bytes of a
    common document arrive while it is looked up who sends them.
    """

    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        if len(self.cycle.body) <= _ROOM:
            self.flow.resume_reading()


class BareBinding(errors.Invalid):
    """A public address without TLS."""

    vi = (
        "Từ chối mở cổng {host}:{port} ra ngoài máy này mà không có TLS (Điều 11). "
        "Đặt TANGTHU_TLS_CERTIFICATE và TANGTHU_TLS_KEY, hoặc nghe ở 127.0.0.1 sau một máy chủ HTTPS."
    )
    en = "Refusing to listen on {host}:{port} without TLS. Set a certificate, or listen on 127.0.0.1."


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--host", help="địa chỉ nghe (mặc định 127.0.0.1)")
    parser.add_argument("--port", type=int, help="cổng (mặc định 8071)")


async def run(options: argparse.Namespace) -> int:
    check_binding(from_environment(data=options.data, host=options.host, port=options.port))
    async with settings_for(options.data) as found:
        await serve(
            dataclasses.replace(found, host=options.host or found.host, port=options.port or found.port)
        )
    return 0


def check_binding(settings: Settings) -> None:
    """Raises BareBinding for an address that other machines reach, unless TLS is set."""
    try:
        private = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        private = settings.host == "localhost"
    if not private and not (settings.tls_certificate and settings.tls_key):
        raise BareBinding(host=settings.host, port=settings.port, why="không có TLS")


async def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM."""
    keep_buffers()
    os.environ.update(
        environment_of(settings)
    )  # the app reads its own settings; this layer does not import it
    config = uvicorn.Config(
        "api.app:create_app",
        factory=True,
        http=RoomyProtocol,
        host=settings.host,
        port=settings.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
        ssl_ciphers="ECDHE+AESGCM:ECDHE+CHACHA20",
        timeout_graceful_shutdown=10,
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    await uvicorn.Server(config).serve()
