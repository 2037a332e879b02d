"""Signing: what may be signed with what, prepared, signed, finished into a new version. Only people sign."""

import base64
import binascii
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import answers
from api.permit import permit
from api.resources.units import CertificateForm, certificate
from api.resources.versions import version_number
from repository import errors
from repository.access.permissions import Permission
from repository.documents.model import numbered
from repository.mongo import Row
from repository.signatures.signing.cms import digest_of
from repository.signatures.signing.model import Act, Kind, Preparation
from repository.wiring import Repository


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class KeyForm(_Form):
    """A PKCS#12 file to be kept sealed; the passphrase only opens it now and is asked at each act."""

    kind: Kind = Field(alias="as")
    file: Annotated[str, Field(max_length=400_000, repr=False)]
    secret: Annotated[str, Field(max_length=256, repr=False)] = ""


class PictureForm(_Form):
    """The image of hand or seal, PNG in base64."""

    kind: Kind = Field(alias="as")
    file: Annotated[str, Field(max_length=700_000, repr=False)]


def shown(row: Row) -> Row:
    """A signing as JSON; `to_sign` is what a key elsewhere has to sign."""
    attributes = bytes(row["attributes"])
    outcome = row["outcome"]
    return {
        "id": row["_id"],
        "document": row["document"],
        "n": row["n"],
        "sha256": row["sha256"],
        "as": row["kind"],
        "state": row["state"],
        "certificate": row["certificate"],
        "field": row["told"]["field"],
        "page": row["told"]["page"],
        "box": row["told"]["box"],
        "to_sign": {
            "algorithm": "sha256",
            "digest": base64.b64encode(digest_of(attributes)).decode(),
            "attributes": base64.b64encode(attributes).decode(),
        },
        "created_at": answers.moment(row["created_at"]),
        "expires_at": answers.moment(row["expires_at"]),
        "outcome": outcome and {name: outcome[name] for name in ("n", "sha256", "level", "missing")},
    }


@permit(
    Permission.SIGN_DOCUMENTS, title="Chứng thư và cách ký có thể dùng cho phiên bản", answers="SigningOffer"
)
async def offer(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, document_id = request.state.actor, request.path_params["id"]
    document, version = await repository.versions.get(actor, document_id, version_number(request))
    kinds = [Kind.PERSON, Kind.AGENCY] if version["role"] == "main" else [Kind.ANNEX]
    items = []
    for kind in kinds:
        if kind is not Kind.PERSON and not actor.may(Permission.SEAL_DOCUMENTS):
            continue
        for one in await repository.signings.holders.certificates(actor, kind):
            means = await repository.signings.keys.offered(one["sha256"])
            items.append({"as": kind, "certificate": certificate(repository, one), "means": means})
    waiting = [shown(one) for one in await repository.signings.waiting(actor, document["_id"])]
    return JSONResponse({"sha256": version["sha256"], "items": items, "waiting": waiting})


@permit(
    Permission.SIGN_DOCUMENTS, title="Chuẩn bị ký một phiên bản đã duyệt", body=Preparation, answers="Signing",
    status=201,
)  # fmt: skip
async def prepare(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, document_id, n = request.state.actor, request.path_params["id"], version_number(request)
    await repository.versions.get(actor, document_id, n)
    form = Preparation.model_validate(await answers.body_of(request))
    row = await repository.signings.prepare(actor, document_id, n, form)
    return JSONResponse(shown(row), 201, {"Location": f"/api/v1/signings/{row['_id']}"})


@permit(Permission.SIGN_DOCUMENTS, title="Một việc ký", answers="Signing")
async def show_signing(request: Request) -> Response:
    repository: Repository = request.state.repository
    return JSONResponse(shown(await repository.signings.get(request.state.actor, request.path_params["id"])))


@permit(Permission.SIGN_DOCUMENTS, title="Ký điều đã chuẩn bị", body=Act, answers="Signing")
async def sign(request: Request) -> Response:
    repository: Repository = request.state.repository
    actor, signing_id = request.state.actor, request.path_params["id"]
    await repository.signings.get(actor, signing_id)
    form = Act.model_validate(await answers.body_of(request))
    return JSONResponse(shown(await repository.signings.sign(actor, signing_id, form)))


@permit(
    Permission.SIGN_DOCUMENTS, title="Hoàn tất: bản đã ký thành phiên bản mới", answers="Version", status=201
)
async def finish(request: Request) -> Response:
    repository: Repository = request.state.repository
    row, n = await repository.signings.finish(request.state.actor, request.path_params["id"])
    path = f"/api/v1/documents/{row['_id']}/versions/{n}"
    return answers.created(path, answers.version(numbered(row, n)), row["revision"])


@permit(Permission.SIGN_DOCUMENTS, title="Hủy việc ký chưa xong", answers="Signing")
async def cancel(request: Request) -> Response:
    repository: Repository = request.state.repository
    row = await repository.signings.cancel(request.state.actor, request.path_params["id"])
    return JSONResponse(shown(row))


@permit(
    Permission.SIGN_DOCUMENTS, title="Niêm phong tệp khóa của mình hoặc của đơn vị", body=KeyForm, status=201
)
async def keep_key(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = KeyForm.model_validate(await answers.body_of(request))
    kept = await repository.signings.holders.keep_key(
        request.state.actor, form.kind, decoded(form.file), form.secret
    )
    return JSONResponse({"certificate": kept}, 201)


@permit(
    Permission.SIGN_DOCUMENTS, title="Lưu ảnh chữ ký của mình hoặc ảnh con dấu của đơn vị", body=PictureForm,
    status=201,
)  # fmt: skip
async def keep_picture(request: Request) -> Response:
    repository: Repository = request.state.repository
    form = PictureForm.model_validate(await answers.body_of(request))
    await repository.signings.holders.keep_picture(request.state.actor, form.kind, decoded(form.file))
    return JSONResponse({"as": form.kind}, 201)


@permit(
    Permission.ADMINISTER_PEOPLE, title="Thêm chứng thư số của một người", body=CertificateForm,
    answers="Certificate", status=201,
)  # fmt: skip
async def add_person_certificate(request: Request) -> Response:
    repository: Repository = request.state.repository
    person = request.path_params["id"]
    await repository.people.within(request.state.actor, person)
    form = CertificateForm.model_validate(await answers.body_of(request))
    facts = await repository.certificates.add_for_person(
        request.state.actor, person, form.certificate.encode()
    )
    return JSONResponse(certificate(repository, facts), 201, {"Location": f"/api/v1/people/{person}"})


def decoded(text: str) -> bytes:
    """Raises Invalid unless it is base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise errors.Invalid(why="tệp phải ở dạng base64") from fault
