"""Codes, symbols and fields go through a package and come back the same."""

import re

from hypothesis import given
from hypothesis import strategies as st

from repository.archive_packages import ead
from repository.archive_packages.codes import FileCode, Names, document_code, document_id
from repository.archive_packages.contents import Kind
from repository.archive_packages.describing import joined_symbol, split_symbol
from repository.text import nfc
from tests.repository.archive_packages.scene import RULES

GROUPS = st.lists(st.from_regex(r"[0-9A-Z]{1,3}", fullmatch=True), min_size=1, max_size=4).map(".".join)
PRINTED = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=60)


@given(agency=GROUPS, year=st.integers(1945, 2199), notation=PRINTED.filter(lambda one: one.strip()))
def test_a_dossiers_code_is_read_as_it_was_written(agency, year, notation) -> None:
    code = FileCode(agency, year, notation.strip())
    assert FileCode.parse(str(code)) == code
    assert FileCode.parse(f"  {code} ") == code


def test_what_names_no_year_is_no_code() -> None:
    assert FileCode.parse("H49.64.33") is None and FileCode.parse("") is None
    assert FileCode.parse("G09.H49.64.2001.160") == FileCode("G09.H49.64", 2001, "160")


@given(code=PRINTED, n=st.integers(1, 99_999))
def test_a_documents_id_is_short_plain_and_its_own(code, n) -> None:
    made = document_id(code, n)
    assert re.fullmatch(r"[A-Z0-9][A-Z0-9.-]*", made) and len(made) <= 25 and made.endswith(f".{n}")
    assert made != document_id(code, n + 1)


def test_ids_are_those_of_the_circular() -> None:
    assert document_id("H49.64.33.2001.160", 1) == "H49.64.33.2001.160.1"
    assert document_code("H49.64.33.2001.160", 1) == "H49.64.33.2001.160.0000001"
    assert document_id("H49.64.33.2001.ĐTXD/02", 7).startswith("H49.64.33.2001.DTXD-02.7")
    long = [document_id(f"000.00.12.H29.2026.HỒ SƠ {one}", 3) for one in ("MỘT", "HAI")]
    assert len(set(long)) == 2 and all(len(one) == 25 for one in long)


@given(PRINTED)
def test_a_symbol_is_joined_as_it_was_split(symbol) -> None:
    number, notation = split_symbol(symbol)
    assert joined_symbol(number, notation) == symbol and len(number) <= 11
    assert split_symbol("71/QĐ-UBND") == ("71", "QĐ-UBND")


@given(st.dictionaries(st.sampled_from(sorted(RULES.document_fields["sip"])), PRINTED))
def test_what_is_described_is_read_again(fields) -> None:
    kept = dict.fromkeys(RULES.document_fields["sip"], "") | {
        name: nfc(said).strip() for name, said in fields.items()
    }
    for kind in Kind:
        found = ead.read(ead.document(kept, kind, RULES, ("A.2026.1", 4)), "x")
        assert {name: found[name] for name in kept} == kept
        assert ("docOrdinal" in found) is (kind is Kind.AIP)


def test_names_are_made_of_the_state() -> None:
    one, same, other = Names("a"), Names("a"), Names("b")
    assert one.package == same.package != other.package and one.package == one.package.upper()
    assert one.of("x") == same.of("x") != one.of("y") and one.of("x").startswith("uuid-")
    assert one.file("x").startswith("ID-") and one.file("x")[3:] == one.of("x")[5:]


def test_the_fields_are_those_of_the_circular() -> None:
    assert {kind: len(names) for kind, names in RULES.dossier_fields.items()} == {"sip": 18, "aip": 18}
    assert len(RULES.document_fields["sip"]) == 21
    assert set(RULES.document_fields["aip"]) == {*RULES.document_fields["sip"], "arcFileCode", "docOrdinal"}
