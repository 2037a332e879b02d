"""The local engines: they hold what they acknowledged, come back when killed, and leave nothing behind."""

import asyncio
import contextlib
import hashlib
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import uuid
import zipfile
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import clamd
import pymongo
import pytest
import urllib3
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.retention import COMPLIANCE, GOVERNANCE, Retention

from ops.stack import EngineAddresses, EngineFailed, Stack, StackBusy, engines_for, find_running
from ops.stack.folder import Birth, Folder, State
from ops.stack.process import Engine, EngineProcess
from repository import errors
from tests.engines import engines  # noqa: F401

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE" + b"!$H+H*"


def s3(addresses: EngineAddresses, **settings) -> Minio:
    return Minio(
        addresses.s3_url.removeprefix("http://"),
        addresses.s3_access_key,
        addresses.s3_secret_key,
        secure=False,
        region="us-east-1",
        **settings,
    )


def locked(hours=1, mode=COMPLIANCE) -> Retention:
    return Retention(mode, datetime.now(UTC) + timedelta(hours=hours))


def refused(call, *arguments, **named):
    with pytest.raises(S3Error) as fault:
        call(*arguments, **named)
    return fault.value.code


def put(store: Minio, bucket: str, key: str, content: bytes) -> str:
    return store.put_object(bucket, key, io.BytesIO(content), len(content), retention=locked()).version_id


class TestObjects:
    @pytest.fixture
    def store(self, engines):  # noqa: F811
        return s3(engines)

    @pytest.fixture
    def born(self, engines, store):  # noqa: F811
        """Bucket, key and version of a locked object."""
        key = f"test/{uuid.uuid4()}"
        return engines.bucket, key, put(store, engines.bucket, key, b"first")

    def test_a_locked_object_cannot_be_removed_in_any_way(self, store, born):
        bucket, key, version = born
        assert refused(store.remove_object, bucket, key, version_id=version) == "AccessDenied"
        assert refused(store.remove_object, bucket, key) == "AccessDenied"
        faults = list(store.remove_objects(bucket, [DeleteObject(key, version), DeleteObject(key)]))
        assert len(faults) == 2
        assert refused(store.remove_bucket, bucket) == "AccessDenied"
        with store.get_object(bucket, key) as reply:
            assert reply.read() == b"first"

    def test_every_object_is_born_with_a_compliance_lock(self, engines, store):  # noqa: F811
        key = f"test/{uuid.uuid4()}"
        assert refused(store.put_object, engines.bucket, key, io.BytesIO(b"x"), 1) == "AccessDenied"
        weak = locked(mode=GOVERNANCE)
        assert (
            refused(store.put_object, engines.bucket, key, io.BytesIO(b"x"), 1, retention=weak)
            == "AccessDenied"
        )
        large = io.BytesIO(bytes(6 << 20))
        assert (
            refused(store.put_object, engines.bucket, key, large, 6 << 20, part_size=5 << 20)
            == "AccessDenied"
        )

    def test_a_lock_grows_and_never_shrinks(self, store, born):
        bucket, key, version = born
        store.set_object_retention(bucket, key, locked(hours=2), version_id=version)
        assert (
            refused(store.set_object_retention, bucket, key, locked(hours=1), version_id=version)
            == "AccessDenied"
        )
        weaker = locked(hours=9, mode=GOVERNANCE)
        assert refused(store.set_object_retention, bucket, key, weaker, version_id=version) == "AccessDenied"

    def test_a_hold_is_placed_and_lifted(self, store, born):
        bucket, key, version = born
        store.enable_object_legal_hold(bucket, key, version_id=version)
        assert store.is_object_legal_hold_enabled(bucket, key, version_id=version)
        store.disable_object_legal_hold(bucket, key, version_id=version)
        assert not store.is_object_legal_hold_enabled(bucket, key, version_id=version)

    def test_the_first_write_wins_when_asked_and_else_becomes_a_version(self, store, born):
        bucket, key, version = born
        until = locked().retain_until_date.strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = {
            "If-None-Match": "*",
            "x-amz-object-lock-mode": COMPLIANCE,
            "x-amz-object-lock-retain-until-date": until,
        }
        assert (
            refused(store._execute, "PUT", bucket, key, body=b"two", headers=headers) == "PreconditionFailed"
        )
        # Without the condition weed accepts it (see ops/stack/seaweed.py); the first version must stay.
        assert put(store, bucket, key, b"second") != version
        with store.get_object(bucket, key, version_id=version) as reply:
            assert reply.read() == b"first"

    def test_bytes_that_do_not_match_their_checksum_are_refused(self, engines, store):  # noqa: F811
        until = locked().retain_until_date.strftime("%Y-%m-%dT%H:%M:%SZ")
        other = b64encode(hashlib.sha256(b"other").digest()).decode()
        headers = {"x-amz-object-lock-mode": COMPLIANCE, "x-amz-object-lock-retain-until-date": until,
                   "x-amz-checksum-sha256": other}  # fmt: skip
        assert (
            refused(store._execute, "PUT", engines.bucket, "test/bad", body=b"x", headers=headers)
            == "BadDigest"
        )

    def test_no_copy_and_no_change_of_the_bucket(self, store, born):
        bucket, key, _ = born
        source = CopySource(bucket, key)
        assert refused(store.copy_object, bucket, key + "-copy", source, retention=locked()) == "AccessDenied"
        assert refused(store.delete_bucket_policy, bucket) == "AccessDenied"
        assert refused(store.get_bucket_policy, bucket) == "AccessDenied"
        assert refused(store.delete_object_lock_config, bucket) == "AccessDenied"
        assert refused(store.make_bucket, "another-bucket") == "AccessDenied"

    def test_the_store_is_on_loopback_only_and_its_filer_wants_a_token(self, engines, born):  # noqa: F811
        ports = Folder(engines.search_dir.parent).read().ports
        for name, port in ports.items():
            if name.startswith("clamd") or name == "admin.port":
                continue  # not opened: clamd has a socket file, and the admin pages are switched off
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                pass
            assert _listens_only_on_loopback(port), name
        bucket, key, _ = born
        answer = _http("DELETE", ports["filer.port"], f"/buckets/{bucket}/{key}.versions?recursive=true")
        assert answer == 401


