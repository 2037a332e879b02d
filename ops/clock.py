"""`tangthu clock`: how far this machine's clock is from the store's and the database's; does the kernel keep it.

Numbers, deadlines and locks go by the clock (PL2.III.2.4: watched, +07:00). Exit 1 above five seconds.
"""

import argparse
import asyncio
import ctypes
import http.client
import json
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from rich.table import Table

from ops.opening import console, data_argument, settings_for
from repository import errors, mongo
from repository.clock import Clock, SystemClock, local
from repository.settings import Settings

LIMIT: Final = 5.0
"""Seconds that a clock may be off."""
_UNSYNCHRONISED: Final = 5


@dataclass(frozen=True)
class Skew:
    """How many seconds this machine is ahead of another clock; the answer may be off by `about`."""

    against: str
    seconds: float
    about: float

    @property
    def fit(self) -> bool:
        return abs(self.seconds) <= LIMIT + self.about

    @property
    def words(self) -> str:
        how = "nhanh hơn" if self.seconds > 0 else "chậm hơn"
        return f"máy này {how} {self.against} {abs(self.seconds):.1f} giây (±{self.about:.1f})"


async def skews(settings: Settings, clock: Clock) -> list[Skew]:
    """Against the store and the database. Raises Unavailable when one does not answer."""
    return [await of_store(settings, clock), await of_database(settings, clock)]


async def of_store(settings: Settings, clock: Clock) -> Skew:
    began = time.monotonic()
    said = await asyncio.to_thread(_date_of, settings.s3_url)
    around = (time.monotonic() - began) / 2
    # HTTP dates are cut to the second: half of one is the best guess, and the rest is doubt.
    return Skew("kho tệp", (clock.now() - said).total_seconds() - around - 0.5, around + 0.5)


async def of_database(settings: Settings, clock: Clock) -> Skew:
    database = mongo.connect(settings.mongo_url, settings.mongo_database)
    try:
        began = time.monotonic()
        with mongo.told_as_away():
            said = await database.client.admin.command("hello")
        around = (time.monotonic() - began) / 2
        at: datetime = said["localTime"]
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return Skew("cơ sở dữ liệu", (clock.now() - at).total_seconds() - around, around)
    finally:
        await mongo.close(database)


def kernel_keeps_time() -> bool | None:
    """Whether the kernel says that its clock is synchronised; None where it cannot be asked."""
    with suppress(OSError, AttributeError):
        room = ctypes.create_string_buffer(512)  # struct timex, all nought: only a question
        state = ctypes.CDLL(None).adjtimex(room)
        return None if state < 0 else state != _UNSYNCHRONISED
    return None


def _date_of(url: str) -> datetime:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=5)
    try:
        connection.request("HEAD", "/")
        with connection.getresponse() as answer:
            told = answer.getheader("Date")
    except (OSError, http.client.HTTPException) as fault:
        raise errors.Unavailable(what="kho tệp") from fault
    finally:
        connection.close()
    if not told:
        raise errors.Unavailable(what="kho tệp (không cho biết giờ)")
    return parsedate_to_datetime(told).astimezone(UTC)


def arguments(parser: argparse.ArgumentParser) -> None:
    data_argument(parser)
    parser.add_argument("--json", action="store_true", help="kết quả dạng JSON")


async def run(options: argparse.Namespace) -> int:
    clock = SystemClock()
    async with settings_for(options.data, say=lambda _: None) as settings:
        found = await skews(settings, clock)
    kept = kernel_keeps_time()
    if options.json:
        told = [{"against": one.against, "seconds": round(one.seconds, 3), "about": round(one.about, 3),
                 "fit": one.fit} for one in found]  # fmt: skip
        body = {"now": local(clock.now()).isoformat(), "kernel_synchronised": kept, "skews": told}
        console.file.write(json.dumps(body, ensure_ascii=False, indent=2) + "\n")
    else:
        console.print(f"Giờ máy này: {local(clock.now()):%d/%m/%Y %H:%M:%S} (+07:00)")
        table = Table("so với", "lệch", "")
        for one in found:
            table.add_row(
                one.against, one.words, "đạt" if one.fit else "LỆCH: chỉnh lại đồng hồ (chrony, NTP)"
            )
        console.print(table)
        synchronised = {True: "có", False: "KHÔNG: bật chrony hoặc systemd-timesyncd", None: "không hỏi được"}
        console.print(f"Nhân hệ điều hành báo đồng hồ được đồng bộ: {synchronised[kept]}")
    return 0 if all(one.fit for one in found) else 1
