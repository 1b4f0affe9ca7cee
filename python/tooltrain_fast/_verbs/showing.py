"""`show`: what is trained and why, in color, in a terminal, a notebook or one HTML file."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import msgspec

from tooltrain_fast import _core
from tooltrain_fast._files.packed_file import PackedFile, text_lines
from tooltrain_fast._options.documented import documents_options
from tooltrain_fast._options.resolve import resolved
from tooltrain_fast._options.table import OptionKeywords
from tooltrain_fast._verbs.rendering import render
from tooltrain_fast._views.of_conversation import view_of_rendered
from tooltrain_fast._views.of_row import view_of_row
from tooltrain_fast._views.rendered import Rendered
from tooltrain_fast._views.view import View
from tooltrain_fast.errors import (
    OptionsError,
    OverLengthError,
    ReadError,
    RejectedRecordError,
    TooltrainError,
    error_with_hint,
    what_it_is,
)

SHARD_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json")
COLUMN_SUFFIXES = (".csv", ".csv.gz", ".csv.zst")


@documents_options
def show(
    what: str | PathLike[str] | Mapping[str, Any] | Rendered,
    row: int | None = None,
    *,
    line: int | None = None,
    full: bool = False,
    **options: Unpack[OptionKeywords],
) -> View:
    """Shows what is trained and why: of a packed row, of a record in a shard, or of a conversation.

    Args:
        what: a file or directory that `pack` wrote; a shard (`.jsonl`, `.jsonl.gz`, `.jsonl.zst`); a conversation
            as a mapping; or what `render` returned.
        row: row of the file or record of the shard, counted from 0, the first by default; from the end when negative
            (files only).
        line: line of the shard instead, counted from 1 as findings count it.
        full: show long context whole.
        **options: for shards and conversations, see below. A packed row is shown as it is; for it only
            `tokenizer` counts, where it is not found again by itself.

    Returns:
        A `View`. A prompt and a notebook draw it by themselves; elsewhere `print` it.

    Raises:
        RejectedRecordError: the record is bad; the message says where.
        OptionsError: `what` is nothing that can be shown, or both `row` and `line` were given.
        ReadError: the file is damaged, or was not written by this package.
        IndexError: there is no such row, record or line.

    Example:
        >>> import tooltrain_fast as tt
        >>> view = tt.show("examples/shards/weather.jsonl", line=1)
        >>> [piece.text for piece in view.pieces if piece.field == "call_name"][0]
        'get_weather'
    """
    if isinstance(what, Rendered):
        return view_of_rendered(what, full=full)
    if isinstance(what, Mapping):
        return _show_record(msgspec.json.encode(what), "conversation", options, full=full)
    if not isinstance(what, (str, os.PathLike)):
        raise error_with_hint(
            OptionsError,
            f"{what_it_is(what)} cannot be shown",
            "give a path or one conversation as a dict",
        )
    path = Path(what).expanduser()
    if row is not None and line is not None:
        raise error_with_hint(
            OptionsError,
            f"row {row} and line {line}: only one can be shown",
            "rows and records count from 0, lines from 1; give either",
        )
    if path.name.endswith(SHARD_SUFFIXES):
        number, record = _record(path, row or 0, line)
        with _placed(f"{path}:{number}"):
            return _show_record(record, f"{path}:{number}", options, full=full)
    if line is not None or path.name.endswith(COLUMN_SUFFIXES):
        raise error_with_hint(
            OptionsError,
            f"{path}: show() reads lines of JSON lines and rows of packed files",
            'render() takes one record; or make JSON lines first, with convert() and to="messages"',
        )
    with resolved(options) as chosen:
        given = chosen.tokenizer if "tokenizer" in options else None
        written = PackedFile(path)
        return view_of_row(written, row or 0, _tokenizer_of(written, given), full=full)


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Says in errors of a record, which know only where in it they are, which record it is."""
    try:
        yield
    except (RejectedRecordError, OverLengthError) as error:
        message = str(error).split("\n\nhint: ", maxsplit=1)[0]
        separator = " " if message.startswith("/") else ": "
        raise error_with_hint(type(error), place + separator + message, error.hint) from None


def _show_record(record: bytes, name: str, options: OptionKeywords, *, full: bool) -> View:
    rendered = render(record, **options)
    parsed = msgspec.json.decode(record)
    return view_of_rendered(
        rendered, name, parsed if isinstance(parsed, Mapping) else None, options, full=full
    )


def _record(path: Path, row: int, line: int | None) -> tuple[int, bytes]:
    if row < 0:
        raise error_with_hint(OptionsError, f"row={row}: records of a shard are counted from 0", None)
    records = -1
    number = 0
    for number, text in enumerate(text_lines(path), start=1):
        if not text.strip():
            continue
        records += 1
        if number == line or (line is None and records == row):
            return number, text.removeprefix(b"\xef\xbb\xbf")
    wanted = f"line {line}" if line is not None else f"record {row}"
    msg = f"{path}: there is no {wanted}, the shard has {records + 1:,} records in {number:,} lines"
    raise IndexError(msg)


def _tokenizer_of(written: PackedFile, given: str | None) -> _core.Tokenizer:
    """The tokenizer that made the ids: the one given, a built-in one, or where the report says it was."""
    name, digest = written.footer["tokenizer"]["name"], written.footer["tokenizer"]["sha256"]
    for candidate in dict.fromkeys(one for one in (given, name, *written.tokenizer_paths) if one):
        try:
            tokenizer = _core.Tokenizer(candidate)
        except TooltrainError:
            continue
        if tokenizer.digest == digest:
            return tokenizer
    raise error_with_hint(
        ReadError,
        f"{written.path}: its ids were made by the tokenizer {name!r}, which was not found here unchanged",
        "give the same one with tokenizer=",
    )
