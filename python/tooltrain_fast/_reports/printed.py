"""Text on its way out: to a terminal, a log, a page, or JSON that is looked at in one of them.

Data, file names and footers may hold characters that a terminal obeys or that reorder what is read. Each is shown as
its escape, by the one function of the core.
"""

import html
import re
from os import PathLike
from pathlib import Path

from tooltrain_fast._core import visible
from tooltrain_fast.errors import WriteError

__all__ = ["html_text", "visible", "visible_json", "write_page"]

HIDDEN = re.compile(
    "[\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What JSON lets stand in a string as it is and a terminal does not."""


def html_text(text: str) -> str:
    """The text as HTML, between tags or in an attribute."""
    return html.escape(visible(text))


def visible_json(text: str) -> str:
    """The same JSON with the escapes of JSON for what is not visible."""
    return HIDDEN.sub(lambda match: _escaped(match[0]), text)


def write_page(path: str | PathLike[str], page: str) -> None:
    """Writes a page of HTML.

    Raises:
        WriteError: the file cannot be written.
    """
    try:
        Path(path).expanduser().write_text(page, encoding="utf-8")
    except OSError as error:
        raise WriteError(error.strerror or str(error), file=str(path)) from None


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
