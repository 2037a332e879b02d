"""The benchmark of signatures measures what it says: ours and pyHanko alone, on the same files, both answering."""

import pytest

from ops.bench import command
from ops.bench.signatures import PLAIN, signatures
from repository import errors
from repository.sandbox import Sandbox
from tests.repository.signatures import honest
from tests.repository.signatures.forge import Forge


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("da-ky")
    forge = Forge(made)
    for name in ("person-then-agency", "time-stamped-later"):
        (made / f"{name}.pdf").write_bytes(honest.HONEST[name](forge))
    return made


async def test_both_are_measured_on_every_file(folder):
    found = await signatures(folder, rounds=1)
    assert (found["files"], found["pyhanko_fails_on"]) == (2, [])
    assert found["times_pyhanko"]["median"] > 0
    assert found["ours"]["median"] > 0 and found["pyhanko"]["median"] > 0


async def test_the_yardstick_is_a_whole_validation(folder):
    anchors = [str(folder / "anchors.pem"), str(folder / "issuer.crl")]
    async with Sandbox(function=PLAIN, size=1) as sandbox:
        found = await sandbox.run(folder / "person-then-agency.pdf", {"trust_anchors": anchors})
    assert len(found) == 2
    assert all("TRUSTED" in one for one in found)


async def test_an_empty_folder_is_said_to_be(tmp_path):
    with pytest.raises(errors.NotFound):
        await signatures(tmp_path, rounds=1)


def test_it_takes_a_folder():
    assert command.parse(["signatures", "kho"]) is not None
