"""Signed notes and checkpoints: a published note verifies, anything altered does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.audit import note
from repository.audit.checkpoint import Checkpoint, opened
from repository.audit.note import Malformed, PublicKey, SigningKey

# The example of Go's golang.org/x/mod/sumdb/note documentation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
KEY = SigningKey("log.example/a", bytes(range(32)))


def test_a_note_that_go_signed() -> None:
    key = PublicKey.parse(GO_KEY)
    assert str(key) == GO_KEY
    assert note.parse(GO_NOTE.encode()).signers([key]) == [key]
    assert note.parse(GO_NOTE.replace("answer", "Answer").encode()).signers([key]) == []


@given(st.integers(0, 2**50), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back(size: int, root: bytes) -> None:
    made = Checkpoint("log.example/a", size, root)
    assert opened(made.signed([KEY]), [KEY.public], "log.example/a") == made


@given(st.data())
def test_one_changed_byte_is_refused(data: st.DataObject) -> None:
    raw = bytearray(Checkpoint("log.example/a", 7, bytes(32)).signed([KEY]))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(Malformed):
        opened(bytes(raw), [KEY.public], "log.example/a")


def test_only_known_keys_count_and_both_of_a_rotation_do() -> None:
    other = SigningKey("log.example/a", bytes(32))
    made = Checkpoint("log.example/a", 7, bytes(32))
    with pytest.raises(Malformed, match="known key"):
        opened(made.signed([other]), [KEY.public])
    both = made.signed([KEY, other])
    assert note.parse(both).signers([KEY.public, other.public]) == [KEY.public, other.public]


def test_another_log_is_another_log() -> None:
    with pytest.raises(Malformed, match="another log"):
        opened(Checkpoint("log.example/b", 7, bytes(32)).signed([KEY]), [KEY.public], "log.example/a")


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    witness = SigningKey("log.example/a", bytes(range(32)), note.COSIGNATURE)
    made = Checkpoint("log.example/a", 7, bytes(32))
    raw = note.write(made.text, [witness.line(made.text, 1_800_000_000)]).encode()
    assert note.parse(raw).signers([witness.public]) == [witness.public]
    with pytest.raises(Malformed, match="known key"):
        opened(raw, [KEY.public, witness.public])


@pytest.mark.parametrize("text", [
    "a\n1\n", "a\n01\nAAAA\n", "a\n-1\n" + "A" * 43 + "=\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n", "a\n1\n!\n",
])  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(Malformed):
        Checkpoint.read(text)


@pytest.mark.parametrize(
    "raw", [b"", b"x\n", b"x\n\n", b"x\n\n\xe2\x80\x94 a\n", b"x\n\n- a AAAA\n", b"\xff\n\n", b"x\r\n\n"]
)
def test_what_is_no_note(raw: bytes) -> None:
    with pytest.raises(Malformed):
        note.parse(raw)


def test_a_private_key_reads_back_and_never_shows() -> None:
    assert SigningKey.parse(KEY.secret()) == KEY
    assert KEY.secret()[-20:] not in repr(KEY)
    with pytest.raises(Malformed):
        SigningKey.parse(KEY.secret().replace(KEY.public.id.hex(), "00000000"))
