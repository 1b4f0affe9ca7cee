"""Draws a view for a terminal: roles at the margin, trained text marked and coloured."""

from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from tooltrain_fast.pieces import Piece

if TYPE_CHECKING:
    from tooltrain_fast.view import View

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


def picture(view: "View") -> RenderableType:
    """All samples one below the other, then what the marks mean."""
    parts: list[RenderableType] = [Text(view.title, style="bold")]
    for number, pieces in groupby(view.pieces, key=lambda piece: piece.sample):
        if len(view.samples) > 1:
            parts.append(Rule(view.samples[number], align="left", style="dim"))
        parts.append(_sample(list(pieces), full=view.full))
    parts.append(_legend(view.pieces))
    return Group(*parts)


def _sample(pieces: list[Piece], *, full: bool) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True, min_width=9)
    grid.add_column(no_wrap=True, width=1)
    grid.add_column(overflow="fold")
    last_role = None
    for (role, reason), run in groupby(pieces, key=_together):
        together = list(run)
        text = Text()
        for piece in together:
            text.append(_visible(piece.text), style=_style(piece))
        if reason and not full:
            text = _clipped(text)
        if text.plain.endswith("\n"):
            text.right_crop(1)
        name = (
            Text(role or "template", style=ROLE_STYLES.get(role or "", "dim"))
            if role != last_role
            else Text("")
        )
        mark = "\n".join([TRAINED_MARK] * (text.plain.count("\n") + 1)) if not reason else ""
        grid.add_row(name, Text(mark, style="green"), text)
        if reason.startswith("not trained"):
            grid.add_row("", "", Text(f"└ {reason}", style="red"))
        last_role = role
    return grid


def _together(piece: Piece) -> tuple[str | None, str]:
    """Trained pieces of a turn stand together whatever they weigh; others by why they are not trained."""
    return piece.role, "" if piece.weight else piece.reason


def _style(piece: Piece) -> str:
    if piece.weight:
        return FIELD_STYLES.get(piece.field or "", TRAINED_STYLE)
    return "dim" if piece.field == "header" else f"dim {ROLE_STYLES.get(piece.role or '', '')}".strip()


def _visible(text: str) -> str:
    return text.replace("\n", LINE_END + "\n")


def _clipped(text: Text) -> Text:
    if len(text) <= LONGEST_CONTEXT:
        return text
    left_out = len(text) - HEAD - TAIL
    return Text.assemble(text[:HEAD], (f" … {left_out:,} characters … ", "bold"), text[-TAIL:])


def _legend(pieces: list[Piece]) -> Table:
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(justify="right")
    grid.add_column()
    tokens: dict[str, int] = {}
    trained = set()
    for piece in pieces:
        tokens[piece.reason] = tokens.get(piece.reason, 0) + piece.tokens
        if piece.weight:
            trained.add(piece.reason)
    grid.add_row("", "", "")
    for reason, count in tokens.items():
        mark = Text(TRAINED_MARK, style="green") if reason in trained else Text("")
        grid.add_row(mark, Text(f"{count:,}"), Text(f"tokens {reason}", style="dim"))
    return grid
