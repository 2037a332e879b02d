"""The rules of the content store that need no store: digests, keys, locks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository import errors
from repository.blobs import Digest, layout, locks

NOW = datetime(2026, 11, 23, 1, 0, 0, 123000, tzinfo=UTC)
DAYS = st.integers(-400, 400).map(lambda days: NOW + timedelta(days=days))
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_digest_prints_in_every_form():
    digest = Digest.of(b"")
    assert str(digest) == digest.hex == EMPTY
    assert digest.base64 == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert digest.repr_digest == f"sha-256=:{digest.base64}:"
    assert Digest.parse(f" {EMPTY.upper()}\n") == digest
    assert len({digest, Digest.of(b""), Digest.of(b"x")}) == 2


@pytest.mark.parametrize("text", ["", "abc", EMPTY[:-1], EMPTY + "0", "g" * 64, "../" + EMPTY[3:]])
def test_what_is_no_digest_is_refused(text):
    with pytest.raises(errors.Invalid):
        Digest.parse(text)


@given(st.binary(max_size=50))
def test_a_header_field_gives_the_digest_back(content):
    digest = Digest.of(content)
    assert Digest.parse_field(digest.repr_digest) == digest
    assert Digest.parse_field(f"sha-512=:AAAA:, {digest.repr_digest}") == digest


def test_header_fields_without_or_with_a_broken_member():
    assert Digest.parse_field("sha-512=:AAAA:") is None
    for broken in ("sha-256=:AAAA:", "sha-256=:A:", "sha-256=::"):
        with pytest.raises(errors.Invalid):
            Digest.parse_field(broken)


def test_the_key_is_drawn_from_the_digest():
    key = layout.key_of(Digest(EMPTY))
    assert key == f"sha256/e3/b0/{EMPTY}"
    assert layout.digest_of(key) == Digest(EMPTY)


@pytest.mark.parametrize(
    "key", ["", "x", EMPTY, f"sha256/{EMPTY}", f"sha256/e3/b1/{EMPTY}", f"sha256/e3/b0/{EMPTY.upper()}"]
)
def test_foreign_keys_have_no_digest(key):
    assert layout.digest_of(key) is None


def test_a_lock_at_birth_lasts_a_day_in_whole_seconds():
    assert locks.at_birth(NOW) == NOW.replace(microsecond=0) + timedelta(days=1)


@given(st.none() | DAYS, DAYS)
def test_a_lock_is_never_shortened_and_never_set_in_the_past(locked_until, wanted):
    found = locks.due(NOW, locked_until, wanted)
    if found is None:
        assert wanted <= NOW or (locked_until is not None and locked_until >= wanted)
    else:
        assert found == wanted > NOW
        assert locked_until is None or found > locked_until


@given(st.none() | DAYS, st.none() | DAYS)
def test_a_registered_version_is_always_locked_ninety_days_ahead(locked_until, retained_until):
    found = locks.rolling(NOW, locked_until, retained_until)
    standing = found or locked_until
    assert standing is not None
    assert standing >= NOW + timedelta(days=90)
    assert retained_until is None or standing >= retained_until.replace(microsecond=0)
    assert found is None or locked_until is None or found > locked_until


def test_a_rolling_lock_is_touched_once_in_thirty_days():
    now, until, touched = NOW, None, 0
    for _ in range(365):
        if (set_to := locks.rolling(now, until)) is not None:
            until, touched = set_to, touched + 1
        now += timedelta(days=1)
    assert touched == 13
