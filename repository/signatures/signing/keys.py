"""Which key signs: chosen by the caller among those that this installation knows."""

import base64
import binascii

from repository import errors
from repository.mongo import Row
from repository.settings import Settings
from repository.signatures.signing.cms import der_of
from repository.signatures.signing.holders import LARGEST_KEY, Holders
from repository.signatures.signing.means import FileKey, Key, RemoteKey, TokenKey
from repository.signatures.signing.model import Act, Means
from repository.signatures.signing.refusals import MeansRefused


class Keys:
    """Opens the key that an act names."""

    def __init__(self, *, settings: Settings, holders: Holders) -> None:
        self._settings = settings
        self.holders = holders

    async def offered(self, fingerprint: str) -> list[Means]:
        """The means by which a certificate's key can be reached here."""
        found = [Means.STORED] if await self.holders.keeps_key(fingerprint) else []
        if self._settings.pkcs11_module:
            found.append(Means.TOKEN)
        if self._settings.signer_url:
            found.append(Means.REMOTE)
        return [*found, Means.FILE]

    async def sign(self, row: Row, act: Act) -> bytes:
        """The signature value that a prepared signing waits for."""
        if act.means is Means.EXTERNAL:
            return _decoded(act.signature, "giá trị chữ ký")
        key = await self._opened(row["certificate"]["sha256"], act)
        return await key.sign(der_of(row), row["attributes"], secret=act.secret)

    async def _opened(self, fingerprint: str, act: Act) -> Key:
        if act.means is Means.FILE:
            content = _decoded(act.file, "tệp khóa")
            if len(content) > LARGEST_KEY:
                raise errors.TooLarge(filename="tệp khóa", limit=LARGEST_KEY)
            return FileKey(content)
        if act.means is Means.STORED:
            kept = await self.holders.key(fingerprint)
            if kept is None:
                raise MeansRefused(why="không có tệp khóa nào được niêm phong cho chứng thư này")
            return FileKey(kept)
        if act.means is Means.TOKEN:
            if not self._settings.pkcs11_module:
                raise MeansRefused(why="máy chủ này không nối thiết bị ký (TANGTHU_PKCS11_MODULE)")
            return TokenKey(module=self._settings.pkcs11_module)
        if not self._settings.signer_url:
            raise MeansRefused(why="chưa cấu hình dịch vụ ký từ xa (TANGTHU_SIGNER_URL)")
        return RemoteKey(
            url=self._settings.signer_url, token=self._settings.signer_token, ca=self._settings.signer_ca
        )


def _decoded(text: str, what: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise errors.Invalid(why=f"{what} phải ở dạng base64") from fault
    if not found:
        raise errors.Invalid(why=f"thiếu {what}")
    return found
