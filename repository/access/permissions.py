"""What may be done, and which role may do it: one table. Roles are the regulation's own people."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """Named for what it lets a person do; every route and command names one."""

    READ_DOCUMENTS = "documents.read"
    STORE_DOCUMENTS = "documents.store"
    DESCRIBE_DOCUMENTS = "documents.describe"
    ISSUE_DOCUMENTS = "documents.issue"
    SIGN_DOCUMENTS = "documents.sign"
    SEAL_DOCUMENTS = "documents.seal"
    SHARE_DOCUMENTS = "documents.share"
    EXPLAIN_ACCESS = "access.explain"
    SEARCH = "search"
    READ_REGISTERS = "registers.read"
    MAKE_ENTRIES = "registers.entries"
    ANNUL_ENTRIES = "registers.annul"
    OPEN_REGISTERS = "registers.open"
    READ_DOSSIERS = "dossiers.read"
    KEEP_DOSSIERS = "dossiers.keep"
    HAND_OVER_DOSSIERS = "dossiers.hand_over"
    RECEIVE_DOSSIERS = "dossiers.receive"
    KEEP_CATALOGUES = "catalogues.keep"
    KEEP_SCHEDULES = "schedules.keep"
    READ_RETENTION = "retention.read"
    HOLD_DOCUMENTS = "holds.keep"
    PROPOSE_DISPOSALS = "disposals.propose"
    JUDGE_DISPOSALS = "disposals.judge"
    VERIFY = "verify"
    MAKE_EVIDENCE = "evidence.make"
    KEEP_SAMPLES = "samples.keep"
    READ_HISTORY = "history.read"
    READ_EVERYTHING = "everything.read"
    READ_LOG = "log.read"
    PROVE_LOG = "log.prove"
    READ_UNITS = "units.read"
    OWN_ACCOUNT = "account.own"
    ADMINISTER_UNITS = "units.administer"
    ADMINISTER_PEOPLE = "people.administer"
    REVIEW_RIGHTS = "rights.review"
    ADMINISTER_TOKENS = "tokens.administer"
    REPORT_INCIDENTS = "incidents.report"
    READ_INCIDENTS = "incidents.read"
    SETTLE_INCIDENTS = "incidents.settle"
    READ_INSPECTIONS = "inspections.read"
    OPERATE = "operate"


class Role(StrEnum):
    """văn thư, chuyên viên, lãnh đạo, quản trị đơn vị, Tổ CNTT, kiểm tra viên, hệ thống, lệnh trên máy chủ."""

    CLERK = "clerk"
    OFFICER = "officer"
    LEADER = "leader"
    UNIT_ADMIN = "unit_admin"
    IT = "it"
    AUDITOR = "auditor"
    SYSTEM = "system"
    OPERATOR = "operator"


ROLE_WORDS: Final[dict[Role, str]] = {
    Role.CLERK: "Văn thư",
    Role.OFFICER: "Chuyên viên",
    Role.LEADER: "Lãnh đạo",
    Role.UNIT_ADMIN: "Quản trị đơn vị",
    Role.IT: "Tổ CNTT",
    Role.AUDITOR: "Kiểm tra viên",
    Role.SYSTEM: "Hệ thống",
    Role.OPERATOR: "Vận hành",
}

_P = Permission
_EVERYBODY: Final = frozenset({_P.READ_UNITS, _P.OWN_ACCOUNT, _P.REPORT_INCIDENTS})
_READING: Final = _EVERYBODY | frozenset(
    {_P.READ_DOCUMENTS, _P.SEARCH, _P.READ_REGISTERS, _P.READ_DOSSIERS, _P.VERIFY, _P.READ_HISTORY}
    | {_P.MAKE_EVIDENCE}
)
_WORKING: Final = _READING | {_P.STORE_DOCUMENTS, _P.DESCRIBE_DOCUMENTS, _P.KEEP_DOSSIERS}
_OPENING: Final = frozenset({_P.SHARE_DOCUMENTS, _P.EXPLAIN_ACCESS})
_HANDING: Final = frozenset({_P.HAND_OVER_DOSSIERS, _P.KEEP_CATALOGUES})
_COUNCIL: Final = frozenset({_P.READ_RETENTION, _P.JUDGE_DISPOSALS})

TABLE: Final[dict[Role, frozenset[Permission]]] = {
    Role.CLERK: _WORKING
    | _OPENING
    | _HANDING
    | {_P.MAKE_ENTRIES, _P.ANNUL_ENTRIES, _P.OPEN_REGISTERS, _P.ISSUE_DOCUMENTS}
    | {_P.SIGN_DOCUMENTS, _P.SEAL_DOCUMENTS, _P.RECEIVE_DOSSIERS}
    | _COUNCIL
    | {_P.PROPOSE_DISPOSALS},
    Role.OFFICER: _WORKING | {_P.SIGN_DOCUMENTS},
    Role.LEADER: _WORKING
    | _OPENING
    | _HANDING
    | _COUNCIL
    | {_P.SIGN_DOCUMENTS, _P.REVIEW_RIGHTS, _P.PROPOSE_DISPOSALS, _P.HOLD_DOCUMENTS, _P.RECEIVE_DOSSIERS},
    Role.UNIT_ADMIN: _EVERYBODY | frozenset({_P.ADMINISTER_PEOPLE, _P.READ_REGISTERS, _P.REVIEW_RIGHTS}),
    Role.IT: _EVERYBODY
    | frozenset({_P.ADMINISTER_UNITS, _P.ADMINISTER_PEOPLE, _P.ADMINISTER_TOKENS, _P.REVIEW_RIGHTS})
    | frozenset({_P.KEEP_SCHEDULES, _P.PROVE_LOG, _P.OPERATE, _P.READ_INCIDENTS, _P.SETTLE_INCIDENTS})
    | {_P.READ_RETENTION, _P.READ_INSPECTIONS},
    Role.AUDITOR: _READING
    | _COUNCIL
    | {_P.HOLD_DOCUMENTS, _P.READ_INSPECTIONS}
    | {_P.REVIEW_RIGHTS, _P.READ_EVERYTHING, _P.READ_LOG, _P.PROVE_LOG, _P.EXPLAIN_ACCESS, _P.READ_INCIDENTS}
    | {_P.KEEP_SAMPLES},
    Role.SYSTEM: (_WORKING - {_P.OWN_ACCOUNT})
    | _HANDING
    | {_P.MAKE_ENTRIES, _P.ISSUE_DOCUMENTS, _P.SHARE_DOCUMENTS, _P.PROVE_LOG},
    Role.OPERATOR: frozenset(Permission),
}


GRANTED_BY_IT_ONLY: Final = frozenset({Role.IT, Role.AUDITOR})
"""Roles that reach beyond one unit; a unit's own administrator cannot give them, nor touch who bears them."""
FOR_PEOPLE: Final = tuple(one for one in Role if one not in (Role.SYSTEM, Role.OPERATOR))


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """All that the roles give together."""
    return frozenset().union(*(TABLE[role] for role in roles))
