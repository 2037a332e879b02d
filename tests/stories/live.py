"""The product behind a real address, in this process: so that a story can move its clock and look into its store."""

import asyncio
import dataclasses
import re
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.app import create_app
from repository.clock import SystemClock, to_milliseconds
from repository.mongo import DatabaseFault
from repository.settings import Settings
from repository.wiring import Repository, open_repository
from tests.api import provider as oidc
from tests.factories import PASSWORD, District, make_district

T = TypeVar("T")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class MovedClock(SystemClock):
    """The machine's clock, moved by as much as a story tells; it goes on running."""

    by: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return to_milliseconds(datetime.now(UTC) + self.by)

    def move_to(self, moment: datetime) -> None:
        self.by = moment - datetime.now(UTC)


@dataclass
class Live:
    """A running site: its address, its clock, its store, and a way to ask that store from a test."""

    url: str
    clock: MovedClock
    repository: Repository
    district: District
    provider: oidc.Provider
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T], patience: float = 60) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=patience)


@contextmanager
def serving(settings: Settings) -> Iterator[Live]:
    """The site on loopback in a thread of its own, with an identity provider beside it."""
    ready: list[Live] = []
    fault: list[BaseException] = []
    started, done = threading.Event(), threading.Event()

    async def serve() -> None:
        async with (
            oidc.running() as provider,
            open_repository(settings, clock=(clock := MovedClock())) as opened,
        ):
            trusting = dataclasses.replace(
                settings,
                oidc_issuer=provider.issuer,
                oidc_client_id=oidc.CLIENT,
                oidc_client_secret=oidc.SECRET,
            )
            repository = dataclasses.replace(opened, settings=trusting)
            district = await make_district(repository)
            with socket.socket() as listening:
                listening.bind(("127.0.0.1", 0))
                url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                config = uvicorn.Config(create_app(opened=repository), log_level="warning", lifespan="on")
                server = uvicorn.Server(config)
                running = asyncio.create_task(server.serve(sockets=[listening]))
                while not server.started:
                    await asyncio.sleep(0.01)
                ready.append(Live(url, clock, repository, district, provider, asyncio.get_running_loop()))
                started.set()
                await asyncio.to_thread(done.wait)
                server.should_exit = True
                await running
            try:
                await opened.database.client.drop_database(settings.mongo_database)
            except DatabaseFault:  # a connection that lay idle all through a long story; the next one is new
                await opened.database.client.drop_database(settings.mongo_database)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as raised:  # noqa: BLE001  told to the test in its own thread
            fault.append(raised)
            started.set()

    thread = threading.Thread(target=run, name="live site")
    thread.start()
    try:
        assert started.wait(timeout=60), "the site did not start"
        if fault:
            raise fault[0]
        yield ready[0]
    finally:
        done.set()
        thread.join(timeout=60)
    assert not fault, fault


class Visitors:
    """Browsers of several people; at the end no page may have complained, or asked a host that is not ours."""

    def __init__(self, browser: Browser, live: Live) -> None:
        self._browser = browser
        self._live = live
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def stranger(self, *, scripts: bool = False, width: int = 1280) -> Page:
        """A browser in which nobody is logged in."""
        context = self._browser.new_context(
            base_url=self._live.url,
            viewport={"width": width, "height": 900},
            locale="vi-VN",
            java_script_enabled=scripts,
        )
        context.set_default_timeout(15_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda asked: self._look(asked.url))
        return page

    def _look(self, address: str) -> None:
        if not address.startswith((self._live.url, self._live.provider.issuer, "data:")):
            self.complaints.append(address)

    def enter(self, username: str, password: str = PASSWORD, **options: Any) -> Page:
        """A browser in which this person has logged in."""
        page = self.stranger(**options)
        log_in(page, username, password)
        expect(page).to_have_url(re.compile(r":\d+/$"))
        return page

    def leave(self) -> None:
        for context in self._contexts:
            context.close()
        assert self.complaints == []


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.goto("/login")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Đăng nhập", exact=True).click()