class TestMetadata:
    def test_a_transaction_is_all_or_nothing(self, engines):  # noqa: F811
        with pymongo.MongoClient(engines.mongo_url) as client, client.start_session() as session:
            database = client[f"test_{uuid.uuid4().hex}"]
            with session.start_transaction():
                database.a.insert_one({"_id": 1}, session=session)
                database.b.insert_one({"_id": 1}, session=session)
            with pytest.raises(RuntimeError), session.start_transaction():
                database.a.insert_one({"_id": 2}, session=session)
                raise RuntimeError
            assert [each["_id"] for each in database.a.find()] == [1]
            assert database.b.count_documents({}) == 1
            client.drop_database(database.name)


class TestScanner:
    @pytest.fixture
    def scan(self, engines):  # noqa: F811
        if engines.clamd is None:
            pytest.fail("clamd is missing: install clamav-daemon (make setup)")
        scanner = clamd.ClamdUnixSocket(engines.clamd.removeprefix("unix:"), timeout=20)
        return lambda content: scanner.instream(io.BytesIO(content))["stream"]

    def test_the_test_virus_is_found_also_inside_a_zip(self, scan):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("thu-muc/cong-van.txt", EICAR)
        assert scan(EICAR)[0] == "FOUND"
        assert scan(packed.getvalue())[0] == "FOUND"
        assert scan("Công văn thường".encode()) == ("OK", None)


async def killed_engines_come_back(data: Path, said: list[str]) -> None:
    """Kill each engine in turn; what was acknowledged before is there afterwards."""
    async with Stack(data, say=said.append) as addresses:
        store = s3(addresses)
        with pymongo.MongoClient(addresses.mongo_url) as client:
            client.kept.a.insert_one({"_id": "kept"})
        version = await asyncio.to_thread(put, store, addresses.bucket, "kept", b"kept")
        for name, birth in Folder(data).read().engines.items():
            os.kill(birth.pid, signal.SIGKILL)
            async with asyncio.timeout(30):
                while f"{name} đã chạy lại." not in said:
                    await asyncio.sleep(0.02)
            assert Folder(data).read().engines[name].is_alive()
        with pymongo.MongoClient(addresses.mongo_url) as client:
            assert client.kept.a.count_documents({"_id": "kept"}) == 1
        with store.get_object(addresses.bucket, "kept", version_id=version) as reply:
            assert reply.read() == b"kept"


async def test_a_life_of_a_folder(tmp_path):
    """Start, survive kills, stop, leave nothing running, start again with the same data and the same keys."""
    data, said = tmp_path / "data", []
    await killed_engines_come_back(data, said)
    assert find_running(data) is None
    assert processes_of(data) == []
    assert Folder(data).read().engines == {}
    for secret in ("stack/secrets.json", "stack/state.json", "stack/s3.json"):
        assert (data / secret).stat().st_mode & 0o077 == 0

    with socket.socket() as squatter:  # a port of the last start is taken by somebody else meanwhile
        port = Folder(data).read().ports["volume.port"]
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()
        async with Stack(data, say=said.append) as addresses:
            assert Folder(data).read().ports["volume.port"] != port
            assert find_running(data) == addresses
            with pytest.raises(StackBusy):
                await Stack(data, say=said.append).__aenter__()
            with s3(addresses).get_object(addresses.bucket, "kept") as reply:
                assert reply.read() == b"kept"
            with pymongo.MongoClient(addresses.mongo_url) as client:
                assert client.kept.a.count_documents({}) == 1
            async with engines_for(
                data, {"TANGTHU_CLAMD_URL": "tcp:elsewhere:3310"}, say=said.append
            ) as found:
                assert found == {**addresses.as_environment(), "TANGTHU_CLAMD_URL": "tcp:elsewhere:3310"}
    assert processes_of(data) == []


