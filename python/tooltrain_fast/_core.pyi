"""The compiled core. Private: `tooltrain_fast` re-exports what users need."""

from collections.abc import Callable
from typing import Final, final

def version() -> str:
    """Version of the engine, as written into every footer."""

def optimized() -> bool:
    """Whether the engine was built with optimization, as it is for use."""

def default_options() -> bytes:
    """The core's default options: JSON, one key an option."""

def finding_codes() -> bytes:
    """The table of finding codes.

    Returns:
        JSON, a list of `{name, family, severity, summary, hint, fails, passes}`.
    """

def error_codes() -> bytes:
    """The table of error codes.

    Returns:
        JSON, a list of `{name, exception, exit_code, summary, hint}`.
    """

def error_text(
    message: str,
    *,
    option: str | None,
    file: str | None,
    line: int | None,
    pointer: str | None,
    hint: str | None,
) -> str:
    """The text of an error from its fields; `option` is spelled as the front end spells it."""

def nearest_word(word: str, words: list[str]) -> str | None:
    """The one of `words` that a misspelled `word` most probably means; none where none is near."""

def expand(sources: list[str]) -> list[str]:
    """The shards that a run over `sources` would read, in order.

    Args:
        sources: paths, glob patterns (with `**`), directories, or `-` for standard input.

    Returns:
        Paths in natural order; rejects, reports, dot-files and side files are left out unless named.

    Raises:
        InputNotFoundError: a path does not exist or a pattern matches nothing.
    """

def pack(
    sources: list[str] | object,
    out: str,
    options: bytes,
    progress: Callable[[bytes], None] | None,
    verb: str,
) -> bytes:
    """Runs the whole line from shards to a published Parquet file or directory.

    The interpreter lock is released while it works; Ctrl-C raises `KeyboardInterrupt` within 250 ms.

    Args:
        sources: as in `expand`, or an object with `__arrow_c_stream__`, which is read once.
        out: a `.parquet` path for one file, any other path for a directory of part files.
        options: resolved options as JSON; keys that are left out take the core's default.
        progress: called about five times a second, on the calling thread, with the JSON
            `{stage, records, bytes, total_bytes, tokens, trained_tokens, rejected, seconds}`;
            `total_bytes` is null when it is not known (standard input).
        verb: `"pack"`, or `"tokenize"` for one conversation per row.

    Returns:
        The report as JSON, the same that stands in `<out>.report.json`.

    Raises:
        TooltrainError: one of its subclasses, by what went wrong. Nothing is published then.
    """

def validate(
    sources: list[str] | object,
    options: bytes,
    progress: Callable[[bytes], None] | None,
    findings_per_code: int,
    examples_per_code: int,
    fix: str | None = None,
) -> tuple[bytes, FindingRows]:
    """Checks every record; nothing is rendered.

    Args:
        sources: as in `pack`.
        options: as in `pack`; `layout`, `tools`, `repair`, `validation`, `loss` and those of reading are looked at.
        progress: as in `pack`.
        findings_per_code: most findings of each code and severity that are kept as rows.
        examples_per_code: most findings of each code and severity that come with the offending piece.
        fix: a `.jsonl` path for the records that are not rejected, repairs written into them.

    Returns:
        What was counted as JSON, and the findings that were kept.

    Raises:
        TooltrainError: one of its subclasses, by what went wrong; never for a bad record.
    """

def convert(
    sources: list[str] | object,
    out: str,
    to: str,
    options: bytes,
    progress: Callable[[bytes], None] | None,
) -> bytes:
    """Writes the records of `sources` as rows of another layout.

    Args:
        sources: as in `pack`.
        out: a path that ends in `.jsonl`.
        to: `"openai"`, `"distil"`, `"messages"` or `"sharegpt"`.
        options: as in `pack`; those of reading, checking, bad records and `if_exists` are looked at.
        progress: as in `pack`.

    Returns:
        The report as JSON, the same that stands in `<out>.report.json`.

    Raises:
        TooltrainError: one of its subclasses, by what went wrong. Nothing is published then.
    """

