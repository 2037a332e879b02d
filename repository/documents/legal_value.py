"""Whether an e-document has the value of the paper original, or is for reference (Đ4.2, Đ7.2, Đ8.3, Đ8.4).

Pure: facts in, status and reasons out, by the rule set in force on the document's date. It fails closed: what
could not be verified does not count, and the reason says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from repository import text
from repository.policy import RuleSets

VALID: Final = "valid"
REFERENCE: Final = "reference"
PENDING: Final = "pending"

_SETS: Final = RuleSets.shipped("legal_value")
_ABBREVIATIONS: Final = (
    (r"\bubnd\b", "uy ban nhan dan"),
    (r"\bhdnd\b", "hoi dong nhan dan"),
    (r"\btp\b", "thanh pho"),
    (r"\bvp\b", "van phong"),
)
_PLACE: Final = r"(thanh pho|tinh|quan|huyen|thi xa|phuong|xa|thi tran|dac khu)\b"
_LONGEST_NAME: Final = 64
"""X.520 cuts a name there, and long office names are cut in their certificates."""


@dataclass(frozen=True, kw_only=True)
class SignatureFact:
    """What the rule needs to know of one signature."""

    name: str
    kind: str
    organisation: str = ""
    unit: str = ""
    passed: bool = False
    """TOTAL-PASSED: bytes, certificate and chain are all in order."""
    held_since: str = ""
    """The day of the verdict that stands, where only time speaks against the signature today (Đ8.4)."""
    intact: bool = False
    problem: str = ""
    """The sub-indication when it did not pass."""
    purpose: str = "unknown"
    content_changed_by: tuple[str, ...] = ()
    """Verified later signers who changed what a reader sees."""
    doubtful_later: tuple[str, ...] = ()
    """Unverified signers who added something later."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a document's newest main version."""

    issuer: str
    signatures: tuple[SignatureFact, ...] = ()
    scan_declared: bool = False
    """A clerk declared it scanned from the original that bears signature and red seal."""
    judged: bool = True
    unchecked: str = ""
    """Why the file's signatures could not be looked at, where that is so."""


@dataclass(frozen=True)
class LegalValue:
    status: str
    reasons: list[dict[str, str]] = field(default_factory=list)

    def as_row(self) -> dict[str, Any]:
        return {"status": self.status, "reasons": self.reasons}


def judge(facts: Facts, on: date) -> LegalValue:
    """valid = the agency's signature and (the authorised person's, or a declared scan of the original)."""
    rules = _SETS.on(on)
    if not facts.judged:
        return LegalValue(PENDING, [_reason("Đ8.1", "Đang chờ kiểm tra chữ ký số.")])
    agencies = [one for one in facts.signatures if _is_agency_of(one, facts.issuer, rules)]
    own = tuple(one.name for one in agencies)
    agency = next((one for one in agencies if not _objection(one, own, rules)), None)
    persons = [one for one in facts.signatures if _is_person_of(one, facts.issuer)]
    person = next((one for one in persons if not _objection(one, own, rules)), None)
    if agency and (person or facts.scan_declared):
        return LegalValue(VALID, _grounds(rules, agency, person, facts))
    if facts.unchecked:
        return LegalValue(REFERENCE, [_reason(rules["intact"], facts.unchecked), _paper_follows(rules)])
    reasons = [] if agency else _why_no_agency(facts, agencies, own, rules)
    if not person and not facts.scan_declared:
        reasons += _why_no_person(facts, persons, own, rules)
    reasons.append(_paper_follows(rules))
    return LegalValue(REFERENCE, reasons)


def _paper_follows(rules: Mapping[str, Any]) -> dict[str, str]:
    return _reason(rules["reference"], "Văn bản chỉ để tham khảo; bản giấy phải được gửi kèm theo.")


def same_agency(one: str, other: str) -> bool:
    """Whether two names are one agency's: abbreviations, case and marks apart, a place more or less."""
    short, long = sorted((organisation_key(one), organisation_key(other)), key=len)
    if not short:
        return False
    if short == long or (len(short) >= _LONGEST_NAME - 6 and long.startswith(short)):
        return True
    rest = long.removeprefix(short + " ")
    return rest != long and bool(re.search(r"\b" + _PLACE, short)) and bool(re.match(_PLACE, rest))


def organisation_key(name: str) -> str:
    """The name folded, without punctuation and brackets, abbreviations spelled out."""
    plain = re.sub(r"\([^)]*\)?", " ", text.fold(name))
    plain = " ".join(text.syllables(plain))
    for short, full in _ABBREVIATIONS:
        plain = re.sub(short, full, plain)
    return plain


def _is_agency_of(one: SignatureFact, issuer: str, rules: Mapping[str, Any]) -> bool:
    return one.kind == "agency" and not _is_portal(one, rules) and same_agency(one.name, issuer)


def _is_portal(one: SignatureFact, rules: Mapping[str, Any]) -> bool:
    return any(words in text.fold(one.name) for words in rules["portals"])


def _is_person_of(one: SignatureFact, issuer: str) -> bool:
    """A person of the issuing agency, of the agency above or of a unit in it; with no agency named, any."""
    if one.kind != "person":
        return False
    places = [organisation_key(place) for place in (one.organisation, one.unit) if place]
    own = organisation_key(issuer)
    return not places or any(f" {a} " in f" {b} " for p in places for a, b in ((p, own), (own, p)) if a)


