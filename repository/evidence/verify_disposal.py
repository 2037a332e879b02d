"""A disposal in an evidence package: the council's votes as the log knows them, the list they were given for, the
certificate, and the stubs that remain. Asked by `verify.py`, after the records and the rows were proven.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from repository.audit.council import against, digest_of
from repository.evidence import sealed_zip as layout
from repository.evidence.log_proof import PROVEN, SAID, Found, Row

CERTIFICATE: Final = "data/certificate/"
_ABOUT: Final = "Tiêu hủy"


def check_disposal(found: Found) -> list[str]:
    """What is wrong; says what is proven when nothing is."""
    disposal = found.rows.get("disposals", {}).get(found.subject["id"])
    if disposal is None:
        return [f"quyết định {found.subject['id']}: thiếu, hoặc thông tin không đúng nhật ký"]
    items = [one for one in found.rows.get("erasures", {}).values() if one["disposal"] == disposal["_id"]]
    records = [
        one for line in found.package.lines(layout.RECORDS) if _about(one := json.loads(line), disposal)
    ]
    faults = [*_list(found, disposal, items), *_acts(disposal, items, records)]
    faults += [*_certificate(found, disposal, items, records), *_stubs(found, items)]
    if not faults:
        votes = ", ".join(one["by"]["name"] or one["by"]["id"] for one in disposal["votes"])
        gone = [one for one in items if one["state"] == "erased"]
        found.say(PROVEN, "Hội đồng", f"{votes} đồng ý với đúng danh sách này; không ai là người đề nghị")
        found.say(PROVEN, _ABOUT, f"{len(gone)} văn bản bị xóa, {len(items) - len(gone)} giữ lại, đúng chứng nhận và "
                  "nhật ký; mỗi văn bản bị xóa còn mô tả, mã băm và lịch sử")  # fmt: skip
        found.say(SAID, _ABOUT, "gói không chứng minh được rằng không còn bản chép nào ở nơi khác; "
                  "các bản sao lưu còn chứa tệp được nêu trong chứng nhận")  # fmt: skip
    return faults


def _about(record: Row, disposal: Row) -> bool:
    return bool(record["subject"]["id"] == disposal["_id"] or disposal["_id"] in record.get("also", ()))


def _list(found: Found, disposal: Row, items: list[Row]) -> Iterator[str]:
    """The list is whole, and is the one that was voted on."""
    if disposal["state"] != "done":
        yield "quyết định chưa thực hiện xong"
    if len(items) != disposal["documents"] or digest_of(items) != disposal["items"]:
        yield f"danh sách kèm theo ({len(items)} văn bản) không phải danh sách mà hội đồng đã xét"
    erased = sorted(one["document"] for one in items if one["state"] == "erased")
    if erased != found.subject["documents"]:
        yield f"{layout.SUBJECT}: không kể đúng những văn bản đã tiêu hủy"


def _acts(disposal: Row, items: list[Row], records: list[Row]) -> Iterator[str]:
    """The log says who proposed and approved, and what was done with each paper."""
    own = [one for one in records if one["subject"]["id"] == disposal["_id"]]
    if why := against(disposal["items"], own):
        yield why
    done = {(one["action"], one["subject"]["id"]) for one in records}
    done |= {(one["action"], one["detail"]["document"]) for one in own if one["action"] == "disposal.spared"}
    wanted = {"erased": ("document.disposed", "disposal.erased"), "kept": ("disposal.spared",)}
    for item in items:
        for act in wanted.get(item["state"], ("?",)):
            if (act, item["document"]) not in done:
                yield f"văn bản {item['document']}: nhật ký kèm theo không có việc {act}"


def _certificate(found: Found, disposal: Row, items: list[Row], records: list[Row]) -> Iterator[str]:
    """Each file is the one that the log names; the certificate says of each paper what the rows say."""
    files = (disposal["certificate"] or {}).get("files", [])
    members = {
        hashlib.sha256(found.package.read(name)).hexdigest(): name
        for name in found.package.members
        if name.startswith(CERTIFICATE)
    }
    named = {
        one["detail"].get("sha256")
        for one in records
        if one["action"] in ("disposal.done", "disposal.printed")
    }
    if not files or {one["sha256"] for one in files} != set(members) or not set(members) <= named:
        yield "chứng nhận thiếu, thừa, hoặc không phải bản mà nhật ký ghi"
        return
    content = json.loads(found.package.read(members[files[0]["sha256"]]))
    if (content["id"], content["items"]) != (disposal["_id"], disposal["items"]):
        yield f"{members[files[0]['sha256']]}: chứng nhận của quyết định khác"
    told = {
        one["document"]: (one["state"], [v["sha256"] for v in one["versions"]])
        for one in content["documents"]
    }
    if told != {one["document"]: (one["state"], [v["sha256"] for v in one["objects"]]) for one in items}:
        yield f"{members[files[0]['sha256']]}: chứng nhận kể khác với danh sách"


def _stubs(found: Found, items: list[Row]) -> Iterator[str]:
    """What remains of each: no version, the hashes that were approved, by this decision."""
    documents = found.rows.get("documents", {})
    for item in items:
        row = documents.get(item["document"])
        if item["state"] == "erased" and row is not None:
            hashes = [one["sha256"] for one in row.get("erased", [])]
            by = (row.get("disposed") or {}).get("disposal")
            if (
                row["versions"]
                or by != item["disposal"]
                or hashes != [one["sha256"] for one in item["objects"]]
            ):
                yield f"văn bản {item['document']}: thông tin lưu vết khác với danh sách đã duyệt"
