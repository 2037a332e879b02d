"""The gate of issuing: scanned clean (Đ11.3), and signed where the unit can sign (Đ10.1)."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from repository import errors
from repository.clock import local_date
from repository.documents import legal_value
from repository.documents.metadata import Text
from repository.documents.refusals import NotScanned
from repository.mongo import Row


class IssueForm(BaseModel):
    """What is said when issuing."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    unsigned_reason: Text = Field(default="", max_length=500)
    """Why a unit that holds a certificate sends without valid signatures."""


class MustBeSigned(errors.Conflict):
    """A unit that holds a valid certificate signs what it sends (Đ10.1)."""

    vi = (
        "Đơn vị có chứng thư số còn hiệu lực nên phải ký số văn bản trước khi phát hành (Điều 10.1): {state}. "
        "Hãy ký số, hoặc ghi rõ lý do phát hành không ký; lý do được lưu vào lịch sử và bản giấy phải gửi kèm."
    )
    en = "The unit holds a valid certificate and must sign what it issues ({state}), or log why it does not."


def require_issuable(document: Row, unit: Row | None, form: IssueForm, today: date) -> None:
    """Raises Conflict, NotScanned or MustBeSigned."""
    if document["direction"] != "outgoing" or document["state"] != "registered":
        raise errors.Conflict(why="chỉ phát hành văn bản đi đã vào sổ")
    unscanned = [v["filename"] for v in document["versions"] if v["scan"]["verdict"] != "clean"]
    if unscanned:
        raise NotScanned(filenames=", ".join(unscanned), why="chưa quét mã độc")
    status = document["legal_value"]["status"]
    if status != legal_value.VALID and holds_certificate(unit or {}, today) and len(form.unsigned_reason) < 5:
        state = "đang chờ kiểm tra chữ ký" if status == legal_value.PENDING else "chưa đủ chữ ký số hợp lệ"
        raise MustBeSigned(state=state, why=state)


def holds_certificate(unit: Row, today: date) -> bool:
    """Whether the unit has a certificate that is valid on that day."""
    rows = unit.get("certificates", [])
    return any(local_date(one["not_before"]) <= today <= local_date(one["not_after"]) for one in rows)
