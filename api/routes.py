"""All that the world can ask, in one list that reads aloud."""

from typing import Final

from starlette.routing import BaseRoute, Route

from api import openapi
from api.resources import (
    access,
    administration,
    delegations,
    documents,
    dossiers,
    health,
    registers,
    search,
    versions,
)
from api.web.routes import ROUTES as PAGES

V1: Final = "/api/v1"

ROUTES: Final[list[BaseRoute]] = [
    Route("/healthz", health.alive),
    Route("/readyz", health.ready),
    Route("/metrics", health.metrics),
    Route("/openapi.json", openapi.show),
    Route("/docs", openapi.docs),
    Route(f"{V1}/documents", documents.list_documents, methods=["GET"]),
    Route(f"{V1}/documents", documents.store_document, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}", documents.show_document, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}", documents.describe_document, methods=["PATCH"]),
    Route(f"{V1}/documents/{{id}}/issue", documents.issue_document, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/check", documents.check_document, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/rescan", documents.rescan_document, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/history", documents.document_history, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}/access", access.document_access, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}/shares", access.share_document, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/shares/{{mark}}/end", access.end_share, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/versions", versions.add_version, methods=["POST"]),
    Route(f"{V1}/documents/{{id}}/versions/{{n}}", versions.show_version, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}/versions/{{n}}/content", versions.version_content, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}/versions/{{n}}/signatures", versions.version_signatures, methods=["GET"]),
    Route(f"{V1}/documents/{{id}}/versions/{{n}}/text", versions.version_text, methods=["GET"]),
    Route(f"{V1}/search", search.search, methods=["GET"]),
    Route(f"{V1}/registers", registers.list_registers, methods=["GET"]),
    Route(f"{V1}/registers", registers.open_register, methods=["POST"]),
    Route(f"{V1}/registers/{{id}}", registers.show_register, methods=["GET"]),
    Route(f"{V1}/registers/{{id}}/entries", registers.list_entries, methods=["GET"]),
    Route(f"{V1}/registers/{{id}}/entries", registers.make_entry, methods=["POST"]),
    Route(f"{V1}/registers/{{id}}/entries/{{n}}/annulment", registers.annul_entry, methods=["POST"]),
    Route(f"{V1}/dossiers", dossiers.list_dossiers, methods=["GET"]),
    Route(f"{V1}/dossiers", dossiers.open_dossier, methods=["POST"]),
    Route(f"{V1}/dossiers/{{id}}", dossiers.show_dossier, methods=["GET"]),
    Route(f"{V1}/dossiers/{{id}}/documents", dossiers.file_document, methods=["POST"]),
    Route(f"{V1}/dossiers/{{id}}/close", dossiers.close_dossier, methods=["POST"]),
    Route(f"{V1}/dossiers/{{id}}/reopen", dossiers.reopen_dossier, methods=["POST"]),
    Route(f"{V1}/dossiers/{{id}}/members", access.add_member, methods=["POST"]),
    Route(f"{V1}/dossiers/{{id}}/members/{{person}}/end", access.end_member, methods=["POST"]),
    Route(f"{V1}/delegations", delegations.list_delegations, methods=["GET"]),
    Route(f"{V1}/delegations", delegations.make_delegation, methods=["POST"]),
    Route(f"{V1}/delegations/{{id}}/end", delegations.end_delegation, methods=["POST"]),
    Route(f"{V1}/units", administration.list_units, methods=["GET"]),
    Route(f"{V1}/units", administration.create_unit, methods=["POST"]),
    Route(f"{V1}/people", administration.list_people, methods=["GET"]),
    Route(f"{V1}/people", administration.create_person, methods=["POST"]),
    Route(f"{V1}/people/{{id}}/disable", administration.disable_person, methods=["POST"]),
    Route(f"{V1}/tokens", administration.list_tokens, methods=["GET"]),
    Route(f"{V1}/tokens", administration.create_token, methods=["POST"]),
    Route(f"{V1}/tokens/{{id}}/revoke", administration.revoke_token, methods=["POST"]),
    *PAGES,
]