def _objection(one: SignatureFact, own: tuple[str, ...], rules: Mapping[str, Any]) -> dict[str, str] | None:
    """Why a signature does not count; None when it does. `own` are the issuing agency's signatures."""
    if not one.intact:
        return _reason(rules["intact"], f"Chữ ký của {one.name} không còn nguyên vẹn.")
    if not one.passed:
        return _reason(rules["intact"], f"Chữ ký của {one.name} {_problem(one.problem)}.")
    if one.purpose not in rules["purposes"]:
        words = f"Chứng thư của {one.name} không phải chứng thư chuyên dùng do Ban Cơ yếu Chính phủ cấp."
        return _reason(rules["purpose"], words)
    strangers = [name for name in one.content_changed_by if name not in own]
    if strangers or one.doubtful_later:
        names = ", ".join(dict.fromkeys([*strangers, *one.doubtful_later]))
        return _reason(rules["intact"], f"Sau chữ ký của {one.name} có nội dung do {names} thêm vào.")
    return None


def _problem(sub_indication: str) -> str:
    words = {
        "NO_CERTIFICATE_CHAIN_FOUND": "nguyên vẹn nhưng chưa xác minh được chuỗi chứng thư nên chưa tính",
        "EXPIRED": "được tạo khi chứng thư đã hết hạn",
        "NOT_YET_VALID": "được tạo khi chứng thư chưa có hiệu lực",
        "REVOKED": "được tạo sau khi chứng thư bị thu hồi",
        "REVOKED_NO_POE": "dùng chứng thư đã bị thu hồi và không chứng minh được đã ký từ trước",
        "OUT_OF_BOUNDS_NO_POE": "dùng chứng thư đã hết hạn và không chứng minh được đã ký từ trước",
    }
    return words.get(sub_indication, f"chưa đủ căn cứ để công nhận ({sub_indication or 'không rõ lý do'})")


def _grounds(
    rules: Mapping[str, Any], agency: SignatureFact, person: SignatureFact | None, facts: Facts
) -> list[dict[str, str]]:
    found = [_reason(rules["agency"], f"Có chữ ký số hợp lệ của cơ quan ban hành: {agency.name}.")]
    if person:
        clause = rules["alternatives"]["person"]
        found.append(_reason(clause, f"Có chữ ký số hợp lệ của người có thẩm quyền: {person.name}."))
    if facts.scan_declared:
        clause = rules["alternatives"]["scan"]
        found.append(_reason(clause, "Văn thư xác nhận được quét từ bản gốc có chữ ký và dấu đỏ."))
    for one in (agency, person):
        if one and one.held_since:
            words = (
                f"Chữ ký của {one.name} đã được kết luận hợp lệ ngày {one.held_since}; "
                "chứng thư hết hạn về sau không làm mất giá trị."
            )
            found.append(_reason("Đ8.4", words))
    found.append(_reason(rules["equal"], "Văn bản có giá trị pháp lý như bản giấy."))
    return found


def _why_no_agency(
    facts: Facts, agencies: list[SignatureFact], own: tuple[str, ...], rules: Mapping[str, Any]
) -> list[dict[str, str]]:
    objections = [found for one in agencies if (found := _objection(one, own, rules))]
    if objections:
        return _distinct(objections)
    others = [one for one in facts.signatures if one.kind == "agency"]
    for one in others:
        if _is_portal(one, rules):
            words = f"{one.name} chỉ xác nhận việc đăng tải; đó không phải chữ ký số của cơ quan ban hành."
            return [_reason(rules["agency"], words)]
    clause, issuer = rules["agency"], facts.issuer
    if others and not issuer:
        return [
            _reason(clause, "Chưa khai cơ quan ban hành nên không đối chiếu được với chữ ký số của cơ quan.")
        ]
    if others:
        words = f"Chữ ký số của {others[0].name} không phải của cơ quan ban hành ({issuer})."
        return [_reason(clause, words)]
    if any(one.kind == "unknown" for one in facts.signatures):
        return [_reason(clause, "Không xác định được chữ ký số nào là của cơ quan ban hành.")]
    return [_reason(clause, "Không có chữ ký số của cơ quan ban hành.")]


def _why_no_person(
    facts: Facts, persons: list[SignatureFact], own: tuple[str, ...], rules: Mapping[str, Any]
) -> list[dict[str, str]]:
    objections = [found for one in persons if (found := _objection(one, own, rules))]
    if objections:
        return _distinct(objections)
    clause = rules["alternatives"]["person"]
    outsider = next((one for one in facts.signatures if one.kind == "person"), None)
    if outsider:
        words = f"{outsider.name} ({outsider.organisation}) không thuộc cơ quan ban hành."
        return [_reason(clause, words)]
    words = "Không có chữ ký số của người có thẩm quyền và chưa có xác nhận quét từ bản gốc có dấu đỏ."
    return [_reason(clause, words)]


def _distinct(reasons: list[dict[str, str]]) -> list[dict[str, str]]:
    return list({one["text"]: one for one in reasons}.values())


def _reason(clause: str, words: str) -> dict[str, str]:
    return {"clause": clause, "text": words}
