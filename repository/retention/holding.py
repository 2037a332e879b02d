"""Which documents a legal hold is about: one pure rule, and the query that finds them. No I/O."""

from datetime import date
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from repository import text
from repository.documents.metadata import Text
from repository.mongo import Row

IN_FORCE: Final = ("active", "lifting")
"""A hold that somebody asked to lift still holds."""


class HoldKind(StrEnum):
    """What a hold lies on."""

    DOCUMENT = "document"
    DOSSIER = "dossier"
    PERSON = "person"
    QUERY = "query"


KINDS: Final = {
    HoldKind.DOCUMENT: "văn bản",
    HoldKind.DOSSIER: "hồ sơ",
    HoldKind.PERSON: "người",
    HoldKind.QUERY: "điều kiện",
}


class Wanted(BaseModel):
    """A query: every field that is given must fit; words stand in subject, symbol or issuer, marks or not."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    words: Text = Field(default="", max_length=200)
    document_type: str = Field(default="", max_length=60)
    issued_from: date | None = None
    issued_to: date | None = None


class HoldForm(BaseModel):
    """A new hold: on what and why."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: HoldKind
    target: str = Field(default="", max_length=60)
    """Id of the document, dossier or person."""
    query: Wanted | None = None
    reason: Text = Field(min_length=10, max_length=500)
    authority: Text = Field(default="", max_length=200)
    """Who ordered it: the decision of the inspectorate, the court, the police."""

    @model_validator(mode="after")
    def _says_on_what(self) -> "HoldForm":
        if self.kind is HoldKind.QUERY:
            if self.query is None or not any(self.query.model_dump().values()):
                raise ValueError("phong tỏa theo điều kiện phải nêu ít nhất một điều kiện")
        elif not self.target:
            raise ValueError("phải nêu văn bản, hồ sơ hoặc người")
        return self


def candidates(hold: Row) -> Row:
    """A database query for all documents that may match; `matches` decides."""
    query: Row = {"unit": hold["unit"]} if hold["unit"] else {}
    kind, target = hold["kind"], hold["target"]
    if kind == HoldKind.DOCUMENT:
        return query | {"_id": target}
    if kind == HoldKind.DOSSIER:
        return query | {"dossiers": target}
    if kind == HoldKind.PERSON:
        return query | {"$or": [{"created_by.id": target}, {"versions.created_by.id": target}]}
    if hold["query"]["document_type"]:
        query["document_type"] = hold["query"]["document_type"]
    return query


def matches(hold: Row, document: Row) -> bool:
    """Whether the hold is about this document as it is now."""
    if hold["unit"] and hold["unit"] != document["unit"]:
        return False
    kind, target = hold["kind"], hold["target"]
    if kind == HoldKind.DOCUMENT:
        return bool(document["_id"] == target)
    if kind == HoldKind.DOSSIER:
        return target in document["dossiers"]
    if kind == HoldKind.PERSON:
        authors = [document["created_by"], *(one["created_by"] for one in document["versions"])]
        return any(target == one["id"] for one in authors)
    return _fits(hold["query"], document)


def _fits(query: Row, document: Row) -> bool:
    if query["document_type"] and query["document_type"] != document["document_type"]:
        return False
    day = document["issued_on"] or document["received_on"]
    if (query["issued_from"] and day < query["issued_from"]) or (
        query["issued_to"] and day > query["issued_to"]
    ):
        return False
    issuer = (document["issuer"] or {}).get("name", "")
    said = (
        f" {' '.join(text.fold(' '.join([document['subject'], document['symbol'] or '', issuer])).split())} "
    )
    return all(one in said for one in text.fold(query["words"]).split())
