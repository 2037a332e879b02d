"""OpenAPI 3.1, made from the routes themselves: what is not described does not exist, and the other way round."""

import re
from typing import Any, Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.permit import open_to_all
from api.shapes import SHAPES
from api.web.rendering import answer
from repository.access.permissions import Permission
from repository.errors import KINDS

_REFUSALS: Final = {
    "401": "Chưa đăng nhập",
    "403": "Không có quyền",
    "404": "Không tìm thấy (kể cả khi thuộc đơn vị khác)",
    "422": "Dữ liệu không hợp lệ",
    "503": "Dịch vụ tạm ngừng",
}


@open_to_all
async def show(request: Request) -> Response:
    return JSONResponse(describe([one for one in request.app.routes if isinstance(one, Route)]))


@open_to_all
async def docs(request: Request) -> Response:
    """A plain page over the same description: no outside script is needed to read it."""
    described = describe([one for one in request.app.routes if isinstance(one, Route)])
    return answer(request, "docs.html", {"described": described})


def describe(routes: list[Route]) -> dict[str, Any]:
    """The whole description."""
    schemas: dict[str, Any] = dict(SHAPES)
    paths: dict[str, Any] = {}
    for route in routes:
        if route.path.startswith("/api/") or route.path in (
            "/healthz",
            "/readyz",
            "/metrics",
            "/openapi.json",
        ):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                paths.setdefault(route.path, {})[method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tàng Thư",
            "version": "1",
            "summary": "Kho văn bản và hồ sơ công việc",
            "description": f"Lỗi theo RFC 9457; {len(KINDS)} loại lỗi. Thời gian ISO 8601 (+07:00). Chữ Unicode NFC.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = route.endpoint.described  # type: ignore[attr-defined]  # set by api.permit
    permission: str = route.endpoint.permission  # type: ignore[attr-defined]  # set by api.permit
    status = str(described.get("status", 200))
    operation: dict[str, Any] = {
        "operationId": route.endpoint.__name__,
        "summary": described.get("title", (route.endpoint.__doc__ or route.endpoint.__name__).strip()),
        "parameters": _parameters(route, described),
        "responses": {status: _answer(described.get("answers", "object"))} | _refusals(permission),
        "security": [] if permission == "public" else [{"bearer": []}],
        "x-permission": permission if permission == "public" else Permission(permission).value,
    }
    if "body" in described:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _reference(described["body"], schemas)}},
        }
    if "multipart" in described:
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _form(described["multipart"], schemas)}},
        }
    return operation


def _parameters(route: Route, described: dict[str, Any]) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)", route.path)
    ]
    found += [
        {"name": name, "in": "query", "schema": {"type": "string"}} for name in described.get("query", [])
    ]
    if described.get("conditional"):
        found.append({"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}})
    if "multipart" in described:
        found += [
            {"name": name, "in": "header", "schema": {"type": "string"}}
            for name in ("Idempotency-Key", "Repr-Digest")
        ]
    return found


def _reference(model: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _form(model: type[BaseModel] | None, schemas: dict[str, Any]) -> dict[str, Any]:
    file = {
        "type": "array",
        "items": {"type": "string", "contentMediaType": "application/octet-stream"},
        "minItems": 1,
    }
    properties: dict[str, Any] = {"file": file}
    if model is not None:
        properties["metadata"] = _reference(model, schemas)
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _answer(name: str) -> dict[str, Any]:
    if name == "bytes":
        return {"description": "Nội dung tệp", "content": {"application/octet-stream": {}}}
    if name == "text":
        return {"description": "Văn bản thuần", "content": {"text/plain": {}}}
    if name == "nothing":
        return {"description": "Xong"}
    schema = {"$ref": f"#/components/schemas/{name}"} if name in SHAPES else {"type": "object"}
    return {"description": "Kết quả", "content": {"application/json": {"schema": schema}}}


def _refusals(permission: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    names = {"503"} if permission == "public" else set(_REFUSALS)
    return {
        status: {"description": text, "content": content}
        for status, text in _REFUSALS.items()
        if status in names
    }
