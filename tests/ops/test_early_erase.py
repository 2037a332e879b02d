"""Erasing before the time, by any way in: each is refused, or the checks of the day find it.

The table WAYS is the whole of it: HTTP by every role, the votes, the commands and jobs, the database, the clock, and
each S3 identity. Every other route by every role: the end of `tests/api/test_matrix.py`. Crashes in the midst:
`tests/repository/retention/test_disposal.py` and `tests/soak/test_kill_disposal.py`.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from starlette.routing import Route

from api.routes import ROUTES
from ops import keeping
from ops.attack import Attempt, attempts
from repository import ids
from repository.audit.council import digest_of
from repository.clock import FixedClock
from repository.dossiers.dossiers import DossierForm
from repository.mongo import Row
from repository.retention.council import NotApproved
from repository.retention.disposal import VoteForm
from repository.settings import Settings
from repository.wiring import open_repository
from tests.api.district import OWN, ROLES
from tests.ops.erasing import Scene, hurt, open_scene

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(300),
    pytest.mark.clause("Đ10.4c"),
]
REFUSED: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """A way to erase too early. `finds`: empty when it is refused, else any of what the checks then say."""

    name: str
    do: Callable[[Scene], Awaitable[None]]
    finds: tuple[str, ...] = REFUSED


# --- Over HTTP ------------------------------------------------------------------------------------------------------


_KEPT = ("documents", "dossiers", "disposals", "holds", "registers", "retention")


def _everywhere(role: str) -> Callable[[Scene], Awaitable[None]]:
    """DELETE at every path that names a kept thing; and POST that says it were DELETE."""

    async def do(scene: Scene) -> None:
        paths = sorted({one.path for one in ROUTES if isinstance(one, Route) and "{id}" in one.path})
        victims = [rows[0]["_id"] for rows in scene.victims.values()]
        for n, path in enumerate(one for one in paths if one.removeprefix("/api/v1").split("/")[1] in _KEPT):
            place = path.replace("{id}", victims[n % 3]).replace("{document}", victims[n % 3])
            for name in ("n", "mark", "name", "person"):
                place = place.replace(f"{{{name}}}", "1")
            answer = await scene.ask(role, "DELETE", place)
            assert answer.status_code in (403, 404, 405) or role == "nobody", (place, answer.status_code)
            assert answer.status_code >= 303, place
        for place in (f"/documents/{victims[0]}", f"/api/v1/documents/{victims[0]}"):
            answer = await scene.ask(role, "POST", place, headers={"X-HTTP-Method-Override": "DELETE"})
            assert answer.status_code == 405, (role, place)

    return do


def _proposes(role: str) -> Callable[[Scene], Awaitable[None]]:
    """Whoever may propose gets a list of what has expired, is not held, and lies before no council yet."""

    async def do(scene: Scene) -> None:
        _, (paper,) = await scene.closed("2 năm", count=1)
        may = role in ("clerk", "leader", "clerk+auditor")
        victims = {one["_id"] for rows in scene.victims.values() for one in rows}
        for extra in ({"documents": sorted(victims)}, {}):
            answer = await scene.ask(role, "POST", "/api/v1/disposals", json={"unit": OWN} | extra)
            if answer.status_code == 201:
                assert not extra
                items = await scene.repository.retention.disposals.items(answer.json()["id"])
                assert paper["_id"] in {one["document"] for one in items}
                assert not victims & {one["document"] for one in items}
            else:
                wanted = 401 if role == "nobody" else 422 if extra and may else 403
                assert answer.status_code == wanted, answer.text
        assert await scene.command("dispose") == 0
        await scene.stopped()

    return do


async def _alone(scene: Scene) -> None:
    """One person, with every role and again and again, is never two; the proposer counts as none."""
    said = {"approve": True}
    await scene.unlocked()
    mine = (await scene.ask("clerk+auditor", "POST", "/api/v1/disposals", json={"unit": OWN})).json()["id"]
    path = f"/api/v1/disposals/{mine}/votes"
    statuses = [
        (await scene.ask(role, "POST", path, json=said)).status_code
        for role in ("clerk+auditor", "system", "officer", "it", "unit_admin", "nobody", "leader", "leader")
    ]
    assert statuses == [409, 403, 403, 403, 403, 401, 200, 409]
    for disposal in (mine, scene.parked):
        with pytest.raises(NotApproved):
            await scene.repository.retention.dispose(disposal)
        assert await scene.command("dispose", id=disposal) == 1
    await scene.stopped()
    assert await scene.command("dispose", id=mine) == 1  # the council said no


async def _lifts_alone(scene: Scene) -> None:
    """A hold is not lifted by one."""
    target = scene.victims["held"][0]["_id"]
    holds = await scene.repository.retention.holds.find(scene.actor("auditor"), limit=100)
    path = next(f"/api/v1/holds/{one['_id']}/lift" for one in holds if one["target"] == target)
    ask, confirm = {"act": "ask", "reason": "đã xong việc"}, {"act": "confirm"}
    for role in ("nobody", "clerk", "officer", "unit_admin", "it", "system"):
        assert (await scene.ask(role, "POST", path, json=ask)).status_code in (401, 403), role
    assert (await scene.ask("leader", "POST", path, json=ask)).status_code == 200
    assert (await scene.ask("leader", "POST", path, json=confirm)).status_code == 409
    await scene.settle()


# --- What two really approved, and is kept all the same -------------------------------------------------------------


async def _spared(
    scene: Scene, paper: Row, why: str, meanwhile: Callable[[], Awaitable[Any]] | None = None
) -> None:
    """Proposed and approved by two, over HTTP; carried out by the command of the worker's machine."""
    before = {paper["_id"]: await scene.state(paper)}
    row = await scene.approved()
    if meanwhile is not None:
        await meanwhile()
    await scene.command("dispose", id=row["_id"])
    items = {one["document"]: one for one in await scene.repository.retention.disposals.items(row["_id"])}
    item = items[paper["_id"]]
    assert item["state"] == "kept" and why in item["why"], item
    assert not hurt(before, {paper["_id"]: await scene.state(paper)})


