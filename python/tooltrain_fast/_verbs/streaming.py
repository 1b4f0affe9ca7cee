"""`stream`: the rows of `pack` as an Arrow stream."""

from typing import Unpack

from tooltrain_fast import _core
from tooltrain_fast._options.documented import documents_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._options.table import OptionKeywords
from tooltrain_fast._reports.report import Report, read_report


class RowStream:
    """Rows as an Arrow stream, read once: `pl.DataFrame(stream)`, `pa.table(stream)`, or batch by batch."""

    def __init__(self, stream: _core.RowStream) -> None:
        self._stream = stream

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream, for any library that reads Arrow. It can be taken once."""
        return self._stream.__arrow_c_stream__(requested_schema)

    def report(self) -> Report:
        """The report of the run.

        Raises:
            OptionsError: the stream was not read to its end yet.
            TooltrainError: why the run ended early.
        """
        return read_report(self._stream.report())


@documents_options
def stream(source: Source, **options: Unpack[OptionKeywords]) -> RowStream:
    """The rows that `pack` would write, as an Arrow stream; nothing is written.

    Args:
        source: as in `pack`.
        **options: see below.

    Returns:
        An object with `__arrow_c_stream__`; columns and types as in `pack`.

    Raises:
        TooltrainError: as in `pack`. What goes wrong later is raised by the library that reads, in its own way;
            `report()` then raises the error itself.

    Example:
        >>> import polars as pl
        >>> import tooltrain_fast as tt
        >>> rows = pl.DataFrame(tt.stream("examples/shards/*.jsonl"))
        >>> rows["input_ids"].list.len().max() <= 8192
        True
    """
    given = core_source(source)
    with resolved(options) as chosen:
        return RowStream(_core.stream(given, core_json(chosen), "pack"))