def stream(sources: list[str] | object, options: bytes, verb: str) -> RowStream:
    """The rows that `pack` would write, as an Arrow stream. Nothing is read before someone asks for rows.

    Args:
        sources: as in `pack`.
        options: as in `pack`.
        verb: as in `pack`.

    Raises:
        TooltrainError: the shards, the tokenizer or the template cannot be found or used.
    """

def render(conversation: bytes, options: bytes) -> bytes:
    """Renders and tokenizes one conversation.

    Args:
        conversation: the record as JSON.
        options: as in `pack`.

    Returns:
        JSON `{text, spans, input_ids, loss_mask, weights, token_ends, findings, family}`. Span borders
        and `token_ends` are byte offsets into the UTF-8 form of `text`.

    Raises:
        RejectedRecordError: the record cannot be rendered or trained; its fields have the worst finding.
    """

def explain_template(options: bytes) -> bytes:
    """Tries the chat template of `options` out.

    Args:
        options: as in `pack`; only those that decide what is rendered count.

    Returns:
        JSON `{tokenizer, tokenizer_sha256, serving, stops, certificate}`.

    Raises:
        TemplateError: the template cannot be found, read or run.
        TokenizerError: the tokenizer cannot be found, read or used.
    """

def visible(text: str) -> str:
    """The text with the characters made visible that a terminal or a page would obey or hide."""

def read_file(path: str, longest: int) -> bytes:
    """The bytes of a regular file of at most `longest` bytes.

    Raises:
        InputNotFoundError: there is no such file.
        ReadError: it is no regular file, too long, or cannot be read.
    """

def record(path: str, line: int | None, record: int, options: bytes) -> tuple[int, bytes | None, int]:
    """The record of a shard on `line`, or the one with `record` others before it.

    Returns its line, its bytes and 0; where there is none, the line of the last record, `None` and the number of
    records.

    Raises:
        RejectedRecordError: its line is too long.
        TooltrainError: the shard cannot be read.
    """

def abandon() -> None:
    """Removes the temporary files of every run of this process, which is about to end."""

@final
class FindingRows:
    """Findings, one row each, as an Arrow stream that can be read any number of times."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Exports the findings as an `arrow_array_stream` capsule."""

    def __len__(self) -> int: ...

@final
class PackedArrow:
    """An Arrow file that may be damaged. Exports the batch that was chosen last.

    Raises:
        ReadError: it is damaged, or no Arrow file.
    """

    def __new__(cls, path: str) -> PackedArrow: ...
    def metadata(self) -> dict[bytes, bytes]:
        """The key-value metadata of the footer."""

    def batches(self) -> int:
        """How many record batches there are."""

    def choose(self, batch: int | None) -> None:
        """Chooses the batch that is exported; none for a stream with the schema alone."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Exports the chosen batch as an `arrow_array_stream` capsule.

        Raises:
            ReadError: the batch is damaged.
        """

@final
class RowStream:
    """An Arrow stream of rows, read once."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Exports the stream as an `arrow_array_stream` capsule; can be called once."""

    def report(self) -> bytes:
        """The report of the run as JSON.

        Raises:
            OptionsError: the stream was not read to its end yet.
            TooltrainError: why the run ended early.
        """

@final
class Tokenizer:
    """A tokenizer as the run uses it.

    Args:
        name_or_path: a built-in name, a `tokenizer.json`, or a folder that has one.
        backend: `"auto"`, or `"reference"` for the `tokenizers` crate always.

    Raises:
        TokenizerError: it cannot be found, read or used.
    """

    digest: Final[str]
    """Hex SHA-256 of the `tokenizer.json`."""
    vocab_size: Final[int]
    """Number of ids, added tokens included."""
    backend: Final[str]
    """Which engine runs, and why."""
    chat_template: Final[str | None]
    """Source of the chat template that came with it."""

    def __new__(cls, name_or_path: str, backend: str = "auto") -> Tokenizer: ...
    def encode(self, text: str) -> list[int]:
        """Token ids of plain `text`: whatever it says, no control token comes out of it."""

    def decode(self, ids: list[int]) -> str:
        """Text of `ids`, control tokens included; bytes that are no UTF-8 become U+FFFD."""

    def added_tokens(self) -> list[tuple[str, int]]:
        """The control tokens with their ids, in id order."""
