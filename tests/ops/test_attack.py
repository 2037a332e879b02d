"""The attack drill: a sound store refuses all of it; one that gives in anywhere is told on aloud."""

import json

import pytest

from ops import attack
from ops.attack import Attempt, Tried
from ops.stack.bucket import RootAccess
from repository.blobs import layout
from tests.soak.estate import Estate, Shell, open_estate


@pytest.fixture
async def estate(settings, engines):
    async with open_estate(settings, engines) as opened:
        yield opened


async def test_a_sound_store_gives_nothing_away(estate: Estate) -> None:
    for _ in range(2):  # each night on the same canary
        tried, wrong = await attack.drill(estate.repository)
        assert wrong == [] and {one.outcome for one in tried} <= {"refused", "added"}
    assert len(tried) == 18
    assert {one.name for one in tried if one.outcome == "added"} <= {
        "ghi đè không điều kiện",
        "chép đè lên chính nó",
    }
    row = await estate.database["canaries"].find_one({"_id": "canary"})
    assert row["wrong"] == [] and len(row["tried"]) == 18
    assert await estate.repository.incidents.find(kind="attack.succeeded") == []
    assert await estate.wrong() == set(), "fixity knows the canary and what the drill put beside it"
    assert await estate.database["audit"].count_documents({"action": "drill.run"}) == 2


async def test_a_store_that_gives_in_opens_incidents(estate: Estate) -> None:
    """With a policy that allows everything, all that only the policy forbade succeeds."""
    shell, bucket = Shell(estate), estate.repository.settings.s3_bucket
    keys = shell._secrets
    port = int(estate.engines.s3_url.rpartition(":")[2])
    root = RootAccess(port=port, access_key=keys["s3.root.key"], secret_key=keys["s3.root.secret"])
    everything = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow", "Action": "s3:*",
                "Principal": {"AWS": "arn:aws:iam::000000000000:user/service"},
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            }
        ],
    }  # fmt: skip
    root.put_policy(bucket, json.dumps(everything))
    tried, wrong = await attack.drill(estate.repository)
    succeeded = {one.name for one in tried if one.outcome == "succeeded"}
    assert {"ghi đè không khóa", "xóa", "dừng giữ phiên bản", "sửa chính sách bucket"} <= succeeded
    assert {"xóa phiên bản", "rút ngắn khóa", "gỡ khóa"} & succeeded == set(), "the lock itself holds"
    opened = await estate.repository.incidents.find(kind="attack.succeeded")
    assert {one["found"] for one in opened} == set(wrong) and len(wrong) >= 4


async def test_a_canary_that_was_harmed_is_told(estate: Estate) -> None:
    await attack.drill(estate.repository)
    row = await estate.database["canaries"].find_one({"_id": "canary"})
    shell = Shell(estate)
    assert shell.key(row) == layout.key_of(layout.digest_of(shell.key(row)))
    shell.raw("PUT", row, "?tagging", **{"Seaweed-X-Amz-Object-Lock-Mode": "GOVERNANCE"})
    _, wrong = await attack.drill(estate.repository)
    assert wrong


@pytest.mark.parametrize(
    ("one", "status", "body", "outcome"),
    [
        (Attempt(name="a", method="PUT"), 403, b"<Error><Code>AccessDenied</Code></Error>", "refused"),
        (Attempt(name="a", method="PUT"), 200, b"", "succeeded"),
        (Attempt(name="a", method="PUT", adds=True), 200, b"", "added"),
        (Attempt(name="a", method="PUT", probe=True), 400, b"<Error><Code>MalformedXML</Code></Error>", "succeeded"),
        (Attempt(name="a", method="PUT", probe=True), 403, b"", "refused"),
        (Attempt(name="a", method="PUT", probe=True), 501, b"", "refused"),
        (Attempt(name="a", method="DELETE", probe=True), 409, b"<E><Code>BucketNotEmpty</Code></E>", "succeeded"),
        (Attempt(name="xóa hàng loạt", method="POST"), 200, b"<D><Error><Code>X</Code></Error></D>", "refused"),
        (Attempt(name="xóa hàng loạt", method="POST"), 200, b"<D><Deleted/></D>", "succeeded"),
    ],
)  # fmt: skip
def test_what_an_answer_means(one: Attempt, status: int, body: bytes, outcome: str) -> None:
    found = attack._judged(one, status, body)
    assert isinstance(found, Tried) and found.outcome == outcome
