"""`validate`: checks records, and packs nothing."""

from os import PathLike
from pathlib import Path
from typing import Unpack

from tooltrain_fast import _core
from tooltrain_fast._options.documented import documents_some_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._options.table import CHECKING_OPTIONS, CheckingKeywords
from tooltrain_fast._reports.findings import Findings, read_findings
from tooltrain_fast._reports.progress import as_core_callback, ended, reporter
from tooltrain_fast._verbs.slow_build import warn_of_slow_build
from tooltrain_fast.errors import OptionsError, error_with_hint


@documents_some_options(CHECKING_OPTIONS)
def validate(
    source: Source,
    *,
    fix: str | PathLike[str] | None = None,
    findings_per_code: int = 100_000,
    examples_per_code: int = 5,
    **options: Unpack[CheckingKeywords],
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
        **options: see below.

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
    warn_of_slow_build(stacklevel=3)
    given = core_source(source)
    kept = _count("findings_per_code", findings_per_code)
    shown = _count("examples_per_code", examples_per_code)
    target = None if fix is None else str(Path(fix).expanduser())
    reports = reporter(options.get("progress"))
    with resolved(options, CHECKING_OPTIONS) as chosen:
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
    raise error_with_hint(OptionsError, f"{name}={value!r}: a whole number of at least 0 is needed")
