"""The options of a run: one table that the functions, the command line and the documentation share.

`Options` holds them resolved, as the core reads them and the footer records them. Each row also has the type that a
caller may write; `tools/signatures.py` writes the signatures of the verbs from them. A test keeps the table, the
signatures and the core's own table together.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date as Date  # noqa: N812 - the option is called date
from os import PathLike
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tooltrain_fast._options.layout_spec import LayoutSpec
from tooltrain_fast._reports.progress import Progress

Dialect = Literal["hf", "harmony"]
Verdict = Literal["refuse", "better", "ignore"]
Validation = Literal["mask", "reject", "warn", "off"]
OnError = Literal["quarantine", "raise"]
LossPolicy = Literal[
    "assistant", "last_turn", "last_round", "tool_calls", "final_answer", "no_reasoning", "all"
]
LossField = Literal[
    "reasoning",
    "text",
    "call_name",
    "call_arguments",
    "call_syntax",
    "stop",
    "system",
    "user",
    "tool_result",
    "tool_definition",
    "header",
]
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

LiveTokenizer = str | PathLike[str] | object
ChatTemplate = str | PathLike[str] | None
TemplateArguments = Mapping[str, Any] | None
StopTokens = Sequence[str] | str | None
Thinking = bool | Literal["on", "off"] | None
DateToPrint = str | Date | None
Layout = str | PathLike[str] | Mapping[str, Any] | LayoutSpec | None
ToolList = str | PathLike[str] | Sequence[Mapping[str, Any]] | Mapping[str, Any] | None
Loss = LossPolicy | Mapping[LossField, float] | None
ColumnChoice = ColumnPreset | Sequence[str]
ByteSize = int | str
"""A number of bytes, or a text such as "64 MiB"."""

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


def _row(group: str, written: str, description: str) -> Meta:
    """A row of the table: the group, the type that a caller may write, and the meaning."""
    return Meta(description=description, extra={"group": group, "written": written})


class Options(msgspec.Struct, kw_only=True, frozen=True):
    """Every option of a run, resolved. Names and defaults are part of the public contract."""

    tokenizer: Annotated[
        str,
        _row(
            RENDERED,
            "table.LiveTokenizer",
            "Built-in name (qwen3, qwen3-instruct-2507, qwen2.5, gpt-oss), folder with tokenizer.json, tokenizer.json, "
            "hub name, or a live tokenizers/transformers tokenizer.",
        ),
    ] = "qwen3"
    chat_template: Annotated[
        str | None, _row(RENDERED, "table.ChatTemplate", "Another chat template: its source or its path.")
    ] = None
    template_kwargs: Annotated[
        dict[str, Any] | None, _row(RENDERED, "table.TemplateArguments", "More template arguments, by name.")
    ] = None
    stop_tokens: Annotated[
        list[Annotated[str, Meta(min_length=1)]] | None,
        _row(
            RENDERED,
            "table.StopTokens",
            "Tokens that end a turn; by default those that generation_config.json and eos_token name, or, where "
            "these end no turn, the ones that the template ends turns with.",
        ),
    ] = None
    thinking: Annotated[
        bool | None,
        _row(
            RENDERED,
            "table.Thinking",
            "Serving mode to prepare for, on or off; by default the template's own.",
        ),
    ] = None
    date: Annotated[
        str | None,
        _row(
            RENDERED,
            "table.DateToPrint",
            "Date that templates print, YYYY-MM-DD. Default: today, UTC; recorded.",
        ),
    ] = None
    dialect: Annotated[
        Dialect | None,
        _row(
            RENDERED,
            "table.Dialect | None",
            "gpt-oss as its chat template prints it (hf, the default), or as its library does (harmony).",
        ),
    ] = None
    tools: Annotated[
        str | None,
        _row(
            COMES_IN,
            "table.ToolList",
            "JSON file with the tool list of records that declare none, or the job description of distil rows.",
        ),
    ] = None
    layout: Annotated[
        str | LayoutSpec | None,
        _row(
            COMES_IN,
            "table.Layout",
            "How records are laid out: a name (openai, anthropic, sharegpt, distil, ...; docs/layouts.md lists them), "
            "a JSON file, or a mapping such as {'messages': 'dialog', 'roles': {'caller': 'user'}}; by default it is "
            "recognized record by record.",
        ),
    ] = None
    verdict: Annotated[
        Verdict,
        _row(
            COMES_IN,
            "table.Verdict",
            "Records that are judged (label, kto_tag) or hold a better and a worse side (chosen, rejected): reject "
            "them (refuse), leave out what was judged bad and train the better side (better), or train them "
            "unjudged (ignore).",
        ),
    ] = "refuse"
    repair: Annotated[
        bool,
        _row(COMES_IN, "bool", "Mend what can be mended without loss, and count it; else it is an error."),
    ] = True
    validation: Annotated[
        Validation,
        _row(
            BAD_RECORDS,
            "table.Validation",
            "What a wrong call does: its turn is not trained (mask), its record is rejected (reject), it is counted "
            "only (warn), or not looked for (off).",
        ),
    ] = "mask"
    on_error: Annotated[
        OnError,
        _row(
            BAD_RECORDS,
            "table.OnError",
            "Keep bad records in the rejects file (quarantine), or stop at the first (raise).",
        ),
    ] = "quarantine"
    max_rejected: Annotated[
        CountOrFraction | None,
        _row(
            BAD_RECORDS,
            "float | None",
            "Most rejected records: a count, or a fraction below 1 judged at the end.",
        ),
    ] = None
    loss: Annotated[
        LossPolicy | dict[LossField, float] | None,
        _row(
            TRAINED,
            "table.Loss",
            "What is trained: every assistant turn (assistant), the last one (last_turn), those after the last user "
            "message (last_round), calls without text and reasoning (tool_calls), turns that do not call "
            "(final_answer), every assistant turn without its reasoning (no_reasoning), every byte (all), or weights "
            "by field; by default what the layout means.",
        ),
    ] = None
    samples: Annotated[
        Samples,
        _row(
            TRAINED,
            "table.Samples",
            "A sample is all of it (conversation), or each trained turn (turn) or round (round) with all before it.",
        ),
    ] = "conversation"
    history: Annotated[
        History,
        _row(
            TRAINED,
            "table.History",
            "Turns whose prompt in the row differs from serving: not trained (mask), trained all the same (keep), "
            "in a sample of their own with all before them (expand), or printed in place as last turns are (inline).",
        ),
    ] = "mask"
    on_inexact: Annotated[
        OnInexact,
        _row(
            TRAINED,
            "table.OnInexact",
            "A turn whose sampled text is not proved: its record is rejected (reject), or it is context (mask_turn).",
        ),
    ] = "reject"
    boundary: Annotated[
        Boundary,
        _row(
            TRAINED,
            "table.Boundary",
            "Cut text for encoding where serving cuts it (prompt), or nowhere, as transformers does (whole).",
        ),
    ] = "prompt"
    max_length: Annotated[PositiveCount, _row(FILLED, "int", "Most tokens in a row.")] = 8192
    over_length: Annotated[
        OverLength,
        _row(
            FILLED,
            "table.OverLength",
            "Conversations longer than a row: parts that fit, each turn trained once (split), cut after the last "
            "turn that fits (truncate), left out (drop), or the end of the run (error).",
        ),
    ] = "split"
    packing: Annotated[
        Packing,
        _row(
            FILLED,
            "table.Packing",
            "How rows are filled: from a bounded pool (best_fit), with all samples in memory, fullest (bfd), as one "
            "stream cut where a row is full (wrapped), or one sample a row (none).",
        ),
    ] = "best_fit"
    sample_multiple: Annotated[
        PositiveCount,
        _row(
            FILLED,
            "int",
            "Count each sample as rounded up to a multiple of this many tokens when rows are filled.",
        ),
    ] = 1
    shuffle_window: Annotated[
        Count, _row(FILLED, "int", "Shuffle finished rows inside a window of this many; 0 keeps their order.")
    ] = 0
    seed: Annotated[Annotated[int, Meta(ge=0, le=2**63 - 1)], _row(FILLED, "int", "Seed of the shuffle.")] = 0
    columns: Annotated[
        ColumnPreset | list[str],
        _row(WRITTEN, "table.ColumnChoice", "Columns: what a trainer reads (trl, axolotl), or names."),
    ] = "trl"
    if_exists: Annotated[
        IfExists,
        _row(
            WRITTEN,
            "table.IfExists",
            "Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).",
        ),
    ] = "error"
    threads: Annotated[
        PositiveCount | None, _row(RUN, "int | None", "Worker threads; one per processor by default.")
    ] = None
    memory_limit: Annotated[
        PositiveBytes | None,
        _row(
            RUN,
            "table.ByteSize | None",
            "Bytes for records in flight (one half) and for the caches of all workers (the other), as a number "
            'or like "2 GiB".',
        ),
    ] = None
    max_line_bytes: Annotated[
        PositiveBytes,
        _row(
            RUN,
            "table.ByteSize",
            'Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.',
        ),
    ] = 64 << 20
    max_depth: Annotated[
        PositiveCount, _row(RUN, "int", "Deepest JSON nesting that is read; deeper records are rejected.")
    ] = 256
    tokenizer_backend: Annotated[
        TokenizerBackend,
        _row(
            RUN,
            "table.TokenizerBackend",
            "The fast engine where it recognizes the tokenizer (auto), or the reference always (reference).",
        ),
    ] = "auto"


RENAMED = {"rows": "samples", "segment_multiple": "sample_multiple"}
"""Former names of options and the names that they have now."""

PROGRESS_DESCRIPTION = (
    "Report while it runs: by itself on standard error (None), not at all (False), or to a callable that "
    "gets a Progress about five times a second."
)

CHECKING_OPTIONS = (
    "tools",
    "layout",
    "verdict",
    "repair",
    "validation",
    "loss",
    "if_exists",
    "threads",
    "memory_limit",
    "max_line_bytes",
    "max_depth",
)
"""The options that checking records has."""

CONVERTING_OPTIONS = (
    "tools",
    "layout",
    "verdict",
    "repair",
    "validation",
    "on_error",
    "max_rejected",
    "if_exists",
    "threads",
    "memory_limit",
    "max_line_bytes",
    "max_depth",
)
"""The options that conversions have."""
