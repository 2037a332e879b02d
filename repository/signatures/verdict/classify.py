"""Agency or person? Read from the certificate's subject, with the reason (there is no field for it).

An agency's certificate names the agency in CN and its tax or budget code in UID (`MST:`, `MNS:`); a person's
has an identity number in UID (`CCCD:`, `CMND:`), or an office mail address or unit beside a person's name.
"""

import re
from typing import Final

from asn1crypto import x509

from repository import text
from repository.signatures.report import Kind, Signer

_AGENCY_CODE: Final = re.compile(r"\b(MST|MNS)\s*:", re.IGNORECASE)
_PERSON_CODE: Final = re.compile(r"\b(CCCD|CMND|CMT|HC|PASSPORT)\s*:", re.IGNORECASE)
_AGENCY_WORDS: Final = (
    "uy ban", "ubnd", "hoi dong", "hdnd", "van phong", "so ", "phong ", "ban ", "bo ", "cuc ", "tong cuc",
    "chi cuc", "vu ", "vien ", "truong ", "trung tam", "cong thong tin", "cong an", "toa an", "thanh tra",
    "kho bac", "bao hiem", "cong ty", "to ", "doi ", "chinh phu", "thanh uy", "quan uy", "dang uy",
    "benh vien", "hoi ", "lien doan",
)  # fmt: skip


def subject_values(certificate: x509.Certificate) -> dict[str, list[str]]:
    """The subject's attributes by asn1crypto's names, in order of appearance."""
    found: dict[str, list[str]] = {}
    for relative in certificate.subject.chosen:
        for attribute in relative:
            found.setdefault(attribute["type"].native, []).append(
                text.nfc(str(attribute["value"].native)).strip()
            )
    return found


def classify(subject: dict[str, list[str]]) -> Signer:
    """Who the subject names and what kind of signer that is."""
    name = _first(subject, "common_name")
    organisation = _first(subject, "organization_name")
    unit = _first(subject, "organizational_unit_name")
    kind, why = _kind(subject, name, organisation, unit)
    return Signer(name=name, organisation=organisation, unit=unit, kind=kind, why=why)


def _kind(subject: dict[str, list[str]], name: str, organisation: str, unit: str) -> tuple[Kind, str]:
    codes = " ".join(subject.get("user_id", []))
    if _PERSON_CODE.search(codes):
        return "person", "UID của chứng thư là số giấy tờ cá nhân"
    if _AGENCY_CODE.search(codes):
        return "agency", "UID của chứng thư là mã số thuế hoặc mã ngân sách của cơ quan"
    return _kind_by_name(subject, name, organisation, unit)


def _kind_by_name(subject: dict[str, list[str]], name: str, organisation: str, unit: str) -> tuple[Kind, str]:
    folded, words = text.fold(name) + " ", len(text.syllables(name))
    mail = bool(subject.get("email_address"))
    if name and text.fold(name) == text.fold(organisation):
        return "agency", "tên chủ thể (CN) trùng tên cơ quan (O)"
    if any(folded.startswith(word) for word in _AGENCY_WORDS):
        # A surname may sound like the word for an office ("Tô", "Bộ"): mail and unit say person.
        if unit and mail and 2 <= words <= 4:
            return "person", "tên người kèm đơn vị công tác và thư điện tử công vụ"
        return "agency", "tên chủ thể (CN) là tên cơ quan, đơn vị"
    if 2 <= words <= 6 and not re.search(r"\d", name) and (unit or organisation or mail):
        return "person", "tên người kèm đơn vị công tác hoặc thư điện tử"
    return "unknown", "chứng thư không cho biết chủ thể là cơ quan hay cá nhân"


def _first(subject: dict[str, list[str]], key: str) -> str:
    return next(iter(subject.get(key, [])), "")
