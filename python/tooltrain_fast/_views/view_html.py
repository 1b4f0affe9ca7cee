"""Draws a view as HTML that needs nothing but itself."""

from itertools import groupby
from typing import TYPE_CHECKING

from tooltrain_fast._reports.printed import html_text
from tooltrain_fast._views.pieces import Piece

if TYPE_CHECKING:
    from tooltrain_fast._views.view import View

STYLE = """
.tt{font:13px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;color:#222;background:#fff}
.tt h4{font:bold 13px sans-serif;margin:1em 0 .4em;border-top:1px solid #bbb;padding-top:.4em}
.tt span{border-radius:2px}
.tt .system{color:#7a3e9d}.tt .user{color:#1f5fbf}.tt .tool{color:#9a6700}.tt .assistant,.tt .template{color:#666}
.tt .header{color:#aaa}
.tt .trained{color:#0b3d0b;background:#b7ebb7}
.tt .call_name{font-weight:bold}.tt .reasoning{font-style:italic}
.tt .masked{text-decoration:underline dotted #c00}
.tt dl{font-family:sans-serif;white-space:normal;margin-top:1em}
.tt dt{float:left;clear:left;width:6em;text-align:right;margin-right:1em}.tt dd{margin:0}
"""


def page(view: "View") -> str:
    """A whole page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html_text(view.title)}</title></head><body>{fragment(view)}</body></html>\n"
    )


def fragment(view: "View") -> str:
    """One `div` with its style, for a notebook."""
    parts = [f"<style>{STYLE}</style>", '<div class="tt">', f"<b>{html_text(view.title)}</b>"]
    for number, pieces in groupby(view.pieces, key=lambda piece: piece.sample):
        heading = html_text(view.samples[number]) if len(view.samples) > 1 else ""
        parts.append(f"<h4>{heading}</h4>")
        parts += [_span(piece) for piece in pieces]
    parts += [_legend(view.pieces), "</div>"]
    return "".join(parts)


def _span(piece: Piece) -> str:
    names = [piece.role or "template", piece.field or ""]
    if piece.weight:
        names.append("trained")
    elif piece.reason.startswith("not trained"):
        names.append("masked")
    facts = [
        piece.role or "template",
        piece.field or "",
        f"weight {piece.weight:g}",
        f"{piece.tokens:,} tokens",
        piece.reason,
    ]
    title = " | ".join(fact for fact in facts if fact)
    shown = html_text(piece.text).replace("\n", '<span style="opacity:.4">↵</span>\n')
    classes = html_text(" ".join(name for name in names if name))
    return f'<span class="{classes}" title="{html_text(title)}">{shown}</span>'


def _legend(pieces: list[Piece]) -> str:
    tokens: dict[str, int] = {}
    for piece in pieces:
        tokens[piece.reason] = tokens.get(piece.reason, 0) + piece.tokens
    rows = "".join(
        f"<dt>{count:,}</dt><dd>tokens {html_text(reason)}</dd>" for reason, count in tokens.items()
    )
    return f"<dl>{rows}</dl>"
