"""Draws a view for a terminal: roles at the margin, trained text marked and colored."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from tooltrain_fast._reports.printed import visible
from tooltrain_fast._views.pieces import Piece

if TYPE_CHECKING:
    from tooltrain_fast._views.view import View

ROLE_STYLES = {"system": "magenta", "user": "blue", "tool": "yellow", "assistant": "cyan"}
TRAINED_STYLE = "black on green"
FIELD_STYLES = {
    "reasoning": "italic black on green",
    "call_name": "bold black on green",
    "call_arguments": "black on bright_green",
}
TRAINED_MARK = "┃"
LINE_END = "↵"
LONGEST_CONTEXT = 600
HEAD, TAIL = 420, 120
ROLE_WIDTH = len("assistant ")


def picture(view: "View") -> RenderableType:
    """All samples one below the other, then what the marks mean."""
    parts: list[RenderableType] = [Text(visible(view.title), style="bold")]
    for number, pieces in groupby(view.pieces, key=lambda piece: piece.sample):
        if len(view.samples) > 1:
            parts.append(Rule(Text(visible(view.samples[number])), align="left", style="dim"))
        parts += _sample(list(pieces), full=view.full)
    parts += _legend(view.pieces)
    return Group(*parts)


class Block:
    """A run of text with its role at the margin and, when it is trained, a mark before each line."""

    def __init__(self, role: Text, mark: str, text: Text) -> None:
        self._role = role
        self._mark = mark
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        margin = ROLE_WIDTH + len(TRAINED_MARK) + 1
        lines = self._text.wrap(console, max(options.max_width - margin, 20), overflow="fold", no_wrap=False)
        green = Style.parse("green")
        for number, line in enumerate(lines):
            role = self._role.copy() if number == 0 else Text()
            role.pad_right(ROLE_WIDTH - len(role))
            yield from role.render(console)
            yield Segment(self._mark, green)
            yield Segment(" ")
            yield from line.render(console)
            yield Segment.line()


def _sample(pieces: list[Piece], *, full: bool) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    last_role = None
    for (role, reason), run in groupby(pieces, key=_together):
        text = Text()
        for piece in run:
            text.append(_visible(piece.text), style=_style(piece))
        if reason and not full:
            text = _clipped(text)
        if text.plain.endswith("\n"):
            text.right_crop(1)
        name = (
            Text(role or "template", style=ROLE_STYLES.get(role or "", "dim"))
            if role != last_role
            else Text()
        )
        blocks.append(Block(name, " " if reason else TRAINED_MARK, text))
        if reason.startswith("not trained"):
            blocks.append(Block(Text(), " ", Text.assemble((f"└ {visible(reason)}", "red"))))
        last_role = role
    return blocks


def _together(piece: Piece) -> tuple[str | None, str]:
    """Trained pieces of a turn stand together whatever they weigh; others by why they are not trained."""
    return piece.role, "" if piece.weight else piece.reason


def _style(piece: Piece) -> str:
    if piece.weight:
        return FIELD_STYLES.get(piece.field or "", TRAINED_STYLE)
    return "dim" if piece.field == "header" else f"dim {ROLE_STYLES.get(piece.role or '', '')}".strip()


def _visible(text: str) -> str:
    return visible(text).replace("\n", LINE_END + "\n")


def _clipped(text: Text) -> Text:
    if len(text) <= LONGEST_CONTEXT:
        return text
    left_out = len(text) - HEAD - TAIL
    return Text.assemble(text[:HEAD], (f" … {left_out:,} characters … ", "bold"), text[-TAIL:])


def _legend(pieces: list[Piece]) -> list[RenderableType]:
    tokens: dict[str, int] = {}
    trained = {piece.reason for piece in pieces if piece.weight}
    for piece in pieces:
        tokens[piece.reason] = tokens.get(piece.reason, 0) + piece.tokens
    lines: list[RenderableType] = [Text()]
    for reason, count in tokens.items():
        what = "trained" if reason in trained else "context"
        style = "green" if reason in trained else "dim"
        told = reason.removeprefix(f"{what}: ")
        mark = TRAINED_MARK if reason in trained else " "
        lines.append(Text.assemble((f"{count:>9,} ", style), (mark, "green"), (f" {visible(told)}", "dim")))
    return lines
