"""What was added to a PDF after each signature, step by step (ISO 32000-2 12.8.2.2; incremental updates).

The state's own tools sign in several revisions, so a later revision is no harm by itself. Each step is
compared with the one before it, once for all signatures.
"""

from dataclasses import dataclass
from typing import Final

from pyhanko.pdf_utils.reader import PdfFileReader

from repository.signatures.revisions.comparing import compare
from repository.signatures.revisions.strays import strays
from repository.signatures.revisions.walking import Difference, Endless, Kind

_NAMED: Final = 5
_VERBS: Final = ("thêm ", "bỏ ", "đổi ", "đưa ", "điền ", "ghi đè ", "giấu ", "làm ")
_NOTHING: Final = "không đổi gì người đọc thấy"


@dataclass(frozen=True)
class Step:
    """One revision compared with the one before it."""

    revision: int
    differences: tuple[Difference, ...] = ()

    @property
    def kind(self) -> Kind:
        return max((one.kind for one in self.differences), default=Kind.NOTHING)

    @property
    def harmless(self) -> bool:
        """Only evidence, metadata or an invisible time stamp was added: nobody needs to answer for it."""
        return self.kind <= Kind.EVIDENCE

    @property
    def content(self) -> bool:
        """Something other than a signature changed what a reader sees."""
        return self.kind > Kind.SIGNATURE

    @property
    def what(self) -> str:
        """In words, the gravest first; where something was changed the lesser things go unsaid."""
        if self.kind <= Kind.EVIDENCE:
            return "bổ sung dữ liệu xác thực hoặc thông tin mô tả" if self.differences else _NOTHING
        least = Kind.FILL if self.content else Kind.SIGNATURE
        ordered = sorted(self.differences, key=lambda one: -one.kind)
        words = list(dict.fromkeys(_told(one) for one in ordered if one.kind >= least))
        more = f" và {len(words) - _NAMED} chỗ khác" if len(words) > _NAMED else ""
        return ", ".join(words[:_NAMED]) + more


def _told(one: Difference) -> str:
    """A change in words that can follow a subject: things get the verb that their kind calls for."""
    if one.what.startswith(_VERBS):
        return one.what
    return f"{'thay đổi' if one.kind == Kind.ALTERS else 'bổ sung'} {one.what}"


class Steps:
    """The steps of one file, each compared at most once, when first asked for."""

    def __init__(self, *, reader: PdfFileReader) -> None:
        self._reader = reader
        self._known: dict[int, Step] = {}
        self._gave_up = False
        self.total = int(reader.xrefs.total_revisions)

    def after(self, revision: int) -> list[Step]:
        """The steps that came after a revision, oldest first."""
        return [self._step(number) for number in range(revision + 1, self.total)]

    def _step(self, number: int) -> Step:
        if number not in self._known:
            if self._gave_up:  # what took too long for one signature is not tried again for the next
                raise TimeoutError("quá thời gian so sánh các phiên bản")
            self._known[number] = self._compare(number)
        return self._known[number]

    def _compare(self, number: int) -> Step:
        if self._reader.xrefs.get_xref_data(number).hybrid is not None:  # two readers could see two documents
            return _alters(number, "thêm bảng tham chiếu lai, mỗi phần mềm có thể hiển thị một khác")
        try:
            if hidden := strays(self._reader, number):
                return _alters(number, f"giấu đối tượng {hidden[0]} ngoài bảng tham chiếu")
            views = [self._reader.get_historical_resolver(one) for one in (number - 1, number)]
            return Step(number, tuple(compare(*views)))
        except (TimeoutError, Endless):  # too much to compare is no sign of ill will
            self._gave_up = True
            raise
        except Exception as fault:  # noqa: BLE001  a revision that cannot be compared cannot be called harmless
            return _alters(number, f"làm tệp không so sánh được với bản đã ký ({type(fault).__name__})")


def _alters(number: int, words: str) -> Step:
    return Step(number, (Difference(Kind.ALTERS, words),))
