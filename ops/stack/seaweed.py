"""SeaweedFS (`weed mini`): the local object store, spoken to over S3.

The program's identity `service` may do what service-policy.json says: no delete at all, no PUT that is not
locked in COMPLIANCE mode, no copy (it would inherit a lock that may have run out), no change of bucket or
policy. `eraser` may only remove one version by its id: no marker, no read, no lock. Not refused: a locked PUT
without `If-None-Match` on an existing key adds a version (weed has no such condition key); the first stays, locked
and addressable. Whoever reaches the loopback gRPC ports or
this user's files can remove locked objects: the local store is not proof against its own machine.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ops.stack.bucket import RootAccess
from ops.stack.folder import Folder, write_private
from ops.stack.probe import exchange
from ops.stack.process import Engine, EngineFailed
from ops.stack.programs import beside_python

BUCKET: Final = "tangthu"
NAME: Final = "SeaweedFS"
PORTS: Final = (
    "master.port", "master.port.grpc", "filer.port", "filer.port.grpc", "volume.port", "volume.port.grpc",
    "s3.port", "s3.port.grpc", "admin.port",
)  # fmt: skip
# weed's maintenance worker looks for the admin server at this distance from its port, whatever the flag says.
_ADMIN_GRPC: Final = 10000
SECRETS: Final = (
    "s3.root.key", "s3.root.secret", "s3.service.key", "s3.service.secret",
    "s3.eraser.key", "s3.eraser.secret",
    "jwt.volume.write", "jwt.volume.read", "jwt.filer.write", "jwt.filer.read",
)  # fmt: skip
_WHOLE_REPLY: Final = 1 << 20
_POLICY: Final = Path(__file__).with_name("service-policy.json")


def engine(folder: Folder, ports: Mapping[str, int], secrets: Mapping[str, str]) -> Engine:
    """The command that runs the store in `DATA/objects`."""
    home = folder.path("objects")
    (home / "mini.options").unlink(missing_ok=True)  # the ports of the last start; ours are given below
    identities = folder.path("stack") / "s3.json"
    write_private(identities, _identities(secrets))
    command = [
        beside_python("weed"), "-logtostderr=true", "mini", f"-dir={home}",
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false",
        f"-s3.config={identities}", "-s3.iam=false", "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false", "-filer.disableDirListing", "-filer.exposeDirectoryData=false",
        "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        *(f"-{flag}={ports[flag]}" for flag in PORTS),
        f"-admin.port.grpc={ports['admin.port'] + _ADMIN_GRPC}",
    ]  # fmt: skip
    environment = {
        "WEED_JWT_SIGNING_KEY": secrets["jwt.volume.write"],
        "WEED_JWT_SIGNING_READ_KEY": secrets["jwt.volume.read"],
        "WEED_JWT_FILER_SIGNING_KEY": secrets["jwt.filer.write"],
        "WEED_JWT_FILER_SIGNING_READ_KEY": secrets["jwt.filer.read"],
    }

    async def answers() -> bool:
        reply = await exchange(ports["s3.port"], _asking("/healthz"))
        return reply.startswith(b"HTTP/") and b" 200 " in reply[:16] and await _has_volumes(home, ports)

    return Engine(name=NAME, command=command, folder=home, environment=environment, answers=answers)


def _asking(path: str) -> bytes:
    return f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def _has_volumes(home: Path, ports: Mapping[str, int]) -> bool:
    """The S3 side says it is well before the volumes have told the master that they are there: when the first
    word comes before the master has taken its office, the next is five seconds later, and meanwhile every
    stored file answers with InternalError.
    """
    reply = await exchange(ports["master.port"], _asking("/dir/status"), enough=_WHOLE_REPLY)
    _, _, body = reply.partition(b"\r\n\r\n")
    try:
        centers = json.loads(body)["Topology"]["DataCenters"] or []
    except (ValueError, KeyError, TypeError):  # not there yet, or cut off
        return False
    nodes = [node for center in centers for rack in center["Racks"] or [] for node in rack["DataNodes"] or []]
    stored = await asyncio.to_thread(lambda: any(home.glob("*.dat")))
    return any(node["Volumes"] or not stored for node in nodes)


async def prepare(folder: Folder, ports: Mapping[str, int], secrets: Mapping[str, str]) -> None:
    """The bucket with Object Lock and the rights of `service`; the first time also fsync before an answer."""
    root = RootAccess(
        port=ports["s3.port"], access_key=secrets["s3.root.key"], secret_key=secrets["s3.root.secret"]
    )
    if await asyncio.to_thread(root.make_bucket, BUCKET):
        await _sync_every_write(folder, ports)
    await asyncio.to_thread(root.put_policy, BUCKET, _POLICY.read_text(encoding="utf-8"))


async def _sync_every_write(folder: Folder, ports: Mapping[str, int]) -> None:
    master, filer = (
        f"127.0.0.1:{ports[f'{part}.port']}.{ports[f'{part}.port.grpc']}" for part in ("master", "filer")
    )
    shell = await asyncio.create_subprocess_exec(
        beside_python("weed"), "-logtostderr=true", "shell",
        f"-master={master}", f"-filer={filer}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        cwd=folder.path("objects"),
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(
            shell.communicate(b"fs.configure -locationPrefix=/buckets/ -fsync=true -apply\n"), 20
        )
    except TimeoutError as fault:
        shell.kill()
        raise EngineFailed(what=NAME, why="weed shell không trả lời khi bật fsync") from fault
    if shell.returncode or b'"fsync":  true' not in said:
        raise EngineFailed(what=NAME, why=f"không bật được fsync: {said.decode(errors='replace')[-300:]}")


def _identities(secrets: Mapping[str, str]) -> str:
    def one(name: str, actions: list[str]) -> dict[str, object]:
        keys = {"accessKey": secrets[f"s3.{name}.key"], "secretKey": secrets[f"s3.{name}.secret"]}
        return {"name": name, "credentials": [keys], "actions": actions}

    # `service` and `eraser` have no right of their own: all they may do stands in the policy of the bucket.
    everything = ["Admin", "Read", "Write", "List"]
    return json.dumps({"identities": [one("root", everything), one("service", []), one("eraser", [])]})
