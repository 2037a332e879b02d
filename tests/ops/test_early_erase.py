"""Erasing before the time, by any way in: each is refused, or the checks of the day find it.

The table WAYS is the whole of it: HTTP by every role, the votes, the commands and jobs, the database, the clock, and
each S3 identity. Every other route by every role: the end of `tests/api/test_matrix.py`. Crashes in the midst:
`tests/repository/retention/test_disposal.py` and `tests/soak/test_kill_disposal.py`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from repository import ids
from repository.settings import Settings
from tests.api.district import ROLES
from tests.ops.early_erase.approved import backdated, edited_end, filed_meanwhile, held_meanwhile, shortened
from tests.ops.early_erase.behind import ahead, commands, forged_state, jobs, robbed, swapped_list
from tests.ops.early_erase.by_http import alone, everywhere, lifts_alone, proposes
from tests.ops.early_erase.scene import Scene, hurt, open_scene
from tests.ops.early_erase.store import DROP, HOLD_OFF, KILL, LOCKS_AGAIN, MARK, STOP, UNTIMELY, one_deed, s3

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


BESIDE = ("object.unknown_version",)
WAYS = [
    *(Way(f"HTTP: DELETE ở mọi đường dẫn, {one}", everywhere(one)) for one in ROLES),
    *(Way(f"HTTP: đề nghị thêm văn bản chưa hết hạn, {one}", proposes(one)) for one in ROLES),
    Way("HTTP: một mình làm cả hội đồng", alone),
    Way("HTTP: một mình gỡ phong tỏa", lifts_alone),
    Way("HTTP: rút ngắn thời hạn bảo quản", shortened),
    Way("HTTP: hồ sơ ghi lùi ngày", backdated),
    Way("HTTP: phong tỏa sau khi duyệt", held_meanwhile),
    Way("HTTP: vào hồ sơ khác sau khi duyệt", filed_meanwhile),
    Way("lệnh: mọi động từ", commands),
    Way("việc theo lịch: mọi việc", jobs),
    Way("cơ sở dữ liệu: sửa ngày hết hạn", edited_end),
    Way("cơ sở dữ liệu: tự ghi đã duyệt", forged_state),
    Way("cơ sở dữ liệu: tráo danh sách", swapped_list),
    Way("cơ sở dữ liệu: xóa dòng rồi dọn tệp mồ côi", robbed),
    *(Way(f"kho: khóa lạ, {one}", s3("stranger", one)) for one in ("locked", "held", "expired")),
    Way("kho: khóa dịch vụ, còn khóa", s3("service", "locked"), BESIDE),
    Way("kho: khóa dịch vụ, phong tỏa", s3("service", "held", LOCKS_AGAIN), BESIDE),
    Way("kho: khóa dịch vụ, hết hạn chưa duyệt", s3("service", "expired", LOCKS_AGAIN), BESIDE),
    Way("kho: khóa xóa, còn khóa", s3("eraser", "locked")),
    Way("kho: khóa xóa, phong tỏa", s3("eraser", "held")),
    Way("kho: khóa xóa, hết hạn chưa duyệt", s3("eraser", "expired", UNTIMELY), ("object.missing",)),
    Way("kho: khóa dịch vụ gỡ phong tỏa", one_deed("service", "held", HOLD_OFF, succeeds=True), ("object.hold",)),
    Way("kho: quản trị kho, xóa bản còn khóa", one_deed("root", "locked", KILL, succeeds=False)),
    Way("kho: quản trị kho, dừng giữ phiên bản", one_deed("root", "locked", STOP, succeeds=False)),
    Way("kho: quản trị kho, xóa bucket", one_deed("root", "locked", DROP, succeeds=False)),
    Way("kho: quản trị kho, đặt dấu xóa", one_deed("root", "locked", MARK, succeeds=True), ("object.marked",)),
    Way("đồng hồ: máy xóa chạy nhanh sáu mươi năm", ahead),
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
