"""Every route names its permission, openness is declared, and OpenAPI says the same."""

import pytest
from starlette.routing import Mount, Route

from api.openapi import describe
from api.routes import ROUTES
from repository.access.permissions import Permission
from tests.house.source import readme

LEAVES = [one for one in ROUTES if isinstance(one, Route)]
OPEN = {
    "/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/login",
    "/login/code",
    "/login/oidc",
    "/login/oidc/back",
    "/logout",
    "/help",
}
"""What anybody may ask without being known (`/` sends a stranger to the login); all else needs a
permission.
"""


def methods(route: Route) -> set[str]:
    return (route.methods or set()) - {"HEAD"}


@pytest.mark.parametrize("route", LEAVES, ids=lambda one: f"{'+'.join(sorted(methods(one)))} {one.path}")
def test_every_route_names_its_permission(route: Route) -> None:
    permission = getattr(route.endpoint, "permission", None)
    assert permission is not None, "declare @permit, @page or @open_to_all"
    if permission == "public":
        assert route.path in OPEN
    else:
        assert Permission(permission)


def test_only_the_look_of_the_pages_lies_outside() -> None:
    assert [one.path for one in ROUTES if isinstance(one, Mount)] == ["/static"]
    assert len(LEAVES) + 1 == len(ROUTES)


def test_nothing_is_removed_over_http() -> None:
    """People are disabled, versions stay, lines are annulled: DELETE does not exist (Đ10.3a, Đ5.2)."""
    assert not [one.path for one in LEAVES if "DELETE" in methods(one)]


def test_no_route_is_hidden_behind_another() -> None:
    seen = [(one.path, method) for one in LEAVES for method in methods(one)]
    assert len(seen) == len(set(seen))


def test_openapi_describes_the_same_routes_with_the_same_permissions() -> None:
    paths = describe(LEAVES)["paths"]
    described = {(path, method): one for path, item in paths.items() for method, one in item.items()}
    served = {
        (one.path, method.lower()): one.endpoint.permission
        for one in LEAVES
        if one.path.startswith("/api/")
        for method in methods(one)
    }
    assert served.items() <= {key: one["x-permission"] for key, one in described.items()}.items()
    assert {path for path, _ in described} <= {one.path for one in LEAVES}


def test_the_readme_lists_every_route_of_the_contract() -> None:
    text = readme("api")
    missing = [
        f"{method} {one.path}"
        for one in LEAVES
        if one.path.startswith("/api/") or one.path in OPEN
        for method in methods(one)
        if f"`{method} {one.path}`" not in text
    ]
    assert not missing
