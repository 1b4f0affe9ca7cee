"""A picture of one row or conversation, in a terminal, a notebook or one HTML file."""

import io
import json
import os
import sys
from os import PathLike
from typing import TYPE_CHECKING

import msgspec

from tooltrain_fast._reports.printed import write_page

if TYPE_CHECKING:
    from tooltrain_fast._views.pieces import Piece


class View:
    """A picture of one row or conversation.

    Its repr is the picture for a terminal, notebooks show it by themselves, `to_html` gives one self-contained
    page, `to_json` the pieces as data.
    """

    def __init__(self, title: str, pieces: "list[Piece]", samples: list[str], *, full: bool = False) -> None:
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

    def to_text(self, *, color: bool = False, width: int = 100) -> str:
        """The picture for a terminal; without color, marks at the margin say what is trained."""
        from rich.console import Console  # noqa: PLC0415 - slow to import

        from tooltrain_fast._views.view_terminal import picture  # noqa: PLC0415 - as above

        console = Console(
            file=io.StringIO(),
            width=width,
            force_terminal=color,
            color_system="256" if color else None,
            legacy_windows=False,
        )
        with console.capture() as captured:
            console.print(picture(self))
        return captured.get()

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """One self-contained page; written to `path` if given."""
        from tooltrain_fast._views.view_html import page  # noqa: PLC0415 - only who wants HTML needs it

        html = page(self)
        if path is not None:
            write_page(path, html)
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
        color = (sys.stdout.isatty() or "FORCE_COLOR" in os.environ) and "NO_COLOR" not in os.environ
        width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
        return self.to_text(color=color, width=width).rstrip("\n")

    def _repr_html_(self) -> str:
        from tooltrain_fast._views.view_html import fragment  # noqa: PLC0415 - only notebooks need it

        return fragment(self)
