"""`pack` and `tokenize`: shards to written rows."""

import sys
from os import PathLike
from pathlib import Path
from typing import Any

from tooltrain_fast import _core
from tooltrain_fast._options import table
from tooltrain_fast._options.documented import options_in, takes_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._reports.progress import Progress, as_core_callback, ended, reporter
from tooltrain_fast._reports.report import Report, read_report
from tooltrain_fast._reports.report_text import loud_block
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast._verbs.slow_build import warn_of_slow_build


@guarded
@takes_options
def pack(
    source: Source,
    out: str | PathLike[str],
    *,
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
) -> Report:
    """Packs the conversations of `source` into full rows and writes them as Parquet.

    Bad records cost themselves only: they go to `<out>.rejects.jsonl`, and the report says so. The output is
    published whole at the end or not at all, and its bytes depend on the shards and the options alone.

    Args:
        source: a path, a glob with `**`, a directory, a list of those, or `-` for standard input: `.jsonl` and
            `.json`, also with `.gz` or `.zst`, and `.parquet`, `.arrow` and `.csv` with the columns of a layout, for
            instance messages and tools, or question and answer. Or a frame: anything with `__arrow_c_stream__`, such
            as a polars or pandas frame or a pyarrow table.
        out: a path that ends in `.parquet` or `.arrow` becomes one file; one that ends in `/` or has no extension
            a directory of part files with a manifest.
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

    Returns:
        The report: counts by bucket, tokens, fill, findings, seconds a stage. Print it.

    The columns of `columns="trl"`, one entry a row of at most `max_length` tokens:
        - `input_ids`: list of int32, the token ids of the row's samples one after another.
        - `loss_mask`: list of int8 of the same length, 1 = trained; aligned to the token itself.
        - `labels`: list of int32 of the same length, the id where trained, else -100; not shifted.
        - `seq_lengths`: list of int32, the tokens of each sample, at least 1; their sum is the row's length.
        - `sources`: list of struct<shard: int32, line: int64, part: int32>, where each sample came from.

    Raises:
        OptionsError: an option cannot be used; no file was touched.
        InputNotFoundError: a path does not exist, or a pattern matches nothing.
        OutputExistsError: the output exists and `if_exists="error"`.
        DamagedShardError: a shard is truncated or corrupt.
        TooManyRejectedError: more than `max_rejected` records were rejected.
        TooltrainError: the base of these and of the rarer ones.

    Example:
        >>> import tooltrain_fast as tt
        >>> report = tt.pack("examples/shards/*.jsonl", out="packed.parquet", progress=False)
        >>> report.records.read, report.records.packed, report.records.rejected, report.records.nothing_to_train
        (18, 16, 1, 1)
    """
    return _run("pack", source, out, options_in(locals()))


@guarded
@takes_options
def tokenize(
    source: Source,
    out: str | PathLike[str],
    *,
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
) -> Report:
    """Writes one conversation a row, not packed; otherwise as `pack`.

    `columns="axolotl"` gives exactly `input_ids` (list of int32), `attention_mask` (list of int8, all 1) and
    `labels` (list of int32, -100 = not trained), which trainers that pack by themselves read.

    Args:
        source: as in `pack`.
        out: as in `pack`.
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

    Returns:
        The report.

    Raises:
        TooltrainError: as in `pack`.

    Example:
        >>> import tooltrain_fast as tt
        >>> report = tt.tokenize("examples/shards/*.jsonl", out="tokenized/", columns="axolotl", progress=False)
        >>> report.rows == report.samples
        True
    """
    return _run("tokenize", source, out, options_in(locals()))


def run(
    verb: str, source: Source, out: str | PathLike[str], options: dict[str, Any], *, announce: bool
) -> Report:
    """Runs `verb`; if `announce`, says at the end what was lost and how to train on the output."""
    warn_of_slow_build()
    target = str(Path(out).expanduser())
    given = core_source(source)
    reports = reporter(options.get("progress"))
    with resolved(options) as chosen:
        try:
            callback = as_core_callback(reports)
            report = read_report(_core.pack(given, target, core_json(chosen), callback, verb))
            reports(finished(report))
        finally:
            reports.close()
    if announce:
        sys.stderr.write(what_next(report))
    return report


def finished(report: Report) -> Progress:
    """The last progress of a run with this report."""
    return ended(
        records=report.records.read,
        rejected=report.records.rejected,
        file_bytes=report.bytes_in,
        seconds=report.seconds,
        tokens=report.tokens.out,
        trained_tokens=report.trained_tokens.out,
    )


def what_next(report: Report) -> str:
    """What nobody should miss, and how to train on the output."""
    return "\n\n".join(part for part in (loud_block(report), how_to_go_on(report)) if part) + "\n"


def how_to_go_on(report: Report) -> str:
    """The code that trains on the output; nothing where it has no rows."""
    from tooltrain_fast._verbs.training import how_to_train, trainer_for  # noqa: PLC0415 - reads the file back

    if not report.rows:
        return ""
    trainer = trainer_for(report)
    return f"To train on {report.out} with {trainer}:\n\n{how_to_train(report.out, trainer)}"


def _run(verb: str, source: Source, out: str | PathLike[str], options: dict[str, Any]) -> Report:
    return run(verb, source, out, options, announce=options.get("progress") in (None, True))
