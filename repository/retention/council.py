"""Whether a disposal was really approved: by the log, not by the row, which whoever has the database could write."""

from repository import errors
from repository.audit.council import against, digest_of
from repository.audit.record import content_hash
from repository.mongo import Database, Row


class NotApproved(errors.Conflict):
    """The row says approved and the log does not, or the list is not the one that was voted on."""

    vi = "Không tiêu hủy: {why}. Chưa có gì bị xóa."
    en = "Not disposed of: {why}. Nothing was erased."


async def require_council(database: Database, disposal: Row, items: list[Row]) -> None:
    """Raises NotApproved unless two people, neither of them the proposer, approved exactly this list."""
    if disposal["state"] not in ("approved", "done"):
        raise NotApproved(why="hội đồng chưa duyệt")
    if digest_of(items) != disposal["items"] or len(items) != disposal["documents"]:
        raise NotApproved(why="danh sách không còn đúng như khi hội đồng xét")
    records = database["audit"].find({"subject.id": disposal["_id"]})
    told = [row async for row in records if content_hash(row) == row["hash"]]
    if why := against(disposal["items"], told):
        raise NotApproved(why=why)
