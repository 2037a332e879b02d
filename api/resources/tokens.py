"""Tokens of other systems: issued, listed, revoked. A secret is in one answer, this once."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import answers
from api.permit import permit
from repository.access.permissions import Permission
from repository.documents.metadata import Text
from repository.mongo import Row
from repository.wiring import Repository


class TokenForm(BaseModel):
    """A token for another system: for one unit, with named permissions, for a time."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    system: Text = Field(min_length=2, max_length=60)
    unit: str = Field(max_length=40)
    scopes: list[Permission] = Field(min_length=1)
    days: int = Field(default=365, ge=1, le=730)


@permit(Permission.ADMINISTER_TOKENS, title="Mã truy cập của các hệ thống", answers="TokenList")
async def list_tokens(request: Request) -> Response:
    repository: Repository = request.state.repository
    rows = await repository.credentials.tokens()
    return answers.listed([_token(row) for row in rows], total=len(rows))


@permit(Permission.ADMINISTER_TOKENS, title="Cấp mã truy cập", body=TokenForm, answers="Token", status=201)
async def create_token(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = TokenForm.model_validate(await answers.body_of(request))
    secret, row = await repository.credentials.issue_token(
        request.state.actor,
        system=form.system,
        unit=form.unit,
        scopes=form.scopes,
        lasts=timedelta(days=form.days),
    )
    return answers.created(f"/api/v1/tokens/{row['_id'][:16]}", _token(row) | {"token": secret}, 1)


@permit(Permission.ADMINISTER_TOKENS, title="Thu hồi mã truy cập", answers="nothing", status=204)
async def revoke_token(request: Request) -> Response:
    repository: Repository = request.state.repository
    await repository.credentials.revoke(request.state.actor, request.path_params["id"])
    return Response(status_code=204)


def _token(row: Row) -> Row:
    times = {name: answers.moment(row[name]) for name in ("created_at", "expires_at", "revoked_at")}
    return {
        "id": row["_id"][:16],
        "system": row["system"],
        "unit": row["unit"],
        "scopes": row["scopes"],
    } | times
