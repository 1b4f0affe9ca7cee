"""What a run did: counts that add up, where the rejects are, how long each stage took."""

import msgspec

from tooltrain_fast._reports.certificate import CertificateSummary
from tooltrain_fast._reports.figures import MEGABYTE
from tooltrain_fast._reports.result import Counts, Result, counts_of


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Records by what became of them; `read` is the sum of the others but `only_wrong_calls`."""

    read: int
    packed: int
    rejected: int
    nothing_to_train: int
    only_wrong_calls: int = 0
    """Records among `nothing_to_train` that have turns to train, each with a wrong call."""
    filtered: int
    duplicate: int
    over_length: int


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that came in and went out: `out` = `in_` + `added` + `repeated` - the sum of `dropped`."""

    in_: int = msgspec.field(name="in")
    added: int = 0
    """Trained tokens of turns that a further sample trains, and the conversation as one sample does not."""
    repeated: int
    """Tokens that further samples of a split or expanded conversation print again."""
    dropped: dict[str, int]
    out: int


class Turns(msgspec.Struct, frozen=True, kw_only=True):
    """Assistant turns by what became of them."""

    assistant: int
    trained: int
    masked_by_validation: int
    prompt_differs: int
    field_dropped: int
    trained_without_reasoning: int
    straddling_tokens: int


class FirstFinding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a code was found first, in (shard, line) order."""

    file: str
    line: int
    pointer: str
    message: str
    hint: str | None


class FindingCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a code was found."""

    code: str
    severity: str
    count: int
    first: FirstFinding


class UnreadCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a key was left unread."""

    records: int
    """Records that have it."""
    count: int
    """Times that it was met."""
    bytes: int
    """Bytes of its values."""


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """One input file."""

    name: str
    bytes: int
    records: Records


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """One output file."""

    name: str
    rows: int
    bytes: int
    sha256: str


class TokenizerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which tokenizer made the ids."""

    name: str
    sha256: str
    backend: str
    reason: str


class TemplateFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Which chat template made the text."""

    name: str
    sha256: str
    certificate: CertificateSummary | None = None
    """What came of trying it out; see `explain_template`."""


class Report(Result, msgspec.Struct, frozen=True, kw_only=True):
    """The report of a run. Its repr is a table; `to_json` gives all of it.

    The same JSON stands in the file that `report` names.
    """

    version: str
    verb: str
    out: str
    """Path of the output."""
    report: str
    """Path of this report as JSON."""
    rejects: str | None
    """Path of the rejected records; `None` when there are none."""
    files: list[WrittenFile]
    tokenizer: TokenizerFacts
    template: TemplateFacts
    serving: str
    """The serving mode that was prepared for, in words."""
    records: Records
    tokens: Tokens
    trained_tokens: Tokens
    rows: int
    samples: int
    """Samples in the rows."""
    fill: float
    """Share of the rows' room that holds tokens, 0 to 1."""
    shortest_row: int
    """Tokens in the shortest row."""
    longest_row: int
    """Tokens in the longest row."""
    max_length: int
    turns: Turns
    findings: list[FindingCount]
    """By severity and count."""
    left_unread: dict[str, UnreadCount] = {}
    """Keys of the records that were not read, by path, such as `messages[].agent`. Keys that are known to mean nothing
    (ids, timestamps, scores) are left out."""
    shards: list[Shard]
    seconds: float
    """Wall time."""
    stage_seconds: dict[str, float]
    """Processor time of each stage, summed over threads."""
    bytes_in: int
    """Bytes of the shards, as stored."""
    text_bytes: int
    """Bytes of the shards, decompressed."""
    reused_bytes: int
    """Bytes of printed text whose token ids a worker had from an earlier piece of the same bytes."""
    threads: int
    options: dict[str, object]
    """The resolved options."""

    @property
    def ok(self) -> bool:
        """Whether rows were written and no record was rejected."""
        return bool(self.rows) and not self.records.rejected

    @property
    def counts(self) -> Counts:
        """How often each code was found, by severity: `counts["undeclared_tool"]["masked"]`."""
        return counts_of(self.findings)

    @property
    def trained_share(self) -> float:
        """Share of the tokens that is trained, 0 to 1."""
        return self.trained_tokens.out / self.tokens.out if self.tokens.out else 0.0

    @property
    def mb_per_second(self) -> float:
        """Millions of bytes of JSONL, decompressed, per second of wall time."""
        return self.text_bytes / MEGABYTE / max(self.seconds, 1e-9)

    def __repr__(self) -> str:
        from tooltrain_fast._reports.report_text import report_text  # noqa: PLC0415 - only who looks at it pays for it

        return report_text(self)

    def _repr_html_(self) -> str:
        from tooltrain_fast._reports.report_html import report_html  # noqa: PLC0415 - only notebooks need it

        return report_html(self)


def read_report(encoded: bytes) -> Report:
    """The report that the core wrote as JSON."""
    return msgspec.json.decode(encoded, type=Report)
