"""`convert`: records of any layout as rows of one layout."""

import shutil
import tempfile
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import msgspec

from tooltrain_fast import _core
from tooltrain_fast._options import table
from tooltrain_fast._options.documented import options_in, takes_options
from tooltrain_fast._options.names import did_you_mean
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._reports.conversion_report import ConvertReport, read_convert_report
from tooltrain_fast._reports.progress import as_core_callback, ended, reporter
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast._verbs.slow_build import warn_of_slow_build
from tooltrain_fast.errors import OptionsError

RowLayout = Literal["openai", "distil", "messages", "sharegpt"]
"""What rows are written as."""


@guarded
@takes_options
def convert(
    source: Source,
    out: str | PathLike[str],
    to: RowLayout = "openai",
    *,
    # options of converting, by tools/signatures.py
    tools: table.ToolList = None,
    layout: table.Layout = None,
    verdict: table.Verdict = "refuse",
    repair: bool = True,
    validation: table.Validation = "warn",
    on_error: table.OnError = "quarantine",
    max_rejected: float | None = None,
    if_exists: table.IfExists = "error",
    threads: int | None = None,
    memory_limit: table.ByteSize | None = None,
    max_line_bytes: table.ByteSize = 67_108_864,
    max_depth: int = 256,
    progress: table.ProgressOption = None,
    # end of options
) -> ConvertReport:
    """Writes the records of `source` as rows of another layout.

    Each record is read and checked as for a run, written, and read back: a row means the same conversation, or
    `<out>.losses.jsonl` names what it does not hold, one line a loss with file, line, JSON pointer and message. Records
    that are bad, and those that the layout cannot hold, go to `<out>.rejects.jsonl`. The output is published whole or
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
        tools: JSON file with the tool list of records that declare none, or the job description of distil rows.
        layout: How records are laid out: a name (openai, anthropic, sharegpt, distil, ...; docs/layouts.md lists
            them), a JSON file, or a mapping such as {'messages': 'dialog', 'roles': {'caller': 'user'}}; by default
            it is recognized record by record.
        verdict: Records that are judged (label, kto_tag) or hold a better and a worse side (chosen, rejected): reject
            them (refuse), leave out what was judged bad and train the better side (better), or train them unjudged
            (ignore).
        repair: Mend what can be mended without loss, and count it; else it is an error.
        on_error: Keep bad records in the rejects file (quarantine), or stop at the first (raise).
        max_rejected: Most rejected records: a count, or a fraction below 1 judged at the end.
        if_exists: Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).
        threads: Worker threads; one per processor by default.
        memory_limit: Bytes for records in flight (one half) and for the caches of all workers (the other), as a
            number or like "2 GiB".
        max_line_bytes: Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.
        max_depth: Deepest JSON nesting that is read; deeper records are rejected.
        progress: Report while it runs: by itself on standard error (None), not at all (False), or to a callable that
            gets a Progress about five times a second.

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
    options = options_in(locals())
    warn_of_slow_build(stacklevel=5)
    if to not in get_args(RowLayout):
        choices = ", ".join(f'"{name}"' for name in get_args(RowLayout))
        hint = did_you_mean(str(to), get_args(RowLayout))
        raise OptionsError(f"not one of {choices}", option="to", value=to, hint=hint)
    target = str(Path(out).expanduser())
    given = core_source(source)
    reports = reporter(progress)
    with resolved(options, table.CONVERTING_OPTIONS) as chosen:
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


def convert_to_stream(source: Source, stream: BinaryIO, to: RowLayout, **options: Any) -> ConvertReport:
    """As `convert`, with the rows written to `stream` when all are made.

    Rejected records and losses are counted in the report, and not kept.

    Raises:
        OptionsError: as `convert`, and for `"distil"`, whose rows need a job description beside them.
    """
    if to == "distil":
        raise OptionsError(
            "the rows need their job description beside them",
            code="conflicting_options",
            option="to",
            value=to,
            hint="write them to a file",
        )
    with tempfile.TemporaryDirectory(prefix="tooltrain-") as folder:
        rows = Path(folder) / "rows.jsonl"
        report = convert(source, rows, to, **options)
        with rows.open("rb") as made:
            shutil.copyfileobj(made, stream)
        stream.flush()
    return msgspec.structs.replace(report, out="-", report="", rejects=None, losses=None)
