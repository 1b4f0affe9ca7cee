"""What a conversion did: counts that add up, what was lost, where it is listed."""

import msgspec

from tooltrain_fast._reports.figures import MEGABYTE
from tooltrain_fast._reports.report import FindingCount, UnreadCount
from tooltrain_fast._reports.result import Counts, Result, counts_of


class ConvertedRecords(msgspec.Struct, frozen=True, kw_only=True):
    """Records by what became of them; `read` = `written` + `rejected`."""

    read: int
    written: int
    """With at least one row."""
    rejected: int
    lossy: int
    """Among the written: those whose rows say less than they did."""


class ConvertedShard(msgspec.Struct, frozen=True, kw_only=True):
    """One input file."""

    name: str
    bytes: int
    records: ConvertedRecords


class ConvertReport(Result, msgspec.Struct, frozen=True, kw_only=True):
    """The report of a conversion. Its repr is a table; `to_json` gives all of it."""

    version: str
    verb: str
    to: str
    """The layout that was written."""
    out: str
    """Path of the rows."""
    report: str
    """Path of this report as JSON."""
    rejects: str | None
    """Path of the rejected records; `None` when there are none."""
    losses: str | None
    """Path of what rows do not say, one line a loss; `None` when there is none."""
    job_description: str | None
    """Path of the job description of distil rows, if one was written."""
    rows: int
    records: ConvertedRecords
    warnings: list[str]
    """What is to be said of the output as a whole."""
    findings: list[FindingCount]
    """By severity and count."""
    left_unread: dict[str, UnreadCount] = {}
    """Keys of the records that were not read, by path."""
    shards: list[ConvertedShard]
    bytes_in: int
    """Bytes of the shards, as stored."""
    text_bytes: int
    """Bytes of the shards, decompressed."""
    bytes_out: int
    """Bytes of the rows."""
    sha256: str
    """Digest of the rows."""
    seconds: float
    """Wall time."""
    threads: int
    options: dict[str, object]
    """The resolved options."""

    @property
    def ok(self) -> bool:
        """Whether rows were written, and no record was rejected or lost something."""
        return bool(self.rows) and not self.records.rejected and not self.records.lossy

    @property
    def counts(self) -> Counts:
        """How often each code was found, by severity: `counts["undeclared_tool"]["masked"]`."""
        return counts_of(self.findings)

    @property
    def mb_per_second(self) -> float:
        """Millions of bytes of JSONL, decompressed, per second of wall time."""
        return self.text_bytes / MEGABYTE / max(self.seconds, 1e-9)

    def __repr__(self) -> str:
        from tooltrain_fast._reports.report_text import convert_report_text  # noqa: PLC0415 - only who looks pays for it

        return convert_report_text(self)


def read_convert_report(encoded: bytes) -> ConvertReport:
    """The report that the core wrote as JSON."""
    return msgspec.json.decode(encoded, type=ConvertReport)
