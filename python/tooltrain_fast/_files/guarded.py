"""The one door for files that a caller or another file names, and for what is wrong inside them."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any

from tooltrain_fast import _core
from tooltrain_fast.errors import InputNotFoundError, ReadError, TooltrainError

LONGEST_LIST = 256 << 20
"""Longest manifest or report that is read, in bytes."""
LONGEST_CONFIGURATION = 64 << 20
"""Longest template or configuration."""
CHANGED = "give what pack() or tokenize() wrote; if this is that file, it was cut or changed: pack again"


def refuse_other_kinds(path: Path) -> None:
    """Refuses what is no regular file: opening a pipe would wait for its writer.

    Raises:
        InputNotFoundError: there is nothing under this path.
        ReadError: it is something else.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputNotFoundError("no such file", file=str(path)) from None
    except (OSError, ValueError) as error:
        raise ReadError(_reason(error), file=str(path)) from None
    if not stat.S_ISREG(mode):
        raise ReadError("is not a regular file", code="unsupported_input", file=str(path))


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    """A regular file, open for reading."""
    refuse_other_kinds(path)
    try:
        # A pipe that took the place of the file would wait without the flag.
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            yield file
    except OSError as error:
        raise ReadError(_reason(error), file=str(path)) from None


def read_file(path: Path, longest: int) -> bytes:
    """The bytes of a regular file of at most `longest` bytes."""
    return _core.read_file(os.fspath(path), longest)


def read_text(path: Path) -> str:
    """The text of a template or a configuration."""
    try:
        return read_file(path, LONGEST_CONFIGURATION).decode()
    except UnicodeDecodeError as error:
        raise ReadError(f"is not UTF-8: {error}", file=str(path), hint="save it as UTF-8") from None


def read_json(path: Path, longest: int = LONGEST_LIST) -> Any:
    """The value in a JSON file."""
    try:
        return json.loads(read_file(path, longest))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"is not JSON: {error}", file=str(path)) from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns whatever goes wrong inside with the content of `path` into a `ReadError`.

    The file may hold anything: columns that are missing or of other types, nulls, numbers out of range.
    """
    try:
        yield
    except TooltrainError:
        raise
    except MemoryError:
        raise
    except Exception as error:
        raise ReadError(
            f"does not hold what pack() writes: {_reason(error)}",
            code="damaged_output",
            file=str(path),
            hint=CHANGED,
        ) from error


def _reason(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error)
    return said if isinstance(error, OSError) and said else f"{type(error).__name__}: {said}"
