"""A small JSON Schema reader: as much of it as `api/shapes.py` and the request bodies use."""

from typing import Any

_TYPES: dict[str, Any] = {
    "string": str, "object": dict, "array": list, "null": type(None), "number": (int, float),
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], schemas: dict[str, Any], at: str = "") -> list[str]:
    """What of the value does not satisfy the schema, each with its place."""
    if "$ref" in schema:
        return faults(value, schemas[schema["$ref"].rpartition("/")[2]], schemas, at)
    allowed = schema.get("type", [])
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if allowed and not any(_is(value, one) for one in allowed):
        return [f"{at or '/'}: {type(value).__name__} is not {allowed}"]
    found: list[str] = []
    if isinstance(value, dict):
        found += [f"{at}/{name}: missing" for name in schema.get("required", []) if name not in value]
        for name, one in schema.get("properties", {}).items():
            if name in value:
                found += faults(value[name], one, schemas, f"{at}/{name}")
    if isinstance(value, list) and "items" in schema:
        for n, one in enumerate(value):
            found += faults(one, schema["items"], schemas, f"{at}/{n}")
    return found


def _is(value: Any, name: str) -> bool:
    if name == "boolean":
        return isinstance(value, bool)
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _TYPES[name])
