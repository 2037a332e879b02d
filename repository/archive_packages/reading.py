"""A package from elsewhere, read whole before anything is believed; runs in the sandbox.

Refused, by name: what is damaged, missing, added, or leads outside. Known defects of packages in use are tolerated
with a warning: fields in any order, the other name of a code, a wrong year in it, totals that do not match.
"""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from repository.archive_packages import codes, ead, listing, process
from repository.archive_packages.contents import Contents, Found, Kind, PackedDocument, PackedFile, as_json
from repository.archive_packages.listing import Link, Listed
from repository.archive_packages.safe_zip import Members, Refused, opened
from repository.archive_packages.xml import CSIP, METS, PREMIS, Element, NotXml, at, parsed
from repository.policy.archive_packages import PackageRules, rules_on

_METS: Final = "METS.xml"
_LARGEST_METS: Final = 64 * 1024 * 1024
_LARGEST_EAD: Final = 1024 * 1024
_TOLD: Final = 10
_UNKNOWN: Final = datetime(2025, 7, 1, tzinfo=UTC)
_REPRESENTATION: Final = re.compile(r"representations/[^/]+/METS\.xml")


def read(path: str, options: dict[str, Any]) -> dict[str, Any]:
    """`found`: the package as JSON; or `refused`: why not. Options: `largest` file, `day` whose rules hold."""
    rules = rules_on(date.fromisoformat(options["day"]))
    try:
        with opened(Path(path), largest=options["largest"]) as members:
            return {"found": as_json(_Reading(members, rules).found())}
    except (Refused, NotXml) as fault:
        return {"refused": str(fault)}


