"""show: what is trained and why, in colour, in a terminal, a notebook or one HTML file."""

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any, Unpack

import msgspec

from tooltrain_fast import _core
from tooltrain_fast.api import render
from tooltrain_fast.documented import documents_options
from tooltrain_fast.errors import (
    OptionsError,
    OverLengthError,
    ReadError,
    RejectedRecordError,
    TooltrainError,
    error_with_hint,
    what_it_is,
)
from tooltrain_fast.options import OptionKeywords
from tooltrain_fast.packed_file import PackedFile, PackedRow, text_lines
from tooltrain_fast.pieces import Piece, pieces_of_conversation, pieces_of_row
from tooltrain_fast.rendered import Rendered
from tooltrain_fast.resolve import resolved

SHARD_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json")
COLUMN_SUFFIXES = (".csv", ".csv.gz", ".csv.zst")


class View:
    """A picture of one row or conversation.

    Its repr is the picture for a terminal, notebooks show it by themselves, `to_html` gives one self-contained
    page, `to_json` the pieces as data.
    """

    def __init__(self, title: str, pieces: list[Piece], samples: list[str], *, full: bool = False) -> None:
        self.title = title
        self.pieces = pieces
        """The runs of text in order, each with role, field, weight and reason."""
        self.samples = samples
        """A heading for each sample of the row."""
        self.full = full
        """Whether long context is shown whole."""

    @property
    def tokens(self) -> int:
        """Tokens shown."""
        return sum(piece.tokens for piece in self.pieces)

    @property
    def trained_tokens(self) -> int:
        """Tokens among them that are trained."""
        return sum(piece.tokens for piece in self.pieces if piece.weight)

    def to_text(self, *, colour: bool = False, width: int = 100) -> str:
        """The picture for a terminal; without colour, marks at the margin say what is trained."""
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from tooltrain_fast.view_terminal import picture  # noqa: PLC0415 - as above

        console = Console(
            file=io.StringIO(),
            width=width,
            force_terminal=colour,
            color_system="256" if colour else None,
            legacy_windows=False,
        )
        with console.capture() as captured:
            console.print(picture(self))
        return captured.get()

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """One self-contained page; written to `path` if given."""
        from tooltrain_fast.view_html import page  # noqa: PLC0415 - only who wants HTML needs it

        html = page(self)
        if path is not None:
            Path(path).write_text(html, encoding="utf-8")
        return html

    def to_json(self) -> str:
        """The pieces as JSON."""
        shown = {
            "title": self.title,
            "tokens": self.tokens,
            "trained_tokens": self.trained_tokens,
            "samples": self.samples,
            "pieces": msgspec.to_builtins(self.pieces),
        }
        return json.dumps(shown, ensure_ascii=False, indent=2)

    def __repr__(self) -> str:
        colour = (sys.stdout.isatty() or "FORCE_COLOR" in os.environ) and "NO_COLOR" not in os.environ
        width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
        return self.to_text(colour=colour, width=width).rstrip("\n")

    def _repr_html_(self) -> str:
        from tooltrain_fast.view_html import fragment  # noqa: PLC0415 - only notebooks need it

        return fragment(self)


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
        return show_rendered(what, full=full)
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
        return _show_row(PackedFile(path), row or 0, given, full=full)


def show_rendered(rendered: Rendered, *, full: bool = False) -> View:
    """The view of what `render` returned."""
    return _view_of(rendered, "conversation", None, {}, full=full)


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
    return _view_of(rendered, name, parsed if isinstance(parsed, Mapping) else None, options, full=full)


def _view_of(
    rendered: Rendered, name: str, record: Mapping[str, Any] | None, options: Mapping[str, Any], *, full: bool
) -> View:
    pieces = pieces_of_conversation(rendered, record, options)
    title = (
        f"{name} | template {rendered.family} | {_counted(len(rendered.input_ids), rendered.trained_tokens)}"
    )
    return View(title, pieces, [name], full=full)


def _show_row(written: PackedFile, number: int, given: str | None, *, full: bool) -> View:
    row = written.row(number)
    pieces = pieces_of_row(row, _tokenizer_of(written, given))
    title = (
        f"row {number} of {written.path} | template {written.footer['template']['name']} | "
        f"{_counted(len(row.input_ids), sum(row.trained))} | {len(row.samples)} samples"
    )
    return View(title, pieces, _sample_headings(row), full=full)


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


def _sample_headings(row: PackedRow) -> list[str]:
    headings = []
    for number, sample in enumerate(row.samples):
        place = f"{sample.shard}:{sample.line}" if sample.shard and sample.line else ""
        if sample.part:
            place += f" part {sample.part}"
        counted = _counted(sample.end - sample.start, sum(row.trained[sample.start : sample.end]))
        headings.append(
            " | ".join(
                part for part in (f"sample {number + 1} of {len(row.samples)}", place, counted) if part
            )
        )
    return headings


def _counted(tokens: int, trained: int) -> str:
    share = f" ({trained / tokens:.1%})" if tokens else ""
    return f"{tokens:,} tokens, {trained:,} trained{share}"


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
