"""What `source` may be: a path, a glob, a directory, `-`, or several of them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tooltrain_fast.errors import OptionsError, error_with_hint

Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


def source_list(source: Any) -> list[str]:
    """The paths and patterns that `source` names, as the core reads them.

    Raises:
        OptionsError: it is something else, or empty.
    """
    if isinstance(source, (str, os.PathLike)):
        return [_path(source)]
    if hasattr(source, "__arrow_c_stream__"):
        raise error_with_hint(
            OptionsError,
            f"source: a {type(source).__name__} is a frame, and shards of JSONL are read",
            'write it down first, for instance frame.write_ndjson("shard.jsonl")',
        )
    if isinstance(source, Iterable) and not isinstance(source, (bytes, Mapping)):
        paths = list(source)
        if paths and all(isinstance(path, (str, os.PathLike)) for path in paths):
            return [_path(path) for path in paths]
        if not paths:
            raise error_with_hint(
                OptionsError, "source: an empty list names no shard", "give at least one path"
            )
    raise error_with_hint(
        OptionsError,
        f"source: a {type(source).__name__} names no shards",
        "give a path, a glob, a directory, or a list of them; render() takes one conversation",
    )


def _path(path: str | os.PathLike[str]) -> str:
    text = os.fspath(path)
    return str(Path(text).expanduser()) if text.startswith("~") else text