async def _shortened(scene: Scene) -> None:
    """Said aloud, with a reason, that twenty years are two: the store still knows of twenty."""
    dossier, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    path = f"/api/v1/dossiers/{dossier['_id']}/retention"
    form: Row = {"retention": "2 năm"}
    for role in ("nobody", "unit_admin", "it", "auditor"):
        assert (await scene.ask(role, "POST", path, json=form)).status_code in (401, 403), role
    assert (await scene.ask("clerk", "POST", path, json=form)).status_code == 409
    form |= {"accept_shorter": True, "reason": "xác định lại"}
    assert (await scene.ask("clerk", "POST", path, json=form)).status_code == 200
    await scene.settle()
    await _spared(scene, paper, "kho còn khóa tệp đến 01/01/2039")


async def _backdated(scene: Scene) -> None:
    """A paper of today in a dossier that says it ended in 2018."""
    paper = await scene.paper()
    await scene.settle()
    await scene.closed("2 năm", paper)
    await scene.settle()
    await _spared(scene, paper, "kho còn khóa tệp đến")


async def _held_meanwhile(scene: Scene) -> None:
    paper = await scene.unlocked()
    await _spared(scene, paper, "đang phong tỏa", lambda: scene.hold(paper))


async def _filed_meanwhile(scene: Scene) -> None:
    paper = await scene.unlocked()

    async def filed() -> None:
        form = DossierForm(code=ids.new("hs"), title="Hồ sơ khác", retention="30 năm")
        clerk = scene.world.clerks[OWN]
        dossier = await scene.repository.dossiers.open(clerk, form)
        await scene.repository.dossiers.file(clerk, dossier["_id"], paper["_id"])

    await _spared(scene, paper, "đang mở", filed)


async def _edited_end(scene: Scene) -> None:
    """The dossier's end written over in the database: two people are misled, the store is not."""
    dossier, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    over = {"$set": {"retention.ends_on": "2020-12-31"}}
    await scene.repository.database["dossiers"].update_one({"_id": dossier["_id"]}, over)
    await _spared(scene, paper, "kho còn khóa tệp đến 01/01/2039")
    assert ("row.changed", dossier["_id"]) in await scene.found()


# --- The database and the clock -------------------------------------------------------------------------------------


async def _forged_state(scene: Scene) -> None:
    """The row says approved; the log does not."""
    rows = scene.repository.database["disposals"]
    await rows.update_one({"_id": scene.parked}, {"$set": {"state": "approved"}})
    assert await scene.command("dispose") == 1
    assert "từ chối 1" in await keeping.dispose_approved(scene.world.indexers)
    told = await scene.repository.incidents.find(kind="disposal.forged")
    assert scene.parked in {one["subject"]["id"] for one in told}
    await rows.update_one({"_id": scene.parked}, {"$set": {"state": "proposed"}})


