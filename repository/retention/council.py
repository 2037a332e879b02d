"""Whether a disposal was really approved: by the log, not by the row, which whoever has the database could write."""

from repository import errors
from repository.audit import Action
from repository.audit.record import content_hash
from repository.mongo import Database, Row
from repository.retention.disposal import COUNCIL, digest_of
from repository.retention.two_people import faces


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
    proposed = [row for row in told if row["action"] == Action.DISPOSAL_PROPOSED]
    if len(proposed) != 1 or proposed[0]["detail"]["items"] != disposal["items"]:
        raise NotApproved(why="nhật ký không có đề nghị này")
    votes = [row for row in told if row["action"] == Action.DISPOSAL_VOTED]
    if any(not row["detail"]["approve"] for row in votes):
        raise NotApproved(why="có thành viên không đồng ý")
    proposer, seen, people = faces(proposed[0]["actor"]), set[str](), 0
    for row in votes:
        behind = faces(row["actor"])
        own = row["actor"]["kind"] == "person" and not behind & (proposer | seen)
        if own and row["detail"]["items"] == disposal["items"]:
            people, seen = people + 1, seen | behind
    if people < COUNCIL:
        raise NotApproved(why="nhật ký không có đủ hai người duyệt đúng danh sách này")
