"""The pages' addresses, in one list that reads aloud."""

from typing import Final

from starlette.routing import BaseRoute, Mount, Route

from api.web.assets import FOLDER, Assets
from api.web.pages import document, document_forms, dossiers, help, home, login, registers, search, upload

ROUTES: Final[list[BaseRoute]] = [
    Route("/", home.home, name="home"),
    Route("/login", login.login, methods=["GET", "POST"], name="login"),
    Route("/logout", login.logout, methods=["POST"], name="logout"),
    Route("/search", search.search, name="search"),
    Route("/documents/new", upload.upload, methods=["GET", "POST"], name="upload"),
    Route("/documents/{id}", document.show, name="document"),
    Route("/documents/{id}/versions/{n}/preview/{page}.png", document.preview, name="preview"),
    Route("/documents/{id}/versions/{n}/content", document.content, name="content"),
    Route("/documents/{id}/versions", document_forms.add_version, methods=["POST"], name="add-version"),
    Route("/documents/{id}/check", document_forms.check, methods=["POST"], name="check"),
    Route("/documents/{id}/register", document_forms.register, methods=["POST"], name="register-document"),
    Route("/documents/{id}/issue", document_forms.issue, methods=["POST"], name="issue"),
    Route("/documents/{id}/rescan", document_forms.rescan, methods=["POST"], name="rescan"),
    Route("/documents/{id}/file", document_forms.file, methods=["POST"], name="file"),
    Route("/documents/{id}/share", document_forms.share, methods=["POST"], name="share"),
    Route("/documents/{id}/unshare", document_forms.unshare, methods=["POST"], name="unshare"),
    Route("/dossiers", dossiers.dossiers, methods=["GET"], name="dossiers"),
    Route("/dossiers", dossiers.open_dossier, methods=["POST"], name="open-dossier"),
    Route("/dossiers/{id}", dossiers.dossier, name="dossier"),
    Route("/dossiers/{id}/close", dossiers.close, methods=["POST"], name="close-dossier"),
    Route("/dossiers/{id}/reopen", dossiers.reopen, methods=["POST"], name="reopen-dossier"),
    Route("/registers", registers.registers, methods=["GET"], name="registers"),
    Route("/registers", registers.open_register, methods=["POST"], name="open-register"),
    Route("/registers/{id}", registers.register, name="register"),
    Route("/registers/{id}/annul", registers.annul, methods=["POST"], name="annul"),
    Route("/help", help.show, name="help"),
    Mount("/static", Assets(directory=FOLDER), name="static"),
]
