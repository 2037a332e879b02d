"""What people store is no part of the log, whatever it reads like."""

from repository.audit.checkpoint import Checkpoint
from repository.audit.note import SigningKey
from tests.factories import stored


async def kinds(repository) -> set[str]:
    return {fault.kind for fault in (await repository.log.check.run(again=True)).faults}


async def test_a_paper_that_reads_like_a_checkpoint_is_no_alarm(repository, district) -> None:
    """Whoever may store a text could else have the log found wrong for as long as the text is locked."""
    await repository.log.sealer.catch_up()
    strange = SigningKey.fresh(repository.log.origin)
    paper = Checkpoint(repository.log.origin, 5, bytes(32)).signed([strange])
    await stored(repository, district.clerk, paper)
    assert await kinds(repository) == set()
    await repository.database["documents"].delete_many({})
    assert await kinds(repository) == {"unsigned"}
