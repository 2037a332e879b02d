"""With each of the store's identities, on objects that are locked, held, or past their time."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from ops.attack import Attempt, attempts
from tests.ops.early_erase.scene import Scene, hurt

_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*",
                   "Resource": ["arn:aws:s3:::*"]}]}).encode()  # fmt: skip
_EXPIRE = (
    b"<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
    b"<Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
    b"</NoncurrentVersionExpiration></Rule></LifecycleConfiguration>"
)
_SUSPEND = b"<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"
_UNLOCKED = (
    b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
)
_OFF = b"<LegalHold><Status>OFF</Status></LegalHold>"
_GOVERNED = b"<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>"


def whole(version: str) -> list[Attempt]:
    """The drill's attempts and the same with bodies that a store would obey."""
    marker = b"<Delete><Object><Key>%s</Key></Object></Delete>"
    governed = _UNLOCKED.replace(b"</Object", _GOVERNED + b"</Object", 1)
    return [
        *attempts(version, datetime.now(UTC)),
        Attempt(name="dấu xóa hàng loạt", method="POST", query="delete=", bucket=True, body=marker),
        Attempt(name="dừng giữ phiên bản (thật)", method="PUT", query="versioning=", bucket=True, body=_SUSPEND),
        Attempt(name="đặt lịch tự xóa (thật)", method="PUT", query="lifecycle=", bucket=True, body=_EXPIRE),
        Attempt(name="khóa mặc định GOVERNANCE", method="PUT", query="object-lock=", bucket=True, body=governed),
        Attempt(name="mở chính sách (thật)", method="PUT", query="policy=", bucket=True, body=_ALL),
        Attempt(name="bỏ chính sách", method="DELETE", query="policy=", bucket=True),
        Attempt(name="bỏ lịch tự xóa", method="DELETE", query="lifecycle=", bucket=True),
    ]  # fmt: skip


def _keys(scene: Scene, who: str) -> tuple[str, str]:
    if who == "stranger":
        return "AKIASTRANGER", "nothing"
    secrets = scene.shell._secrets
    return secrets[f"s3.{who}.key"], secrets[f"s3.{who}.secret"]


def s3(who: str, state: str, may: frozenset[str] = frozenset()) -> Callable[[Scene], Awaitable[None]]:
    """All of it with one identity, on a victim in that state that nobody attacked before."""

    async def do(scene: Scene) -> None:
        victim = scene.victims[state].pop()
        scene.victim = victim["_id"]
        before = {victim["_id"]: await scene.state(victim)}
        version = victim["versions"][0]
        did = {
            one.name
            for one in whole(version["store_version"])
            if scene.s3(_keys(scene, who), version, one) == "succeeded"
        }
        assert did <= may, f"{who} on what is {state}: {sorted(did - may)}"
        lost = hurt(before, {victim["_id"]: await scene.state(victim)})
        assert bool(lost) == (who == "eraser" and state == "expired"), lost

    return do


def one_deed(who: str, state: str, attempt: Attempt, succeeds: bool) -> Callable[[Scene], Awaitable[None]]:
    """One deed of one identity, on the first victim in that state."""

    async def do(scene: Scene) -> None:
        victim = scene.victims[state].pop()
        scene.victim, version = victim["_id"], victim["versions"][0]
        query = attempt.query.replace("VERSION", version["store_version"])
        told = Attempt(**{**vars(attempt), "query": query})
        assert (scene.s3(_keys(scene, who), version, told) == "succeeded") == succeeds

    return do


UNTIMELY = frozenset({"xóa phiên bản", "xóa phiên bản, vượt khóa", "xóa hàng loạt"})
"""What the eraser is for; the store lets it where the lock has run out, approved or not."""
LOCKS_AGAIN = frozenset({"rút ngắn khóa", "hạ khóa xuống GOVERNANCE", "hạ khóa, vượt khóa", "gỡ khóa"})
"""On a lock that has run out none of these takes anything away."""
HOLD_OFF = Attempt(name="gỡ phong tỏa", method="PUT", query="legal-hold=&versionId=VERSION", body=_OFF)
MARK = Attempt(name="dấu xóa", method="DELETE")
KILL = Attempt(name="xóa vượt khóa", method="DELETE", query="versionId=VERSION",
                headers={"x-amz-bypass-governance-retention": "true"})  # fmt: skip
STOP = Attempt(name="dừng giữ phiên bản", method="PUT", query="versioning=", bucket=True, body=_SUSPEND)
DROP = Attempt(name="xóa bucket", method="DELETE", bucket=True)
