"""`validate`: checks records, and packs nothing."""

from os import PathLike
from pathlib import Path

from tooltrain_fast import _core
from tooltrain_fast._options import table
from tooltrain_fast._options.documented import options_in, takes_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._reports.findings import Findings, read_findings
from tooltrain_fast._reports.progress import as_core_callback, ended, reporter
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast._verbs.slow_build import warn_of_slow_build
from tooltrain_fast.errors import OptionsError


@guarded
@takes_options
def validate(
    source: Source,
    *,
    fix: str | PathLike[str] | None = None,
    findings_per_code: int = 100_000,
    examples_per_code: int = 5,
    # options of checking, by tools/signatures.py
    tools: table.ToolList = None,
    layout: table.Layout = None,
    verdict: table.Verdict = "refuse",
    repair: bool = True,
    validation: table.Validation = "mask",
    loss: table.Loss = None,
    if_exists: table.IfExists = "error",
    threads: int | None = None,
    memory_limit: table.ByteSize | None = None,
    max_line_bytes: table.ByteSize = 67_108_864,
    max_depth: int = 256,
    progress: table.ProgressOption = None,
    # end of options
) -> Findings:
    """Checks every record of `source`: structure, pairing of calls and results, arguments against schemas.

    Nothing raises for a bad record, and nothing is written unless `fix` asks for it. What is found is what `pack` would
    find before it renders, with the same options. Memory does not follow the number of findings: all are counted, and
    of each code and severity the first `findings_per_code` are kept one by one.

    Args:
        source: as in `pack`.
        fix: a `.jsonl` path for the records that are not rejected, repairs written into them and everything else as it
            was spelled. Rejected records go to `<fix>.rejects.jsonl`, what was found to `<fix>.report.json`; all appear
            whole at the end or not at all.
        findings_per_code: most rows of `.frame` for each code and severity.
        examples_per_code: most findings of each code and severity that come with the offending piece of the record.
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
        loss: What is trained: every assistant turn (assistant), the last one (last_turn), those after the last user
            message (last_round), calls without text and reasoning (tool_calls), turns that do not call
            (final_answer), every assistant turn without its reasoning (no_reasoning), every byte (all), or weights by
            field; by default what the layout means.
        if_exists: Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).
        threads: Worker threads; one per processor by default.
        memory_limit: Bytes for records in flight (one half) and for the caches of all workers (the other), as a
            number or like "2 GiB".
        max_line_bytes: Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.
        max_depth: Deepest JSON nesting that is read; deeper records are rejected.
        progress: Report while it runs: by itself on standard error (None), not at all (False), or to a callable that
            gets a Progress about five times a second.

    Returns:
        `.counts` by code and severity; `.frame`, a polars frame with a row a finding; `.examples`; `.records` and
        `.shards`; `.tool_use`, what the conversations do with their tools. Print it.

    Raises:
        OptionsError: an option cannot be used.
        InputNotFoundError: a path does not exist, or a pattern matches nothing.
        OutputExistsError: the file of `fix` exists and `if_exists="error"`.
        DamagedShardError: a shard is truncated or corrupt.
        TooltrainError: the base of these and of the rarer ones.

    Example:
        >>> import tooltrain_fast as tt
        >>> found = tt.validate("examples/shards/*.jsonl", progress=False)
        >>> found.records.read, found.records.rejected, found.ok
        (18, 1, False)
        >>> found.frame.select("file", "line", "code").row(1)
        ('files.jsonl', 3, 'invalid_json')
    """
    options = options_in(locals())
    warn_of_slow_build(stacklevel=5)
    given = core_source(source)
    kept = _count("findings_per_code", findings_per_code)
    shown = _count("examples_per_code", examples_per_code)
    target = None if fix is None else str(Path(fix).expanduser())
    reports = reporter(progress)
    with resolved(options, table.CHECKING_OPTIONS) as chosen:
        try:
            callback = as_core_callback(reports)
            encoded, rows = _core.validate(given, core_json(chosen), callback, kept, shown, target)
            found = read_findings(encoded, rows)
            reports(
                ended(
                    records=found.records.read,
                    rejected=found.records.rejected,
                    file_bytes=found.bytes_in,
                    seconds=found.seconds,
                )
            )
        finally:
            reports.close()
    return found


def _count(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
        return value
    raise OptionsError("a whole number of at least 0 is needed", option=name, value=value)