async def _swapped_list(scene: Scene) -> None:
    """What two approved is exchanged for something else afterwards, digest and all."""
    paper = await scene.unlocked()
    row = await scene.approved()
    items, victim = scene.repository.database["erasures"], scene.victims["expired"][0]
    key, version = {"disposal": row["_id"], "document": paper["_id"]}, victim["versions"][0]
    item = await items.find_one(key)
    pinned = item["objects"][0] | {"sha256": version["sha256"], "version": version["store_version"]}
    await items.update_one(key, {"$set": {"document": victim["_id"], "objects": [pinned]}})
    listed = await scene.repository.retention.disposals.items(row["_id"])
    for digest in (row["items"], digest_of(listed)):
        told = {"$set": {"items": digest}}
        await scene.repository.database["disposals"].update_one({"_id": row["_id"]}, told)
        assert await scene.command("dispose", id=row["_id"]) == 1
    await scene.repository.database["disposals"].delete_one({"_id": row["_id"]})


async def _robbed(scene: Scene) -> None:
    """Rows are taken out of the database, so that the sweep takes their files for orphans."""
    victims = [scene.victims[state][0] for state in ("locked", "expired")]
    documents = scene.repository.database["documents"]
    rows = await documents.find({"_id": {"$in": [one["_id"] for one in victims]}}).to_list(None)
    await documents.delete_many({"_id": {"$in": [one["_id"] for one in victims]}})
    assert await scene.command("sweep") == 0
    assert "dọn 0" in await keeping.sweep(scene.world.indexers)
    kinds = {kind for kind, _ in await scene.found()}
    assert {"row.missing", "object.orphan"} <= kinds
    await documents.insert_many(rows)


async def _ahead(scene: Scene) -> None:
    """A worker whose clock runs sixty years ahead thinks it over; the store's clock does not."""
    _, (paper,) = await scene.closed("20 năm", count=1)
    await scene.settle()
    before = {paper["_id"]: await scene.state(paper)}
    clock = FixedClock(datetime.now(UTC) + timedelta(days=60 * 365))
    async with open_repository(scene.settings, clock=clock) as later:
        disposals = later.retention.disposals
        row = await disposals.propose(scene.actor("clerk"), OWN)
        assert paper["_id"] in {one["document"] for one in await disposals.items(row["_id"])}
        for role in ("leader", "auditor"):
            await disposals.vote(scene.actor(role), row["_id"], VoteForm(approve=True))
        _, done = await later.retention.dispose(row["_id"])
        assert done.waiting
        assert [one["subject"]["id"] for one in await later.incidents.find(kind="disposal.locked")] == [
            row["_id"]
        ]
    assert not hurt(before, {paper["_id"]: await scene.state(paper)})


# --- Commands and jobs ----------------------------------------------------------------------------------------------


async def _commands(scene: Scene) -> None:
    """All verbs that keep and let go, with the eraser in hand."""
    for verb in ("locks", "holds", "propose", "dispose", "sweep"):
        assert await scene.command(verb) == 0, verb
    assert await scene.command("dispose", id=scene.parked) == 1
    with pytest.raises(Exception, match="đề nghị tiêu hủy"):
        await scene.command("dispose", id=ids.new("th"))
    await scene.stopped()


async def _jobs(scene: Scene) -> None:
    for job in (keeping.roll_locks, keeping.propose, keeping.dispose_approved, keeping.sweep):
        await job(scene.world.indexers)
    await scene.stopped()


# --- The store's identities -----------------------------------------------------------------------------------------

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


def _s3(who: str, state: str, may: frozenset[str] = frozenset()) -> Callable[[Scene], Awaitable[None]]:
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


def _as(who: str, state: str, attempt: Attempt, succeeds: bool) -> Callable[[Scene], Awaitable[None]]:
    """One deed of one identity, on the first victim in that state."""

    async def do(scene: Scene) -> None:
        victim = scene.victims[state].pop()
        scene.victim, version = victim["_id"], victim["versions"][0]
        query = attempt.query.replace("VERSION", version["store_version"])
        told = Attempt(**{**vars(attempt), "query": query})
        assert (scene.s3(_keys(scene, who), version, told) == "succeeded") == succeeds

    return do


_UNTIMELY = frozenset({"xóa phiên bản", "xóa phiên bản, vượt khóa", "xóa hàng loạt"})
"""What the eraser is for; the store lets it where the lock has run out, approved or not."""
_LOCKS_AGAIN = frozenset({"rút ngắn khóa", "hạ khóa xuống GOVERNANCE", "hạ khóa, vượt khóa", "gỡ khóa"})
"""On a lock that has run out none of these takes anything away."""
_HOLD_OFF = Attempt(name="gỡ phong tỏa", method="PUT", query="legal-hold=&versionId=VERSION", body=_OFF)
_MARK = Attempt(name="dấu xóa", method="DELETE")
_KILL = Attempt(name="xóa vượt khóa", method="DELETE", query="versionId=VERSION",
                headers={"x-amz-bypass-governance-retention": "true"})  # fmt: skip
