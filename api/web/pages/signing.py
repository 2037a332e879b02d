"""Ký số: what is signed, in whose name and by which key; a signing that stopped half-way goes on from there."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.permit import page
from api.web import written
from api.web.pages.document import address
from api.web.rendering import answer
from repository import errors
from repository.access.actors import Actor
from repository.access.permissions import Permission
from repository.mongo import Row
from repository.signatures.signing.holders import LARGEST_KEY, LARGEST_PICTURE
from repository.signatures.signing.model import Act, Kind, Means, Preparation, State
from repository.text import nfc
from repository.wiring import Repository

_LARGEST_FILE: Final = max(LARGEST_KEY, LARGEST_PICTURE)


@dataclass(frozen=True)
class Choice:
    """One certificate that the actor may sign with here, and how its key is reached."""

    value: str
    kind: Kind
    certificate: Row
    validity: str
    means: list[Means]


@dataclass(frozen=True)
class Sent:
    """A form's fields and its one file."""

    fields: dict[str, str]
    file: bytes

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


@page(Permission.SIGN_DOCUMENTS)
async def show(request: Request) -> Response:
    return await _page(request)


@page(Permission.SIGN_DOCUMENTS)
async def begin(request: Request) -> Response:
    """All three steps in one; what could not be done waits on the page."""
    repository: Repository = request.state.repository
    document_id, n = request.path_params["id"], written.whole(request.path_params["n"])
    await repository.versions.get(request.state.actor, document_id, n)
    sent = await _sent(request)
    kind, _, certificate = sent.get("with").partition(":")
    given = {"as": kind, "certificate": certificate, "sha256": sent.get("sha256")}
    given["reason"] = nfc(sent.get("reason")).strip()[:200]

    async def do() -> None:
        wanted, act = Preparation.model_validate(given), _act(sent)
        row = await repository.signings.prepare(request.state.actor, document_id, n, wanted)
        await repository.signings.sign(request.state.actor, row["_id"], act)
        await repository.signings.finish(request.state.actor, row["_id"])

    return await _done(request, do, document_id, "signed")


@page(Permission.SIGN_DOCUMENTS)
async def go_on(request: Request) -> Response:
    """A waiting signing: signed now, finished, or given up."""
    repository: Repository = request.state.repository
    actor, signing_id = request.state.actor, request.path_params["id"]
    row = await repository.signings.get(actor, signing_id)
    request.path_params["n"] = str(row["n"])
    sent = await _sent(request)
    if sent.get("deed") == "cancel":
        await repository.signings.cancel(actor, signing_id)
        return RedirectResponse(sign_address(row["document"], row["n"], "cancelled"), 303)

    async def do() -> None:
        if row["state"] == State.PREPARED.value:
            await repository.signings.sign(actor, signing_id, _act(sent))
        await repository.signings.finish(actor, signing_id)

    return await _done(request, do, row["document"], "signed")


@page(Permission.SIGN_DOCUMENTS)
async def keep(request: Request) -> Response:
    """A key file or an image left here for later acts."""
    repository: Repository = request.state.repository
    document_id, n = request.path_params["id"], written.whole(request.path_params["n"])
    sent = await _sent(request)
    what = sent.get("what")

    async def do() -> None:
        kind = Kind(sent.get("as"))
        holders = repository.signings.holders
        if what == "key":
            await holders.keep_key(request.state.actor, kind, sent.file, sent.get("secret"))
        else:
            await holders.keep_picture(request.state.actor, kind, sent.file)

    return await _done(request, do, document_id, "kept", back=sign_address(document_id, n, "kept"))


@page(Permission.ADMINISTER_PEOPLE)
async def person_certificate(request: Request) -> Response:
    """A person's certificate, by who administers the account."""
    repository: Repository = request.state.repository
    person = request.path_params["id"]
    await repository.people.within(request.state.actor, person)
    sent = await _sent(request)
    content = sent.file or sent.get("pasted").encode()
    await repository.certificates.add_for_person(request.state.actor, person, content)
    return RedirectResponse(f"/people/{person}?done=certificate", 303)


def sign_address(document_id: str, n: int, done: str = "") -> str:
    return f"{address(document_id)}/versions/{n}/sign" + (f"?done={done}" if done else "")


async def _sent(request: Request) -> Sent:
    """Everything read into memory: the uploaded file is closed before anything can go wrong."""
    async with request.form(max_files=1, max_fields=12, max_part_size=LARGEST_PICTURE + 1024) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        held = isinstance(file, UploadFile) and file.filename
        return Sent(fields, await file.read(_LARGEST_FILE + 1) if held else b"")  # type: ignore[union-attr]


def _act(sent: Sent) -> Act:
    return Act.model_validate(
        {
            "means": sent.get("means"),
            "secret": sent.get("secret"),
            "file": base64.b64encode(sent.file).decode(),
        }
    )


async def _done(request: Request, do: Any, document_id: str, done: str, *, back: str = "") -> Response:
    """Back to the document; what did not work is said on the page, where it can go on."""
    request.path_params["id"] = document_id
    try:
        await do()
    except (ValidationError, ValueError):
        return await _page(request, alert="Hãy chọn chứng thư và cách ký, và kèm tệp nếu cần.", status=422)
    except errors.Invalid as fault:
        return await _page(request, alert=fault.sentence(), status=422)
    except errors.Forbidden as fault:
        return await _page(request, alert=fault.sentence(), status=403)
    except (errors.Conflict, errors.TooLarge) as fault:
        return await _page(request, alert=fault.sentence(), status=409)
    except errors.Unavailable as fault:
        return await _page(request, alert=fault.sentence(), status=503)
    return RedirectResponse(back or address(document_id, done), 303)


async def _page(request: Request, *, alert: str = "", status: int = 200) -> Response:
    repository: Repository = request.state.repository
    actor: Actor = request.state.actor
    n = written.whole(request.path_params["n"])
    document, version = await repository.versions.get(actor, request.path_params["id"], n)
    choices = await _choices(repository, actor, version)
    facts = {
        "document": document,
        "version": version,
        "choices": choices,
        "means": [one for one in Means if any(one in choice.means for choice in choices)],
        "waiting": await repository.signings.waiting(actor, document["_id"]),
        "stamped": bool(repository.settings.tsa_url),
        "alert": alert,
    }
    return answer(request, "signing.html", facts, status=status)


async def _choices(repository: Repository, actor: Actor, version: Row) -> list[Choice]:
    found = []
    for kind in (Kind.PERSON, Kind.AGENCY) if version["role"] == "main" else (Kind.ANNEX,):
        if kind is not Kind.PERSON and not actor.may(Permission.SEAL_DOCUMENTS):
            continue
        for one in await repository.signings.holders.certificates(actor, kind):
            validity = repository.certificates.validity(one)
            means = await repository.signings.keys.offered(one["sha256"])
            found.append(Choice(f"{kind.value}:{one['sha256']}", kind, one, validity, means))
    return found
