"""How strong the program's password hashes are; the suite itself weakens them, see tests/conftest.py."""

import subprocess
import sys

import pytest
from argon2 import Type, extract_parameters

ASK = """
import asyncio
from repository.organisation.accounts import passwords
print(asyncio.run(passwords.hash_password("Sông-Hương-9")), passwords.nobody())
"""


@pytest.mark.clause("Đ9.4")
def test_the_program_hashes_in_earnest() -> None:
    """Argon2id with at least the second recommended choice of RFC 9106; a name nobody has costs the same."""
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout
    one, nobody = (extract_parameters(told) for told in said.split())
    assert one == nobody and one.type is Type.ID
    assert one.memory_cost >= 64 * 1024 and one.time_cost >= 3 and one.parallelism >= 4
