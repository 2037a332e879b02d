"""One document of a sample read back from the store and compared; what is damaged becomes an incident."""

from typing import Final

from repository import errors
from repository.access.actors import Actor
from repository.documents.documents import Documents
from repository.documents.versions import Versions
from repository.incidents.incidents import Incidents
from repository.mongo import Row

DAMAGED: Final = "sample.damaged"
ADVICE: Final = (
    "Không xóa gì. Báo tổ CNTT; chạy tangthu fixity để biết hư hỏng loại nào và phục hồi từ bản sao lưu, "
    "rồi kiểm tra lại mẫu."
)


class Reading:
    """Looks at documents as `Versions.check` does."""

    def __init__(self, *, documents: Documents, versions: Versions, incidents: Incidents) -> None:
        self._documents = documents
        self._versions = versions
        self._incidents = incidents

    async def look(self, actor: Actor, document: str) -> tuple[int, list[Row]]:
        """Bytes that were looked at, and what is not as it was recorded; each damage is an incident."""
        size = 0
        try:
            row = await self._documents.get(actor, document)
        except errors.NotFound:
            wrong = [_finding(document, 0, "văn bản không còn trong cơ sở dữ liệu")]
        else:
            if row.get("disposed"):
                told = _finding(document, 0, "đã tiêu hủy hợp lệ sau khi lấy mẫu; chỉ còn thông tin lưu vết")
                return 0, [told | {"damaged": False}]
            checks = await self._versions.check(actor, document)
            wrong = [_finding(document, one.n, one.finding) for one in checks if not one.intact]
            size = sum(one["size"] for one in row["versions"])
            if not wrong:
                return size, []
        words = "; ".join((f"phiên bản {one['n']}: " if one["n"] else "") + one["found"] for one in wrong)
        await self._incidents.report(
            actor, kind=DAMAGED, subject_kind="document", subject_id=document,
            found=f"văn bản {document}: {words}", todo=ADVICE,
        )  # fmt: skip
        return size, wrong


def _finding(document: str, n: int, found: str) -> Row:
    return {"document": document, "n": n, "found": found, "damaged": True}
