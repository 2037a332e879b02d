"""Login by an OpenID Connect provider: authorization code with PKCE, state and nonce; existing accounts only.

The provider is one that the district trusts with its user names: an account is found by `preferred_username`, or by
an e-mail address that the provider has verified. Nothing is ever created.
Sources: OpenID Connect Core 1.0; RFC 7636, 9207.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from repository import errors
from repository.organisation.accounts.second_factor import Vault
from repository.settings import Settings

COOKIE: Final = "tangthu_oidc"
LASTS: Final = 600
"""Seconds between leaving for the provider and coming back."""
_ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_STRONG: Final = frozenset({"mfa", "otp", "hwk", "swk", "sc"})
_WHAT: Final = "máy chủ đăng nhập một lần"


class ProviderRefused(errors.Forbidden):
    """The provider's answer does not prove who this is."""

    vi = "Đăng nhập một lần không thành công: {why}. Hãy thử lại, hoặc đăng nhập bằng mật khẩu."
    en = "Single sign-on failed: {why}. Try again, or log in with your password."


@dataclass(frozen=True)
class Leaving:
    """Where the browser goes, and what it must bring back."""

    address: str
    sealed: str


@dataclass(frozen=True)
class Vouched:
    """Whom the provider names."""

    username: str
    email: str
    strong: bool
    next: str


async def leave(settings: Settings, vault: Vault, redirect: str, wanted: str) -> Leaving:
    """The start of a login."""
    async with _client() as http:
        provider = await _discovered(http, settings)
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")} | {"next": wanted}
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
    )
    query = {
        "response_type": "code", "client_id": settings.oidc_client_id, "redirect_uri": redirect,
        "scope": "openid profile email", "state": kept["state"], "nonce": kept["nonce"],
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    glue = "&" if "?" in provider["authorization_endpoint"] else "?"
    address = f"{provider['authorization_endpoint']}{glue}{urlencode(query)}"
    return Leaving(address, vault.seal(json.dumps(kept)))


async def come_back(
    settings: Settings, vault: Vault, sealed: str, query: dict[str, str], redirect: str
) -> Vouched:
    """Whom the provider vouches for. Raises ProviderRefused, or Unavailable when it does not answer."""
    opened = vault.unseal(sealed, lasts=LASTS)
    kept: dict[str, str] = json.loads(opened) if opened else {}
    if not kept or not hmac.compare_digest(kept["state"].encode(), query.get("state", "").encode()):
        raise ProviderRefused(
            why="phiên đăng nhập này đã hết hạn hoặc không bắt đầu từ trình duyệt này", permission="oidc"
        )
    if "error" in query or not query.get("code"):
        raise ProviderRefused(why="máy chủ xác thực đã từ chối", permission="oidc")
    if query.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise ProviderRefused(why="trả lời đến từ máy chủ khác", permission="oidc")
    async with _client() as http:
        provider = await _discovered(http, settings)
        token = await _exchange(http, settings, provider, query["code"], kept["verifier"], redirect)
        keys = await _json(http, provider["jwks_uri"])
    claims = _verified(token, keys, settings, kept["nonce"])
    email = str(claims.get("email", "")) if claims.get("email_verified") is True else ""
    methods = claims.get("amr") if isinstance(claims.get("amr"), list) else []
    return Vouched(
        str(claims.get("preferred_username", "")),
        email,
        bool(_STRONG & {str(one) for one in methods or []}),
        kept["next"],
    )


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=10, follow_redirects=False, trust_env=False)


async def _discovered(http: httpx.AsyncClient, settings: Settings) -> dict[str, Any]:
    """What the provider says of itself; its addresses are https, unless it is on this machine."""
    found = await _json(http, settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration")
    if found.get("issuer") != settings.oidc_issuer:
        raise ProviderRefused(why="máy chủ xác thực tự xưng tên khác", permission="oidc")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        parts = urlsplit(str(found.get(name, "")))
        if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ProviderRefused(why="địa chỉ của máy chủ xác thực không an toàn", permission="oidc")
    return found


async def _exchange(
    http: httpx.AsyncClient,
    settings: Settings,
    provider: dict[str, Any],
    code: str,
    verifier: str,
    redirect: str,
) -> str:
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "code_verifier": verifier,
        "client_id": settings.oidc_client_id,
    }  # fmt: skip
    secret = settings.oidc_client_secret
    auth = httpx.BasicAuth(settings.oidc_client_id, secret) if secret else None
    try:
        answer = await http.post(provider["token_endpoint"], data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
        token = answer.json().get("id_token") if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError, AttributeError) as fault:
        raise errors.Unavailable(what=_WHAT) from fault
    if not isinstance(token, str):
        raise ProviderRefused(why="máy chủ xác thực không nhận mã đăng nhập", permission="oidc")
    return token


async def _json(http: httpx.AsyncClient, address: str) -> dict[str, Any]:
    try:
        answer = await http.get(address)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as fault:
        raise errors.Unavailable(what=_WHAT) from fault
    if not isinstance(found, dict):
        raise errors.Unavailable(what=_WHAT)
    return found


def _verified(token: str, keys: dict[str, Any], settings: Settings, nonce: str) -> dict[str, Any]:
    """The claims of a token that is signed by the provider, for us, now, and for this very login."""
    rules = jwt.JWTClaimsRegistry(
        leeway=60,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": nonce},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        keyset = jwk.KeySet.import_key_set(keys)  # type: ignore[arg-type]  # a JSON object, as the provider sent it
        claims: dict[str, Any] = jwt.decode(token, keyset, algorithms=_ALGORITHMS).claims
        rules.validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as fault:
        raise ProviderRefused(why="chứng nhận đăng nhập không hợp lệ", permission="oidc") from fault
    if (
        isinstance(claims["aud"], list)
        and len(claims["aud"]) > 1
        and claims.get("azp") != settings.oidc_client_id
    ):
        raise ProviderRefused(why="chứng nhận đăng nhập cấp cho hệ thống khác", permission="oidc")
    return claims
