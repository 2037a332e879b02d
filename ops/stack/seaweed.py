"""SeaweedFS (`weed mini`): the local object store, spoken to over S3.

What it refuses to the identity `service` that the program works with, proven in tests/ops/test_stack.py: every
delete (of a version, of a key, in bulk); a PUT without Object Lock in COMPLIANCE mode, so each object is locked from
birth; copying; a shorter or weaker lock; any change of the bucket, its lock, versioning or policy.
What it does not refuse: a locked PUT without `If-None-Match` over an existing key (the condition key is not known to
it) adds a version beside the first, which stays locked and addressable by its version id.
What no setting here refuses: whoever may act as this user on this machine reaches the files and the gRPC ports, and
`weed shell` removes locked objects through them. The local default is not proof against its own machine's root.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Final

from ops.stack.bucket import RootAccess
from ops.stack.folder import Folder, write_private
from ops.stack.probe import exchange
from ops.stack.process import Engine, EngineFailed
from ops.stack.programs import beside_python

BUCKET: Final = "tangthu"
NAME: Final = "SeaweedFS"
PORTS: Final = tuple(
    f"{part}.port{kind}" for part in ("master", "filer", "volume", "s3", "admin") for kind in ("", ".grpc")
)
SECRETS: Final = (
    "s3.root.key", "s3.root.secret", "s3.service.key", "s3.service.secret",
    "jwt.volume.write", "jwt.volume.read", "jwt.filer.write", "jwt.filer.read",
)  # fmt: skip
_SERVICE: Final = "service"


def engine(folder: Folder, ports: Mapping[str, int], secrets: Mapping[str, str]) -> Engine:
    """The command that runs the store in `DATA/objects`."""
    home = folder.path("objects")
    (home / "mini.options").unlink(missing_ok=True)  # the ports of the last start; ours are given below
    identities = folder.path("stack") / "s3.json"
    write_private(identities, _identities(secrets))
    command = [
        beside_python("weed"), f"-logdir={folder.path('logs')}", "-v=0", "mini", f"-dir={home}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        f"-s3.config={identities}", "-s3.iam=false", "-s3.autoCreateBucket=false", "-s3.allowDeleteBucketNotEmpty=false",
        "-filer.disableDirListing", "-filer.exposeDirectoryData=false",
        "-master.telemetry=false", "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
        *(f"-{flag}={ports[flag]}" for flag in PORTS),
    ]  # fmt: skip
    environment = {
        "WEED_JWT_SIGNING_KEY": secrets["jwt.volume.write"],
        "WEED_JWT_SIGNING_READ_KEY": secrets["jwt.volume.read"],
        "WEED_JWT_FILER_SIGNING_KEY": secrets["jwt.filer.write"],
        "WEED_JWT_FILER_SIGNING_READ_KEY": secrets["jwt.filer.read"],
    }

    async def answers() -> bool:
        reply = await exchange(ports["s3.port"], b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        return reply.startswith(b"HTTP/") and b" 200 " in reply[:16]

    return Engine(name=NAME, command=command, folder=home, environment=environment, answers=answers)


async def prepare(folder: Folder, ports: Mapping[str, int], secrets: Mapping[str, str]) -> None:
    """The bucket with Object Lock and the rights of `service`; the first time also fsync before an answer."""
    root = RootAccess(
        port=ports["s3.port"], access_key=secrets["s3.root.key"], secret_key=secrets["s3.root.secret"]
    )
    if await asyncio.to_thread(root.make_bucket, BUCKET):
        await _sync_every_write(folder, ports)
    await asyncio.to_thread(root.put_policy, BUCKET, json.dumps(_rights()))


async def _sync_every_write(folder: Folder, ports: Mapping[str, int]) -> None:
    master, filer = (
        f"127.0.0.1:{ports[f'{part}.port']}.{ports[f'{part}.port.grpc']}" for part in ("master", "filer")
    )
    shell = await asyncio.create_subprocess_exec(
        beside_python("weed"), f"-logdir={folder.path('logs')}", "shell", f"-master={master}", f"-filer={filer}",
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

    # `service` has no right of its own: all it may do stands in the policy of the bucket.
    return json.dumps({"identities": [one("root", ["Admin", "Read", "Write", "List"]), one(_SERVICE, [])]})


def _rights() -> dict[str, object]:
    who = {"AWS": f"arn:aws:iam::000000000000:user/{_SERVICE}"}
    bucket, objects = f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"
    locked = {"StringEquals": {"s3:x-amz-object-lock-mode": "COMPLIANCE"}}
    copying = {"Null": {"s3:x-amz-copy-source": "false"}}
    reads = ["GetObject", "GetObjectVersion", "GetObjectRetention", "GetObjectLegalHold"]
    locks = ["PutObjectRetention", "PutObjectLegalHold"]
    parts = ["UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListMultipartUploadParts"]
    births = ["PutObject", "CreateMultipartUpload"]
    looks = [
        "ListBucket", "ListBucketVersions", "GetBucketLocation", "GetBucketObjectLockConfiguration", "GetBucketVersioning",
    ]  # fmt: skip

    def rule(
        effect: str, actions: list[str], resource: str, condition: dict[str, object] | None = None
    ) -> dict[str, object]:
        named = {
            "Effect": effect,
            "Principal": who,
            "Action": [f"s3:{each}" for each in actions],
            "Resource": resource,
        }
        return {**named, "Condition": condition} if condition else named

    return {
        "Version": "2012-10-17",
        "Statement": [
            rule("Allow", looks, bucket),
            rule("Allow", reads + locks + parts, objects),
            rule("Allow", births, objects, {**locked}),
            rule(
                "Deny", births, objects, {**copying}
            ),  # a copy would inherit the lock of its source, maybe expired
        ],
    }