_STOP = Attempt(name="dừng giữ phiên bản", method="PUT", query="versioning=", bucket=True, body=_SUSPEND)
_DROP = Attempt(name="xóa bucket", method="DELETE", bucket=True)
BESIDE = ("object.unknown_version",)
WAYS = [
    *(Way(f"HTTP: DELETE ở mọi đường dẫn, {one}", _everywhere(one)) for one in ROLES),
    *(Way(f"HTTP: đề nghị thêm văn bản chưa hết hạn, {one}", _proposes(one)) for one in ROLES),
    Way("HTTP: một mình làm cả hội đồng", _alone),
    Way("HTTP: một mình gỡ phong tỏa", _lifts_alone),
    Way("HTTP: rút ngắn thời hạn bảo quản", _shortened),
    Way("HTTP: hồ sơ ghi lùi ngày", _backdated),
    Way("HTTP: phong tỏa sau khi duyệt", _held_meanwhile),
    Way("HTTP: vào hồ sơ khác sau khi duyệt", _filed_meanwhile),
    Way("lệnh: mọi động từ", _commands),
    Way("việc theo lịch: mọi việc", _jobs),
    Way("cơ sở dữ liệu: sửa ngày hết hạn", _edited_end),
    Way("cơ sở dữ liệu: tự ghi đã duyệt", _forged_state),
    Way("cơ sở dữ liệu: tráo danh sách", _swapped_list),
    Way("cơ sở dữ liệu: xóa dòng rồi dọn tệp mồ côi", _robbed),
    *(Way(f"kho: khóa lạ, {one}", _s3("stranger", one)) for one in ("locked", "held", "expired")),
    Way("kho: khóa dịch vụ, còn khóa", _s3("service", "locked"), BESIDE),
    Way("kho: khóa dịch vụ, phong tỏa", _s3("service", "held", _LOCKS_AGAIN), BESIDE),
    Way("kho: khóa dịch vụ, hết hạn chưa duyệt", _s3("service", "expired", _LOCKS_AGAIN), BESIDE),
    Way("kho: khóa xóa, còn khóa", _s3("eraser", "locked")),
    Way("kho: khóa xóa, phong tỏa", _s3("eraser", "held")),
    Way("kho: khóa xóa, hết hạn chưa duyệt", _s3("eraser", "expired", _UNTIMELY), ("object.missing",)),
    Way("kho: khóa dịch vụ gỡ phong tỏa", _as("service", "held", _HOLD_OFF, succeeds=True), ("object.hold",)),
    Way("kho: quản trị kho, xóa bản còn khóa", _as("root", "locked", _KILL, succeeds=False)),
    Way("kho: quản trị kho, dừng giữ phiên bản", _as("root", "locked", _STOP, succeeds=False)),
    Way("kho: quản trị kho, xóa bucket", _as("root", "locked", _DROP, succeeds=False)),
    Way("kho: quản trị kho, đặt dấu xóa", _as("root", "locked", _MARK, succeeds=True), ("object.marked",)),
    Way("đồng hồ: máy xóa chạy nhanh sáu mươi năm", _ahead),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(engines: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    data = tmp_path_factory.mktemp("early")
    settings = Settings(
        data=data, mongo_url=engines.mongo_url, mongo_database=ids.new("ee"), s3_url=engines.s3_url,
        s3_access_key=engines.s3_access_key, s3_secret_key=engines.s3_secret_key, s3_bucket=engines.bucket,
        clamd_url=engines.clamd or "", search_url=f"tantivy:{data / 'search'}", secret="test",
        admin_totp="optional", log_origin=f"tangthu/{ids.new('ee')}",
    )  # fmt: skip
    async with open_scene(settings, engines) as opened:
        yield opened


@pytest.mark.parametrize("way", WAYS, ids=lambda one: one.name)
async def test_nothing_goes_before_its_time(scene: Scene, way: Way) -> None:
    before = await scene.all()
    scene.victim = ""
    await way.do(scene)
    after = await scene.all()
    left = {name: state for name, state in before.items() if name in after}
    assert hurt(left, after) == set()
    if way.finds:
        scene.told.append((way.name, scene.victim, way.finds))


async def test_what_was_not_refused_is_found(scene: Scene) -> None:
    """By the fixity run of the night, each with the paper that it happened to."""
    found = await scene.found()
    for name, victim, finds in scene.told:
        kinds = {kind for kind, subject in found if not victim or subject == victim}
        assert kinds & set(finds), (name, kinds)
    assert len(scene.told) == sum(bool(one.finds) for one in WAYS)
