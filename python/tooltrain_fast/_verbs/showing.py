"""`show`: what is trained and why, in color, in a terminal, a notebook or one HTML file."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

from tooltrain_fast import _core
from tooltrain_fast._files.guarded import reading
from tooltrain_fast._files.packed_file import PackedFile
from tooltrain_fast._options import table
from tooltrain_fast._options.documented import options_in, takes_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast._verbs.rendering import render
from tooltrain_fast._views.of_conversation import view_of_rendered
from tooltrain_fast._views.of_row import view_of_row
from tooltrain_fast._views.rendered import Rendered, conversation_json
from tooltrain_fast._views.view import View
from tooltrain_fast.errors import (
    OptionsError,
    OutOfRangeError,
    OverLengthError,
    ReadError,
    RejectedRecordError,
    TooltrainError,
    what_it_is,
)

SHARD_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json")
COLUMN_SUFFIXES = (".csv", ".csv.gz", ".csv.zst")


@guarded
@takes_options
def show(
    what: str | PathLike[str] | Mapping[str, Any] | Rendered,
    row: int | None = None,
    *,
    line: int | None = None,
    full: bool = False,
    # all options, by tools/signatures.py
    tokenizer: table.LiveTokenizer = "qwen3",
    chat_template: table.ChatTemplate = None,
    template_kwargs: table.TemplateArguments = None,
    stop_tokens: table.StopTokens = None,
    thinking: table.Thinking = None,
    date: table.DateToPrint = None,
    dialect: table.Dialect | None = None,
    tools: table.ToolList = None,
    layout: table.Layout = None,
    verdict: table.Verdict = "refuse",
    repair: bool = True,
    validation: table.Validation = "mask",
    on_error: table.OnError = "quarantine",
    max_rejected: float | None = None,
    loss: table.Loss = None,
    samples: table.Samples = "conversation",
    history: table.History = "mask",
    on_inexact: table.OnInexact = "reject",
    boundary: table.Boundary = "prompt",
    max_length: int = 8192,
    over_length: table.OverLength = "split",
    packing: table.Packing = "best_fit",
    sample_multiple: int = 1,
    shuffle_window: int = 0,
    seed: int = 0,
    columns: table.ColumnChoice = "trl",
    if_exists: table.IfExists = "error",
    threads: int | None = None,
    memory_limit: table.ByteSize | None = None,
    max_line_bytes: table.ByteSize = 67_108_864,
    max_depth: int = 256,
    tokenizer_backend: table.TokenizerBackend = "auto",
    progress: table.ProgressOption = None,
    # end of options
) -> View:
    """Shows what is trained and why: of a packed row, of a record in a shard, or of a conversation.

    Args:
        what: a file or directory that `pack` wrote; a shard (`.jsonl`, `.jsonl.gz`, `.jsonl.zst`); a conversation
            as a mapping; or what `render` returned.
        row: row of the file or record of the shard, counted from 0, the first by default; from the end when negative
            (files only).
        line: line of the shard instead, counted from 1 as findings count it.
        full: show long context whole.
        tokenizer: Built-in name (qwen3, qwen3-instruct-2507, qwen2.5, gpt-oss), folder with tokenizer.json,
            tokenizer.json, hub name, or a live tokenizers/transformers tokenizer.
        chat_template: Another chat template: its source or its path.
        template_kwargs: More template arguments, by name.
        stop_tokens: Tokens that end a turn; by default those that generation_config.json and eos_token name, or,
            where these end no turn, the ones that the template ends turns with.
        thinking: Serving mode to prepare for, on or off; by default the template's own.
        date: Date that templates print, YYYY-MM-DD. Default: today, UTC; recorded.
        dialect: gpt-oss as its chat template prints it (hf, the default), or as its library does (harmony).
        tools: JSON file with the tool list of records that declare none, or the job description of distil rows.
        layout: How records are laid out: a name (openai, anthropic, sharegpt, distil, ...; docs/layouts.md lists
            them), a JSON file, or a mapping such as {'messages': 'dialog', 'roles': {'caller': 'user'}}; by default
            it is recognized record by record.
        verdict: Records that are judged (label, kto_tag) or hold a better and a worse side (chosen, rejected): reject
            them (refuse), leave out what was judged bad and train the better side (better), or train them unjudged
            (ignore).
        repair: Mend what can be mended without loss, and count it; else it is an error.
        validation: What a wrong call does: its turn is not trained (mask), its record is rejected (reject), it is
            counted only (warn), or not looked for (off).
        on_error: Keep bad records in the rejects file (quarantine), or stop at the first (raise).
        max_rejected: Most rejected records: a count, or a fraction below 1 judged at the end.
        loss: What is trained: every assistant turn (assistant), the last one (last_turn), those after the last user
            message (last_round), calls without text and reasoning (tool_calls), turns that do not call
            (final_answer), every assistant turn without its reasoning (no_reasoning), every byte (all), or weights by
            field; by default what the layout means.
        samples: A sample is all of it (conversation), or each trained turn (turn) or round (round) with all before
            it.
        history: Turns whose prompt in the row differs from serving: not trained (mask), trained all the same (keep),
            in a sample of their own with all before them (expand), or printed in place as last turns are (inline).
        on_inexact: A turn whose sampled text is not proved: its record is rejected (reject), or it is context
            (mask_turn).
        boundary: Cut text for encoding where serving cuts it (prompt), or nowhere, as transformers does (whole).
        max_length: Most tokens in a row.
        over_length: Conversations longer than a row: parts that fit, each turn trained once (split), cut after the
            last turn that fits (truncate), left out (drop), or the end of the run (error).
        packing: How rows are filled: from a bounded pool (best_fit), with all samples in memory, fullest (bfd), as
            one stream cut where a row is full (wrapped), or one sample a row (none).
        sample_multiple: Count each sample as rounded up to a multiple of this many tokens when rows are filled.
        shuffle_window: Shuffle finished rows inside a window of this many; 0 keeps their order.
        seed: Seed of the shuffle.
        columns: Columns: what a trainer reads (trl, axolotl), or names.
        if_exists: Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).
        threads: Worker threads; one per processor by default.
        memory_limit: Bytes for records in flight (one half) and for the caches of all workers (the other), as a
            number or like "2 GiB".
        max_line_bytes: Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.
        max_depth: Deepest JSON nesting that is read; deeper records are rejected.
        tokenizer_backend: The fast engine where it recognizes the tokenizer (auto), or the reference always
            (reference).
        progress: Report while it runs: by itself on standard error (None), not at all (False), or to a callable that
            gets a Progress about five times a second.

    The options are for shards and conversations. A packed row is shown as it is; for it only `tokenizer` counts, where
    it is not found again by itself.

    Returns:
        A `View`. A prompt and a notebook draw it by themselves; elsewhere `print` it.

    Raises:
        RejectedRecordError: the record is bad; the message says where.
        OptionsError: `what` is nothing that can be shown, or both `row` and `line` were given.
        ReadError: the file is damaged, or was not written by this package.
        IndexError: there is no such row, record or line.

    Example:
        >>> import tooltrain_fast as tt
        >>> view = tt.show("examples/shards/weather.jsonl", line=1)
        >>> [piece.text for piece in view.pieces if piece.field == "call_name"][0]
        'get_weather'
    """
    options = options_in(locals())
    if isinstance(what, Rendered):
        return view_of_rendered(what, full=full)
    if isinstance(what, Mapping):
        return _show_record(conversation_json(what), "conversation", options, full=full)
    if not isinstance(what, (str, os.PathLike)):
        raise OptionsError(
            f"{what_it_is(what)} cannot be shown",
            code="invalid_source",
            option="what",
            hint="give a path or one conversation as a dict",
        )
    path = Path(what).expanduser()
    if row is not None and line is not None:
        raise OptionsError(
            f"row {row} and line {line}: only one can be shown",
            code="conflicting_options",
            hint="rows and records count from 0, lines from 1; give either",
        )
    if path.name.endswith(SHARD_SUFFIXES):
        number, record = _record(path, row or 0, line, options)
        with _placed(path, number):
            return _show_record(record, f"{path}:{number}", options, full=full)
    if line is not None or path.name.endswith(COLUMN_SUFFIXES):
        raise OptionsError(
            "show() reads lines of JSON lines and rows of packed files",
            code="invalid_source",
            file=str(path),
            hint='render() takes one record; or make JSON lines first, with convert() and to="messages"',
        )
    with resolved(options) as chosen:
        given = chosen.tokenizer if tokenizer != "qwen3" else None
        written = PackedFile(path)
        with reading(path):
            return view_of_row(written, row or 0, _tokenizer_of(written, given), full=full)


@contextmanager
def _placed(path: Path, line: int) -> Iterator[None]:
    """Adds the file and the line to errors of a record, which know only where in it they are."""
    try:
        yield
    except (RejectedRecordError, OverLengthError) as error:
        error.file, error.line = str(path), line
        raise


def _show_record(record: bytes, name: str, options: dict[str, Any], *, full: bool) -> View:
    rendered = render(record, **options)
    return view_of_rendered(rendered, name, _parsed(record), options, full=full)


def _parsed(record: bytes) -> Mapping[str, Any] | None:
    """The record for better reasons, where Python can read it: the core takes deeper nesting and longer numbers."""
    try:
        parsed = json.loads(record)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, Mapping) else None


def _record(path: Path, row: int, line: int | None, options: dict[str, Any]) -> tuple[int, bytes]:
    """The line of a record and its bytes, read as a run reads them."""
    if row < 0:
        raise OptionsError("records of a shard are counted from 0", option="row", value=row)
    with resolved(options) as chosen:
        number, record, records = _core.record(os.fspath(path), line, row, core_json(chosen))
    if record is not None:
        return number, record
    wanted = f"line {line}" if line is not None else f"record {row}"
    raise OutOfRangeError(
        f"there is no {wanted}, the shard has {records:,} records in {number:,} lines", file=str(path)
    )


def _tokenizer_of(written: PackedFile, given: str | None) -> _core.Tokenizer:
    """The tokenizer that made the ids: the one given, a built-in one, or where the report says it was."""
    name, digest = written.footer["tokenizer"]["name"], written.footer["tokenizer"]["sha256"]
    for candidate in dict.fromkeys(one for one in (given, name, *written.tokenizer_paths) if one):
        try:
            tokenizer = _core.Tokenizer(candidate)
        except TooltrainError:
            continue
        if tokenizer.digest == digest:
            return tokenizer
    raise ReadError(
        f"its ids were made by the tokenizer {name!r}, which was not found here unchanged",
        code="unsupported_input",
        file=str(written.path),
        hint="give the same one with tokenizer=",
    )
