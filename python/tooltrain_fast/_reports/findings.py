"""What `validate` found: counts, every finding as a frame, and what the records do with their tools."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from tooltrain_fast._core import FindingRows
from tooltrain_fast._reports.report import FindingCount, UnreadCount
from tooltrain_fast._reports.result import Counts, Result, counts_of

if TYPE_CHECKING:
    import polars as pl


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """Records by what a run would make of them; `read` = `accepted` + `rejected` + `nothing_to_train`."""

    read: int
    accepted: int
    rejected: int
    nothing_to_train: int
    only_wrong_calls: int
    """Records among `nothing_to_train` that have turns to train, each with a wrong call."""
    with_masked_turns: int
    """Records among `accepted` of which a turn is not trained, for a wrong call."""
    repaired: int
    """Records among `accepted` that are mended while they are read."""


class FindingsBySeverity(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one shard."""

    error: int
    masked: int
    warning: int
    fixed: int


class ValidatedShard(msgspec.Struct, frozen=True, kw_only=True):
    """One input file."""

    name: str
    bytes: int
    """As stored."""
    records: Verdicts
    findings: FindingsBySeverity


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """The offending piece of a record with what is around it, as the file spells it."""

    text: str
    """One line; control characters are escaped, and what is left out is an ellipsis."""
    start: int
    """Where the piece begins in `text`, in characters."""
    end: int
    """Where it ends."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One finding with the offending piece."""

    file: str
    line: int
    """Counted from 1."""
    offset: int
    """Byte of the shard, decompressed."""
    pointer: str
    """JSON pointer into the record; empty for the record itself."""
    code: str
    severity: str
    message: str
    hint: str
    excerpt: Excerpt


class ToolCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Use of one tool."""

    declared: int
    """Conversations that declare it."""
    calls: int
    wrong_calls: int
    """Calls among them that are wrong: not declared, or with arguments against the schema."""


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """What the conversations do with their tools; records that cannot be read are left out."""

    conversations: int
    with_tools: int
    """Conversations that declare tools."""
    with_calls: int
    with_parallel_calls: int
    """Conversations with a turn that makes several calls."""
    turns: int
    """Assistant turns."""
    calling_turns: int
    parallel_turns: int
    """Assistant turns that make several calls."""
    calls: int
    wrong_calls: int
    results: int
    calls_per_conversation: dict[int, int]
    """How many conversations have how many calls."""
    tools: dict[str, ToolCounts]
    """By name; at most 100,000 names."""
    other_tools: ToolCounts
    """What is past that number of names."""

    @property
    def calls_per_tool(self) -> dict[str, int]:
        """Calls by tool, the most called first."""
        ordered = sorted(self.tools.items(), key=lambda entry: (-entry[1].calls, entry[0]))
        return {name: counts.calls for name, counts in ordered if counts.calls}

    @property
    def never_called(self) -> list[str]:
        """Tools that are declared and that no conversation calls, by name."""
        return sorted(name for name, counts in self.tools.items() if counts.declared and not counts.calls)

    @property
    def mean_calls(self) -> float:
        """Calls per conversation."""
        return self.calls / self.conversations if self.conversations else 0.0

    @property
    def parallel_share(self) -> float:
        """Share of the turns with calls that make several, 0 to 1."""
        return self.parallel_turns / self.calling_turns if self.calling_turns else 0.0

    @property
    def without_call_share(self) -> float:
        """Share of the conversations without any call, 0 to 1."""
        return 1 - self.with_calls / self.conversations if self.conversations else 0.0


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """The records that were written with their repairs."""

    out: str
    """Path of the file; what was found stands in `<out>.report.json`."""
    rejects: str | None
    """Path of the rejected records; `None` when there are none."""
    written: int
    """Records in the file: those that are not rejected."""
    mended: int
    """Records among them with a repair written into them."""
    left: int
    """Records among them whose repair cannot be written in their layout; it is made whenever they are read."""


class Findings(Result, msgspec.Struct, kw_only=True, dict=True):
    """Everything that `validate` found. Its repr is a summary; `.frame` has every finding.

    It is also an Arrow stream (`__arrow_c_stream__`) of the rows of `.frame`.
    """

    version: str
    records: Verdicts
    shards: list[ValidatedShard]
    findings: list[FindingCount]
    """How often each code was found with each severity, worst first, with the first place. Counts are of all
    findings, kept or not."""
    examples: list[Example]
    """The first findings of each code and severity with the offending piece, in the order of shard and line."""
    kept: int
    """Rows of `frame`."""
    left_unread: dict[str, UnreadCount] = {}
    """Keys of the records that were not read, by path. Keys that are known to mean nothing are left out."""
    tool_use: ToolUse
    fixed: Fixed | None
    """What was written, when `fix` asked for it."""
    bytes_in: int
    """Bytes of the shards, as stored."""
    text_bytes: int
    """Bytes of the shards, decompressed."""
    threads: int
    seconds: float
    options: dict[str, object]

    rows: ClassVar[FindingRows]
    """The findings as the core keeps them."""

    @property
    def ok(self) -> bool:
        """Whether no record would be rejected."""
        return not self.records.rejected

    @property
    def counts(self) -> Counts:
        """How often each code was found, by severity: `counts["undeclared_tool"]["masked"]`."""
        return counts_of(self.findings)

    @property
    def total(self) -> int:
        """All findings, kept or not."""
        return sum(kind.count for kind in self.findings)

    @property
    def frame(self) -> "pl.DataFrame":
        """One row a finding, in the order of shard and line.

        Columns: `file` str, `line` int64 from 1, `offset` int64 (byte of the decompressed shard), `pointer` str
        (JSON pointer into the record), `code`, `severity`, `message`, `hint` str. Of each code and severity at most
        `findings_per_code` rows are kept, the first ones; `counts` has them all.
        """
        import polars as pl  # noqa: PLC0415 - heavy, and only who looks at it pays for it

        return pl.DataFrame(self)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The rows of `frame`, for any library that reads Arrow."""
        return self.rows.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        from tooltrain_fast._reports.findings_text import findings_text  # noqa: PLC0415 - only who looks at it pays for it

        return findings_text(self)

    def _repr_html_(self) -> str:
        from tooltrain_fast._reports.findings_html import findings_html  # noqa: PLC0415 - only notebooks need it

        return findings_html(self)


def read_findings(encoded: bytes, rows: FindingRows) -> Findings:
    """What the core counted, as JSON, and kept."""
    found = msgspec.json.decode(encoded, type=Findings)
    found.__dict__["rows"] = rows
    return found
