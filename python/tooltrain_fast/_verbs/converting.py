"""`convert`: records of any layout as rows of one dialect."""

import shutil
import tempfile
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal, Unpack, get_args

import msgspec

from tooltrain_fast import _core
from tooltrain_fast._options.documented import documents_some_options
from tooltrain_fast._options.resolve import core_json, did_you_mean, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._options.table import CONVERTING_OPTIONS, ConvertingKeywords, Validation
from tooltrain_fast._reports.conversion_report import ConvertReport, read_convert_report
from tooltrain_fast._reports.progress import as_core_callback, ended, reporter
from tooltrain_fast._verbs.slow_build import warn_of_slow_build
from tooltrain_fast.errors import OptionsError, error_with_hint

RowDialect = Literal["openai", "distil", "messages", "sharegpt"]
"""What rows are written as."""


@documents_some_options(CONVERTING_OPTIONS)
def convert(
    source: Source,
    out: str | PathLike[str],
    to: RowDialect = "openai",
    *,
    validation: Validation = "warn",
    **options: Unpack[ConvertingKeywords],
) -> ConvertReport:
    """Writes the records of `source` as rows of another dialect.

    Each record is read and checked as for a run, written, and read back: a row means the same conversation, or
    `<out>.losses.jsonl` names what it does not say, one line a loss with file, line, JSON pointer and message. Records
    that are bad, and those that the dialect cannot say, go to `<out>.rejects.jsonl`. The output is published whole or
    not at all, and depends on the shards and the options alone. Numbers, keys and their order keep the spelling that
    they came with.

    Args:
        source: as in `pack`.
        out: path of the rows; it ends in `.jsonl`, or in `.jsonl.gz` or `.jsonl.zst` to compress them.
        to: `"openai"`, what the hosted fine-tuning API takes: arguments as text, ids paired, no other keys;
            `"messages"`, everything that a record says as rows of messages, arguments as objects;
            `"sharegpt"`, turns under `conversations`, calls as turns of their own;
            `"distil"`, question and answer, one row for each trained turn that makes one call, with
            `job_description.json` beside `out` where all records share their tools.
        validation: what a wrong call does: it is counted (`"warn"`), not looked for (`"off"`), its turn gets weight 0
            (`"mask"`), or its record is rejected (`"reject"`).
        **options: see below.

    Returns:
        The report: records read, written, rejected and lossy, rows, warnings, findings. Print it.

    Raises:
        OptionsError: an option cannot be used; no file was touched.
        InputNotFoundError: a path does not exist, or a pattern matches nothing.
        OutputExistsError: the output exists and `if_exists="error"`.
        RejectedRecordError: a record was rejected and `on_error="raise"`.
        TooManyRejectedError: more than `max_rejected` records were rejected.
        TooltrainError: the base of these and of the rarer ones.

    Example:
        >>> import tooltrain_fast as tt
        >>> report = tt.convert("examples/shards/*.jsonl", out="rows.jsonl", to="openai", progress=False)
        >>> report.records.read, report.records.written, report.records.rejected, report.rows
        (18, 16, 2, 16)
    """
    warn_of_slow_build(stacklevel=3)
    if to not in get_args(RowDialect):
        choices = ", ".join(f'"{name}"' for name in get_args(RowDialect))
        raise error_with_hint(
            OptionsError, f"to={to!r}: not one of {choices}", did_you_mean(str(to), get_args(RowDialect))
        )
    target = str(Path(out).expanduser())
    given = core_source(source)
    reports = reporter(options.get("progress"))
    keywords = {"validation": validation, **options}
    with resolved(keywords, (*CONVERTING_OPTIONS, "validation")) as chosen:
        try:
            encoded = _core.convert(given, target, to, core_json(chosen), as_core_callback(reports))
            report = read_convert_report(encoded)
            reports(
                ended(
                    records=report.records.read,
                    rejected=report.records.rejected,
                    file_bytes=report.bytes_in,
                    seconds=report.seconds,
                )
            )
        finally:
            reports.close()
    return report


def convert_to_stream(
    source: Source, stream: BinaryIO, to: RowDialect, *, validation: Validation, **options: Any
) -> ConvertReport:
    """As `convert`, with the rows written to `stream` when all are made.

    Rejected records and losses are counted in the report, and not kept.

    Raises:
        OptionsError: as `convert`, and for `"distil"`, whose rows need a job description beside them.
    """
    if to == "distil":
        raise error_with_hint(
            OptionsError,
            'to="distil": the rows need their job description beside them',
            "write them to a file",
        )
    with tempfile.TemporaryDirectory(prefix="tooltrain-") as folder:
        rows = Path(folder) / "rows.jsonl"
        report = convert(source, rows, to, validation=validation, **options)
        with rows.open("rb") as made:
            shutil.copyfileobj(made, stream)
        stream.flush()
    return msgspec.structs.replace(report, out="-", report="", rejects=None, losses=None)
