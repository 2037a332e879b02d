"""Tokens of other systems: nobody hands out more than the role that issues them may see."""

import asyncio
from datetime import timedelta

import pytest

from repository import errors
from repository.access.actors import operator
from repository.access.permissions import Permission, Role
from repository.wiring import Repository
from tests.factories import District, make_person


@pytest.mark.clause("Đ5.2")
async def test_sight_of_everything_is_not_issued_over_http(
    repository: Repository, district: District
) -> None:
    administrator = await make_person(repository, "it.thu", "van-phong", Role.IT)
    facts = {"system": "doc-het", "unit": "van-phong", "lasts": timedelta(hours=1)}
    scopes = [Permission.READ_DOCUMENTS, Permission.READ_EVERYTHING]
    with pytest.raises(errors.Forbidden):
        await repository.credentials.issue_token(administrator, scopes=scopes, **facts)
    secret, _ = await repository.credentials.issue_token(operator("test"), scopes=scopes, **facts)
    reader = await repository.credentials.of_token(secret)
    assert reader is not None and reader.may(Permission.READ_EVERYTHING)


async def test_a_look_beside_a_revocation_is_not_remembered(
    repository: Repository, district: District
) -> None:
    """Each round the looks race the revocation; once it has answered, this process lets the token in no more."""
    for n in range(15):
        facts = {"system": f"dua-{n}", "unit": "van-phong", "lasts": timedelta(hours=1)}
        secret, row = await repository.credentials.issue_token(
            operator("test"), scopes=[Permission.SEARCH], **facts
        )

        async def looked(secret: str = secret, after: float = 0.0) -> None:
            await asyncio.sleep(after)
            await repository.credentials.of_token(secret)

        looks = [asyncio.create_task(looked(after=at / 2000)) for at in range(12)]
        await repository.credentials.revoke(operator("test"), row["_id"][:16])
        assert await repository.credentials.of_token(secret) is None
        await asyncio.gather(*looks)
        assert await repository.credentials.of_token(secret) is None
