"""A dozen of the hundred tamperings of `tests/soak/tampering`, one of each sort, on a living office."""

import pytest

from tests.soak.estate import Shell, open_estate
from tests.soak.tampering import QUICK


@pytest.mark.timeout(300)
@pytest.mark.clause("Đ3.1")
async def test_one_tampering_of_each_sort_is_found(settings, engines):
    async with open_estate(settings, engines) as estate:
        shell = Shell(estate)
        for one in QUICK:
            before = await estate.dump()
            await one.do(estate, shell)
            found = {kind for kind, _ in await estate.wrong()}
            assert found & set(one.finds), (one.name, found)
            if one.name.startswith(("kho", "chỉ mục")):
                estate.known |= await estate.wrong()
            else:
                await estate.restore(before)