class _Reading:
    """One package while it is read."""

    def __init__(self, members: Members, rules: PackageRules) -> None:
        self._members = members
        self._rules = rules
        self._warnings: list[str] = []
        self._digests: dict[tuple[str, str], str] = {}
        tops = {name.partition("/")[0] for name in members.sizes}
        if len(tops) != 1 or any("/" not in name for name in members.sizes):
            raise Refused(
                f"gói phải có đúng một thư mục gốc mang tên OBJID, thấy: {', '.join(sorted(tops)[:5])}"
            )
        self._folder = tops.pop()
        self._sizes = {name.partition("/")[2]: size for name, size in members.sizes.items()}

    def found(self) -> Found:
        root = self._mets(_METS)
        kind, objid, created = self._head(root)
        outer = listing.files(root, "", self._sizes, created)
        self._check(outer)  # the representation's METS is one of them: it is not parsed before
        inner_path = self._representation(outer)
        within = inner_path.removesuffix(_METS)
        inner_root = self._mets(inner_path)
        inner = listing.files(inner_root, within, self._sizes, created)
        self._check(inner)
        listed = {one.path: one for one in [*outer, *inner]}
        self._check_strange(set(listed))
        digests = {path: self._digest(path, "sha256") for path in listed}
        self._check_premis(kind, root, listed, digests)
        fields = self._ead(root, outer)
        links = listing.links(inner_root) or listing.matched(inner)
        documents = self._documents(links, inner, digests)
        if not documents:
            raise Refused("gói không có tài liệu nào")
        self._weigh(kind, fields, documents)
        contents = Contents(fields=fields, documents=tuple(documents), created=created)
        return Found(kind, objid, contents, self._warnings, *_keeper(root))

    def _mets(self, path: str) -> Element:
        root = parsed(self._read(path, _LARGEST_METS), path)
        if root.tag != f"{{{METS}}}mets":
            raise Refused(f"{path}: không phải METS")
        return root

    def _read(self, path: str, most: int) -> bytes:
        if path not in self._sizes:
            raise Refused(f"thiếu tệp {path}")
        return self._members.read(f"{self._folder}/{path}", most)

    def _head(self, root: Element) -> tuple[Kind, str, datetime]:
        objid, head = str(root.get("OBJID", "")), root.find(f"{{{METS}}}metsHdr")
        if codes.folder(objid) != self._folder:
            raise Refused(f"OBJID «{objid[:100]}» không khớp tên thư mục gốc «{self._folder[:100]}»")
        if not self._rules.knows_objid(objid):
            self._warnings.append(f"OBJID «{objid[:100]}» không đúng dạng của {self._rules.source}")
        said = str(head.get(f"{{{CSIP}}}OAISPACKAGETYPE", "") if head is not None else "")
        if head is None or said.lower() not in list(Kind):
            raise Refused(f"loại gói «{said or 'không ghi'}»: chỉ nhận SIP và AIP của hồ sơ")
        created = at(head.get("LASTMODDATE") or head.get("CREATEDATE"), _UNKNOWN)
        return Kind(said.lower()), objid, created

    @staticmethod
    def _representation(outer: list[Listed]) -> str:
        paths = sorted({one.path for one in outer if _REPRESENTATION.fullmatch(one.path)})
        if len(paths) != 1:
            raise Refused(f"gói phải có đúng một bản đại diện, METS kể {len(paths)}: {', '.join(paths[:5])}")
        return paths[0]

    def _check(self, listed: list[Listed]) -> None:
        """Each file against what a METS says. Raises Refused, naming the first faults."""
        faults = []
        for one in listed:
            if one.path not in self._sizes:
                faults.append(f"thiếu tệp {one.path}")
            elif self._sizes[one.path] != one.size:
                faults.append(f"{one.path}: dài {self._sizes[one.path]} byte, METS ghi {one.size}")
            elif self._digest(one.path, one.algorithm) != one.checksum:
                faults.append(f"{one.path}: mã băm không khớp METS, nội dung đã bị sửa")
        _refuse(faults)

    def _check_strange(self, listed: set[str]) -> None:
        """Files that no METS names: refused among the documents, told elsewhere."""
        strange = sorted(set(self._sizes) - listed - {_METS})
        _refuse([f"tệp lạ, METS không kể tới: {one}" for one in strange if listing.is_data(one)])
        self._warnings += [f"tệp không được METS kể tới: {one}" for one in strange][:_TOLD]

    def _digest(self, path: str, algorithm: str) -> str:
        """Read once for each algorithm."""
        if (path, algorithm) not in self._digests:
            self._digests[path, algorithm] = self._members.digest(f"{self._folder}/{path}", algorithm)
        return self._digests[path, algorithm]

    def _check_premis(
        self, kind: Kind, root: Element, listed: dict[str, Listed], digests: dict[str, str]
    ) -> None:
        paths = [path for path in listed if "/preservation/" in path and path.endswith(".xml")]
        if kind is Kind.AIP and (not paths or root.find(f".//{{{METS}}}digiprovMD") is None):
            raise Refused("gói AIP không có PREMIS (metadata/preservation/PREMIS.xml)")
        if kind is Kind.SIP and paths:
            self._warnings.append("gói SIP có PREMIS, Thông tư không có; bỏ qua")
            return
        for path in paths:
            within = path.partition("metadata/")[0]
            for one in parsed(self._read(path, _LARGEST_METS), path).iter(f"{{{PREMIS}}}object"):
                name = one.findtext(f".//{{{PREMIS}}}objectIdentifierValue", "")
                said = one.findtext(f".//{{{PREMIS}}}messageDigest", "").strip().lower()
                algorithm = one.findtext(f".//{{{PREMIS}}}messageDigestAlgorithm", "")
                known = digests.get(f"{within}{name}")
                if known and algorithm == "SHA-256" and said != known:
                    raise Refused(f"{within}{name}: mã băm trong {path} khác mã băm của tệp")

    def _ead(self, root: Element, outer: list[Listed]) -> dict[str, str]:
        described = {str(one.get("ID", "")) for one in root.findall(f"{{{METS}}}dmdSec")}
        paths = [one.path for one in outer if one.id in described]
        if len(paths) != 1:
            raise Refused(f"METS gốc phải mô tả hồ sơ bằng đúng một tệp EAD, thấy {len(paths)}")
        fields = ead.read(self._read(paths[0], _LARGEST_EAD), paths[0])
        if not fields.get("title"):
            raise Refused(f"{paths[0]}: không có tiêu đề hồ sơ (title)")
        return fields

    def _documents(
        self, links: list[Link], inner: list[Listed], digests: dict[str, str]
    ) -> list[PackedDocument]:
        by_id = {one.id: one for one in inner}
        found, used = [], set[str]()
        for link in links:
            wanted = (link.dmd, *link.files)
            if missing := [one for one in wanted if one not in by_id]:
                raise Refused(f"METS của bản đại diện nhắc tới {missing[0]} mà không kể tệp đó")
            if not link.files:
                raise Refused(f"{by_id[link.dmd].path}: mô tả không gắn với tệp nào")
            files = [by_id[one] for one in link.files]
            used |= {one.path for one in files}
            fields = ead.read(self._read(by_id[link.dmd].path, _LARGEST_EAD), by_id[link.dmd].path)
            handled = self._process(files)
            packed = tuple(self._packed(one, digests) for one in files)
            found.append(PackedDocument(fields=fields, files=packed, process=handled))
        if loose := sorted({one.path for one in inner if listing.is_data(one.path)} - used):
            raise Refused(f"tệp không gắn với mô tả nào: {', '.join(loose[:_TOLD])}")
        return found

    def _process(self, files: list[Listed]) -> tuple[process.Step, ...]:
        """How a document was handled, where a file tells it in our shape; that file is then no attachment."""
        for one in files[1:]:
            if one.path.endswith(process.ENDING) and one.size <= process.LARGEST:
                steps = process.read(self._read(one.path, process.LARGEST), one.path)
                if steps is not None:
                    files.remove(one)
                    return steps
        return ()

    def _packed(self, one: Listed, digests: dict[str, str]) -> PackedFile:
        return PackedFile(
            sha256=digests[one.path], size=one.size, media_type=one.media_type, created=one.created,
            filename=one.title or one.path.rpartition("/")[2], member=f"{self._folder}/{one.path}",
        )  # fmt: skip

    def _weigh(self, kind: Kind, fields: dict[str, str], documents: list[PackedDocument]) -> None:
        """Warnings about what the descriptions say."""
        code, told = fields.get("fileCode", ""), []
        if (total := fields.get("totalDoc", "")) != str(len(documents)):
            told.append(f"EAD ghi {total or 'không rõ'} tài liệu, gói có {len(documents)}")
        for n, one in enumerate(documents, start=1):
            said = one.fields.get("docCode", "")
            right = codes.document_code(code, n)
            if said == right or (kind is Kind.AIP and said and right.endswith(said)):
                continue
            years = [found and found.year for found in map(codes.FileCode.parse, (said, right))]
            why = (
                f"ghi năm {years[0]}, hồ sơ năm {years[1]}" if years[0] != years[1] else f"đúng ra là {right}"
            )
            told.append(f"tài liệu thứ {n}: docCode «{said}» {why}")
        more = [f"và {len(told) - _TOLD} chỗ lệch khác"] if len(told) > _TOLD else []
        self._warnings += told[:_TOLD] + more


def _keeper(root: Element) -> tuple[str, str]:
    """Mã phông, and whose records they are: of whichever agent bears an identification code."""
    for agent in root.iter(f"{{{METS}}}agent"):
        for note in agent.findall(f"{{{METS}}}note"):
            if note.get(f"{{{CSIP}}}NOTETYPE") == "IDENTIFICATIONCODE" and note.text:
                named = agent.findtext(f"{{{METS}}}name", "") if agent.get("TYPE") == "ORGANIZATION" else ""
                return str(note.text).strip(), str(named).strip()
    return "", ""


def _refuse(faults: list[str]) -> None:
    """Raises Refused with the first of them."""
    if faults:
        more = f"; và {len(faults) - _TOLD} lỗi khác" if len(faults) > _TOLD else ""
        raise Refused("; ".join(dict.fromkeys(faults[:_TOLD])) + more)
