"""The options of a run: one table that the functions, the command line and the documentation share.

`Options` holds them resolved, as the core reads them and the footer records them. `OptionKeywords` says what
a caller may write for them. A test keeps the two and the core's own table together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date as Date  # noqa: N812 - the option is called date
from os import PathLike
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from msgspec import Meta

from tooltrain_fast._reports.progress import Progress

Dialect = Literal["hf", "harmony"]
Validation = Literal["mask", "reject", "warn", "off"]
OnError = Literal["quarantine", "raise"]
LossPolicy = Literal[
    "assistant", "last_turn", "last_round", "tool_calls", "final_answer", "no_reasoning", "all"
]
LossField = Literal["reasoning", "text", "call_name", "call_arguments", "call_syntax", "stop"]
Samples = Literal["conversation", "turn", "round"]
History = Literal["mask", "keep", "expand", "inline"]
OnInexact = Literal["reject", "mask_turn"]
Boundary = Literal["prompt", "whole"]
OverLength = Literal["split", "truncate", "drop", "error"]
Packing = Literal["best_fit", "bfd", "wrapped", "none"]
ColumnPreset = Literal["trl", "axolotl"]
IfExists = Literal["error", "overwrite"]
TokenizerBackend = Literal["auto", "reference"]
ProgressOption = bool | Callable[[Progress], None] | None
"""`None` and `True` report by themselves, `False` keeps quiet, a callable gets each `Progress`."""

RENDERED = "what is rendered"
COMES_IN = "what comes in"
BAD_RECORDS = "what bad records do"
TRAINED = "what is trained"
FILLED = "how rows are filled"
WRITTEN = "what is written"
RUN = "how it runs"


Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
PositiveCount = Annotated[int, Meta(ge=1, le=2**31 - 1)]
PositiveBytes = Annotated[int, Meta(ge=1, le=2**62)]
CountOrFraction = Annotated[float, Meta(ge=0)]


def _says(group: str, description: str) -> Meta:
    return Meta(description=description, extra={"group": group})


class Options(msgspec.Struct, kw_only=True, frozen=True):
    """Every option of a run, resolved. Names and defaults are part of the public contract."""

    tokenizer: Annotated[
        str,
        _says(
            RENDERED,
            "Built-in name (qwen3, qwen3-instruct-2507, qwen2.5, gpt-oss), folder with tokenizer.json, tokenizer.json, "
            "hub name, or a live tokenizers/transformers tokenizer.",
        ),
    ] = "qwen3"
    chat_template: Annotated[
        str | None, _says(RENDERED, "Another chat template: its source or its path.")
    ] = None
    template_kwargs: Annotated[
        dict[str, Any] | None, _says(RENDERED, "More template arguments, by name.")
    ] = None
    thinking: Annotated[
        bool | None,
        _says(RENDERED, "Serving mode to prepare for, on or off; by default the template's own."),
    ] = None
    date: Annotated[
        str | None, _says(RENDERED, "Date that templates print, YYYY-MM-DD. Default: today, UTC; recorded.")
    ] = None
    dialect: Annotated[
        Dialect | None,
        _says(
            RENDERED,
            "gpt-oss as its chat template prints it (hf, the default), or as its library does (harmony).",
        ),
    ] = None
    tools: Annotated[
        str | None,
        _says(
            COMES_IN,
            "JSON file with the tool list of records that declare none, or the job description of distil rows.",
        ),
    ] = None
    layout: Annotated[
        str | None,
        _says(
            COMES_IN,
            "Take records of this layout only: openai, openai_functions, anthropic, hermes, sharegpt, distil, "
            "prompt_completion, rejects; by default each record's is recognized.",
        ),
    ] = None
    repair: Annotated[
        bool, _says(COMES_IN, "Mend what can be mended without loss, and count it; else it is an error.")
    ] = True
    validation: Annotated[
        Validation,
        _says(
            BAD_RECORDS,
            "What a wrong call does: its turn is not trained (mask), its record is rejected (reject), it is counted "
            "only (warn), or not looked for (off).",
        ),
    ] = "mask"
    on_error: Annotated[
        OnError,
        _says(
            BAD_RECORDS, "Keep bad records in the rejects file (quarantine), or stop at the first (raise)."
        ),
    ] = "quarantine"
    max_rejected: Annotated[
        CountOrFraction | None,
        _says(BAD_RECORDS, "Most rejected records: a count, or a fraction below 1 judged at the end."),
    ] = None
    loss: Annotated[
        LossPolicy | dict[LossField, float] | None,
        _says(
            TRAINED,
            "What is trained: every assistant turn (assistant), the last one (last_turn), those after the last user "
            "message (last_round), calls without text and reasoning (tool_calls), turns that do not call "
            "(final_answer), every assistant turn without its reasoning (no_reasoning), every byte (all), or weights "
            "by field; by default what the layout means.",
        ),
    ] = None
    samples: Annotated[
        Samples,
        _says(
            TRAINED,
            "A sample is all of it (conversation), or each trained turn (turn) or round (round) with all before it.",
        ),
    ] = "conversation"
    history: Annotated[
        History,
        _says(
            TRAINED,
            "Turns whose prompt in the row differs from serving: not trained (mask), trained all the same (keep), "
            "in a sample of their own with all before them (expand), or printed in place as last turns are (inline).",
        ),
    ] = "mask"
    on_inexact: Annotated[
        OnInexact,
        _says(
            TRAINED,
            "A turn whose sampled text is not proved: its record is rejected (reject), or it is context (mask_turn).",
        ),
    ] = "reject"
    boundary: Annotated[
        Boundary,
        _says(
            TRAINED,
            "Cut text for encoding where serving cuts it (prompt), or nowhere, as transformers does (whole).",
        ),
    ] = "prompt"
    max_length: Annotated[PositiveCount, _says(FILLED, "Most tokens in a row.")] = 8192
    over_length: Annotated[
        OverLength,
        _says(
            FILLED,
            "Conversations longer than a row: parts that fit, each turn trained once (split), cut after the last "
            "turn that fits (truncate), left out (drop), or the end of the run (error).",
        ),
    ] = "split"
    packing: Annotated[
        Packing,
        _says(
            FILLED,
            "How rows are filled: from a bounded pool (best_fit), with all samples in memory, fullest (bfd), as one "
            "stream cut where a row is full (wrapped), or one sample a row (none).",
        ),
    ] = "best_fit"
    sample_multiple: Annotated[
        PositiveCount,
        _says(
            FILLED, "Count each sample as rounded up to a multiple of this many tokens when rows are filled."
        ),
    ] = 1
    shuffle_window: Annotated[
        Count, _says(FILLED, "Shuffle finished rows inside a window of this many; 0 keeps their order.")
    ] = 0
    seed: Annotated[Annotated[int, Meta(ge=0, le=2**63 - 1)], _says(FILLED, "Seed of the shuffle.")] = 0
    columns: Annotated[
        ColumnPreset | list[str],
        _says(WRITTEN, "Columns: what a trainer reads (trl, axolotl), or names."),
    ] = "trl"
    if_exists: Annotated[
        IfExists,
        _says(
            WRITTEN,
            "Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).",
        ),
    ] = "error"
    threads: Annotated[PositiveCount | None, _says(RUN, "Worker threads; one per processor by default.")] = (
        None
    )
    memory_limit: Annotated[
        PositiveBytes | None,
        _says(
            RUN,
            "Bytes for records in flight (one half) and for the caches of all workers (the other), as a number "
            'or like "2 GiB".',
        ),
    ] = None
    max_line_bytes: Annotated[
        PositiveBytes,
        _says(RUN, 'Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.'),
    ] = 64 << 20
    max_depth: Annotated[
        PositiveCount, _says(RUN, "Deepest JSON nesting that is read; deeper records are rejected.")
    ] = 256
    tokenizer_backend: Annotated[
        TokenizerBackend,
        _says(
            RUN,
            "The fast engine where it recognizes the tokenizer (auto), or the reference always (reference).",
        ),
    ] = "auto"


RENAMED = {"rows": "samples", "segment_multiple": "sample_multiple"}
"""Former names of options and the names that they have now."""

PROGRESS_DESCRIPTION = (
    "Report while it runs: by itself on standard error (None), not at all (False), or to a callable that "
    "gets a Progress about five times a second."
)


class ConvertingKeywords(TypedDict, total=False):
    """The options that conversions know; see `Options` for meanings and defaults."""

    tools: str | PathLike[str] | Sequence[Mapping[str, Any]] | Mapping[str, Any] | None
    layout: str | None
    repair: bool
    on_error: OnError
    max_rejected: float | None
    if_exists: IfExists
    threads: int | None
    memory_limit: int | str | None
    max_line_bytes: int | str
    max_depth: int
    progress: ProgressOption


CONVERTING_OPTIONS = tuple(name for name in ConvertingKeywords.__annotations__ if name != "progress")
"""Names of the options of `ConvertingKeywords` that stand in the table."""


class OptionKeywords(TypedDict, total=False):
    """What a caller may write for each option; see `Options` for meanings and defaults."""

    tokenizer: str | PathLike[str] | object
    chat_template: str | PathLike[str] | None
    template_kwargs: Mapping[str, Any] | None
    thinking: bool | Literal["on", "off"] | None
    date: str | Date | None
    dialect: Dialect | None
    tools: str | PathLike[str] | Sequence[Mapping[str, Any]] | Mapping[str, Any] | None
    layout: str | None
    repair: bool
    validation: Validation
    on_error: OnError
    max_rejected: float | None
    loss: LossPolicy | Mapping[LossField, float] | None
    samples: Samples
    history: History
    on_inexact: OnInexact
    boundary: Boundary
    max_length: int
    over_length: OverLength
    packing: Packing
    sample_multiple: int
    shuffle_window: int
    seed: int
    columns: ColumnPreset | Sequence[str]
    if_exists: IfExists
    threads: int | None
    memory_limit: int | str | None
    max_line_bytes: int | str
    max_depth: int
    tokenizer_backend: TokenizerBackend
    progress: ProgressOption


class CheckingKeywords(TypedDict, total=False):
    """The options that checking records knows; see `Options` for meanings and defaults."""

    tools: str | PathLike[str] | Sequence[Mapping[str, Any]] | Mapping[str, Any] | None
    layout: str | None
    repair: bool
    validation: Validation
    loss: LossPolicy | Mapping[LossField, float] | None
    if_exists: IfExists
    threads: int | None
    memory_limit: int | str | None
    max_line_bytes: int | str
    max_depth: int
    progress: ProgressOption


CHECKING_OPTIONS = tuple(name for name in CheckingKeywords.__annotations__ if name != "progress")
"""Names of the options of `CheckingKeywords` that stand in the table."""
