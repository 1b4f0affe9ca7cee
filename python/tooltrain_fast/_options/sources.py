"""What `source` may be: a path, a glob, a directory, `-`, several of them, or a frame."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from tooltrain_fast.errors import OptionsError, what_it_is


class ArrowStream(Protocol):
    """Anything that exports an Arrow stream: frames of polars and pandas, tables and readers of pyarrow, ..."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream as a capsule."""


Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | ArrowStream


def core_source(source: Any) -> list[str] | ArrowStream:
    """The paths and patterns that `source` names, or the frame that it is, as the core reads them.

    Raises:
        OptionsError: it is something else, or empty.
    """
    if isinstance(source, (str, os.PathLike)):
        return [_path(source)]
    if hasattr(source, "__arrow_c_stream__"):
        frame: ArrowStream = source
        return frame
    if isinstance(source, Iterable) and not isinstance(source, (bytes, Mapping)) and not _is_table(source):
        paths = list(source)
        if paths and all(isinstance(path, (str, os.PathLike)) for path in paths):
            return [_path(path) for path in paths]
        if not paths:
            raise OptionsError(
                "an empty list names no shard",
                code="invalid_source",
                option="source",
                hint="give at least one path",
            )
    raise OptionsError(
        f"{_named(source)} names no shards and is no frame",
        code="invalid_source",
        option="source",
        hint=_hint(source),
    )


def _is_table(source: object) -> bool:
    return hasattr(source, "with_format") or hasattr(source, "collect")


def _named(source: object) -> str:
    return what_it_is(source) + (" of records" if _is_record_list(source) else "")


def _is_record_list(source: object) -> bool:
    return isinstance(source, (list, tuple)) and any(isinstance(one, Mapping) for one in source)


def _hint(source: object) -> str:
    if _is_record_list(source):
        return (
            "write the records as JSON lines and give the path, or give a frame of them, with messages and tools as "
            'JSON text: polars.DataFrame({"messages": [json.dumps(one["messages"]) for one in records]})'
        )
    if hasattr(source, "with_format"):
        return 'give its Arrow table: source.with_format("arrow")[:]'
    if hasattr(source, "collect"):
        return "collect it first: source.collect()"
    return "give a path, a glob, a directory, a list of those, or a frame; render() takes one conversation"


def _path(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    return str(Path(text).expanduser()) if text.startswith("~") else text
