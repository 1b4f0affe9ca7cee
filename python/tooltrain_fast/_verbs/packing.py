"""`pack` and `tokenize`: shards to written rows."""

import sys
from os import PathLike
from pathlib import Path
from typing import Unpack

from tooltrain_fast import _core
from tooltrain_fast._options.documented import documents_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._options.table import OptionKeywords
from tooltrain_fast._reports.progress import Progress, as_core_callback, ended, reporter
from tooltrain_fast._reports.report import Report, read_report
from tooltrain_fast._reports.report_text import loud_block
from tooltrain_fast._verbs.slow_build import warn_of_slow_build


@documents_options
def pack(source: Source, out: str | PathLike[str], **options: Unpack[OptionKeywords]) -> Report:
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
        **options: see below.

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
    return _run("pack", source, out, options)


@documents_options
def tokenize(source: Source, out: str | PathLike[str], **options: Unpack[OptionKeywords]) -> Report:
    """Writes one conversation a row, not packed; otherwise as `pack`.

    `columns="axolotl"` gives exactly `input_ids` (list of int32), `attention_mask` (list of int8, all 1) and
    `labels` (list of int32, -100 = not trained), which trainers that pack by themselves read.

    Args:
        source: as in `pack`.
        out: as in `pack`.
        **options: see below.

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
    return _run("tokenize", source, out, options)


def run(
    verb: str, source: Source, out: str | PathLike[str], options: OptionKeywords, *, announce: bool
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
        seconds=report.seconds["total"],
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


def _run(verb: str, source: Source, out: str | PathLike[str], options: OptionKeywords) -> Report:
    return run(verb, source, out, options, announce=options.get("progress") in (None, True))