async def test_a_stored_file_is_read_at_the_first_asking_after_each_start(tmp_path):
    """The store said it was well up to five seconds before its volumes were there, about each third start."""
    version = None
    for _ in range(4):
        async with Stack(tmp_path / "data", say=lambda _: None) as addresses:
            with urllib3.PoolManager(retries=False) as impatient:
                store = s3(addresses, http_client=impatient)
                if version is None:
                    version = await asyncio.to_thread(put, store, addresses.bucket, "kept", b"kept" * 5000)
                reply = await asyncio.to_thread(
                    store.get_object, addresses.bucket, "kept", version_id=version
                )
                with reply:
                    assert reply.read() == b"kept" * 5000


@contextlib.contextmanager
def stack_process(data: Path):
    """`tangthu stack` as a process of its own, once it says that it is ready."""
    code = (
        "import argparse, asyncio, sys\nfrom ops.stack import command\n"
        "parser = argparse.ArgumentParser()\ncommand.arguments(parser)\n"
        "sys.exit(asyncio.run(command.run(parser.parse_args())))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, "--data", str(data)], stdout=subprocess.PIPE, text=True
    ) as process:
        for line in process.stdout:
            if "Ctrl-C" in line:
                break
        try:
            yield process
        finally:
            process.kill()


async def test_a_killed_stack_leaves_a_folder_that_starts_again(tmp_path):
    data, said = tmp_path / "data", []
    with stack_process(data) as process:
        addresses = find_running(data)
        version = await asyncio.to_thread(put, s3(addresses), addresses.bucket, "kept", b"kept")
        process.kill()
        process.wait()
    assert find_running(data) is None
    async with Stack(data, say=said.append) as again:
        with s3(again).get_object(again.bucket, "kept", version_id=version) as reply:
            assert reply.read() == b"kept"
    assert processes_of(data) == []


def test_ctrl_c_stops_everything_and_no_secret_is_shown(tmp_path):
    data = tmp_path / "data"
    with stack_process(data) as process:
        secrets = Folder(data).secrets([])
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 0
    assert "Đã dừng." in rest
    assert not [name for name, secret in secrets.items() if secret in rest]
    assert processes_of(data) == []


def test_addresses_of_a_killed_stack_are_not_shown_while_the_next_one_begins(tmp_path):
    folder = Folder(tmp_path)
    folder.lock()
    try:
        folder.write(State(owner=Birth(pid=os.getpid(), born="another process of this number"), ready=True))
        assert find_running(tmp_path) is None
    finally:
        folder.unlock()


async def test_an_engine_that_cannot_start_is_named_with_the_end_of_its_log(tmp_path):
    async def never() -> bool:
        return False

    engine = Engine(
        name="máy hỏng",
        command=[sys.executable, "-c", "print('vì thế này'); exit(3)"],
        folder=tmp_path,
        answers=never,
    )
    process = EngineProcess(
        engine=engine, log=tmp_path / "log", say=lambda _: None, changed=lambda _name, _birth: None
    )
    with pytest.raises(EngineFailed, match=r"(?s)máy hỏng.*mã thoát 3.*vì thế này"):
        await process.start()


async def test_with_both_addresses_set_nothing_is_started(tmp_path):
    given = {"TANGTHU_MONGO_URL": "mongodb://db", "TANGTHU_S3_URL": "https://s3"}
    async with engines_for(tmp_path / "data", given, say=pytest.fail) as found:
        assert found == given
    assert not (tmp_path / "data").exists()


async def test_half_an_address_is_refused(tmp_path):
    with pytest.raises(errors.Invalid, match="TANGTHU_S3_URL"):
        async with engines_for(tmp_path / "data", {"TANGTHU_MONGO_URL": "mongodb://db"}, say=pytest.fail):
            pass


def processes_of(data: Path) -> list[str]:
    """Command lines of living processes that name the folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            line = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(data) in line:
                found.append(line)
    return found


def _listens_only_on_loopback(port: int) -> bool:
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    rows += [row.split() for row in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    listening = {
        row[1].rpartition(":")[0]
        for row in rows
        if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port
    }
    return listening == {"0100007F"}


def _http(method: str, port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        return connection.getresponse().status
    finally:
        connection.close()
