"""The rule for readers against a plain telling of it: Hypothesis makes papers and people, both must agree."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from repository.access import marks, rules
from repository.access.actors import Actor, Principal
from repository.access.permissions import Permission, Role
from repository.access.rules import Classification

UNITS = ("van-phong", "phuong-a", "phuong-b")
PEOPLE = [
    Actor(
        id=f"ng-{unit}-{role.value}", name=f"{role} {unit}", kind="person", unit=unit, roles=frozenset({role})
    )
    for unit in UNITS
    for role in (Role.CLERK, Role.OFFICER, Role.LEADER, Role.AUDITOR, Role.UNIT_ADMIN)
]
WHO = {"name": "Người", "id": "x", "unit": "van-phong", "kind": "person", "title": ""}


def share(mark: str, *, ended: bool = False) -> dict[str, Any]:
    return {
        "mark": mark,
        "to": {"id": mark},
        "by": WHO,
        "at": None,
        "reason": "r",
        "ended": {} if ended else None,
    }


def paper(**fields: Any) -> dict[str, Any]:
    return {
        "unit": "van-phong", "classification": "thuong", "shares": [], "dossiers": [], "created_at": None,
        "created_by": WHO,
    } | fields  # fmt: skip


def sees(actor: Actor, document: dict[str, Any], dossiers: list[dict[str, Any]]) -> bool:
    """The rule as one would tell it, without marks."""
    own, level = actor.unit == document["unit"], document["classification"]
    if Role.AUDITOR in actor.roles:
        return True
    if not actor.may(Permission.READ_DOCUMENTS):
        return own and level != "han_che"  # the mark alone; the route refuses
    running = [one["mark"] for one in document["shares"] if one["ended"] is None]
    named = f"person:{actor.id}@{actor.unit}" in running
    member = any(one["_id"] in actor.dossiers and one["unit"] == document["unit"] for one in dossiers)
    whole_unit = f"unit:{actor.unit}" in running
    author = document["created_by"]["id"] == actor.id and document["created_by"]["unit"] == actor.unit and own
    offices = bool({Role.CLERK, Role.LEADER} & actor.roles)
    office = own and offices
    if offices and any(
        one.get("handed") and one["handed"]["to"] == actor.unit and one["unit"] == document["unit"]
        for one in dossiers
    ):
        return True
    return {
        "cong_khai": True,
        "thuong": own or named or member or whole_unit,
        "noi_bo": own or named or member,
        "han_che": office or author or named,
    }[level]


everybody = st.sampled_from(PEOPLE)
dossiers_made = st.lists(
    st.builds(
        lambda n, unit, to: (
            {"_id": f"hs-{n}", "unit": unit, "title": f"Hồ sơ {n}"}
            | ({"handed": {"to": to, "at": None}} if to else {})
        ),
        st.integers(0, 3),
        st.sampled_from(UNITS),
        st.sampled_from((None, *UNITS)),
    ),
    max_size=3,
    unique_by=lambda one: one["_id"],
)
marks_made = st.one_of(
    st.sampled_from(UNITS).map(marks.unit), everybody.map(lambda one: marks.person(one.id, one.unit))
)
papers = st.builds(
    paper,
    unit=st.sampled_from(UNITS),
    classification=st.sampled_from([one.value for one in Classification]),
    shares=st.lists(st.builds(share, marks_made, ended=st.booleans()), max_size=5),
    created_by=everybody.map(lambda one: one.as_row()),
)


@pytest.mark.clause("Đ1.p2")
@given(papers, dossiers_made, everybody, st.frozensets(st.sampled_from(["hs-0", "hs-1", "hs-2"])))
def test_marks_say_what_the_rule_says(document, dossiers, person, joined) -> None:
    # A unit that shares with itself opens nothing that its own level closes.
    document["shares"] = [one for one in document["shares"] if one["mark"] != marks.unit(document["unit"])]
    actor = replace(person, dossiers=joined if person.may(Permission.READ_DOCUMENTS) else frozenset())
    visible = bool(set(actor.marks) & set(rules.readers(document, dossiers)))
    if actor.may(Permission.READ_DOCUMENTS):
        assert visible == sees(actor, document, dossiers)
    assert visible == bool(rules.why(document, dossiers, actor.marks))


@given(papers, dossiers_made)
def test_each_reader_has_a_reason_in_words(document, dossiers) -> None:
    found = rules.grants(document, dossiers)
    assert {one.mark for one in found} == set(rules.readers(document, dossiers))
    assert all(one.words and one.rule for one in found)


@given(papers, dossiers_made, marks_made)
def test_a_share_that_has_ended_opens_nothing(document, dossiers, mark) -> None:
    with_ended = document | {"shares": [*document["shares"], share(mark, ended=True)]}
    assert rules.readers(with_ended, dossiers) == rules.readers(document, dossiers)


@given(papers, dossiers_made, marks_made)
def test_sharing_takes_nobodys_sight(document, dossiers, mark) -> None:
    more = document | {"shares": [*document["shares"], share(mark)]}
    assert set(rules.readers(document, dossiers)) <= set(rules.readers(more, dossiers))


def test_a_right_of_a_person_stays_behind_in_the_unit() -> None:
    officer = next(one for one in PEOPLE if one.unit == "phuong-a" and Role.OFFICER in one.roles)
    document = paper(shares=[share(marks.person(officer.id, officer.unit))])
    assert set(officer.marks) & set(rules.readers(document, []))
    moved = replace(officer, unit="phuong-b")
    assert not set(moved.marks) & set(rules.readers(document, []))


def test_a_foreign_dossier_opens_nothing_of_ours() -> None:
    document = paper(dossiers=["hs-1"])
    assert "dossier:hs-1" in rules.readers(document, [{"_id": "hs-1", "unit": "van-phong", "title": "A"}])
    assert "dossier:hs-1" not in rules.readers(document, [{"_id": "hs-1", "unit": "phuong-a", "title": "A"}])


def test_what_a_closed_unit_kept_goes_with_the_successors_dossier_to_the_archive() -> None:
    dossier = {
        "_id": "hs-1", "unit": "phuong-b", "title": "A", "handed": {"to": "phuong-a", "at": None},
        "custody": [{"kind": "successor", "from": "van-phong"}, {"kind": "returned", "from": "phuong-c"}],
    }  # fmt: skip
    mark = marks.office("phuong-a", Role.CLERK)
    assert mark in rules.readers(paper(classification="han_che"), [dossier])
    assert mark not in rules.readers(paper(unit="phuong-c"), [dossier]), (
        "an archive that sent it back gave nothing"
    )


def test_a_delegate_sees_with_the_principals_eyes_and_is_named_beside_him() -> None:
    leader = next(one for one in PEOPLE if one.unit == "van-phong" and Role.LEADER in one.roles)
    principal = Principal(id=leader.id, name=leader.name, title="Chánh Văn phòng", delegation="uq-1")
    acting = replace(leader, id="ng-lan", name="Lan", on_behalf_of=principal)
    assert acting.marks == leader.marks
    row = acting.as_row()
    assert row["name"] == "Lan" and row["on_behalf_of"]["name"] == leader.name


def test_an_office_is_borne_by_people_only() -> None:
    system = Actor(id="system:x", name="x", kind="system", unit="van-phong", roles=frozenset({Role.CLERK}))
    assert marks.office("van-phong", Role.CLERK) not in system.marks
