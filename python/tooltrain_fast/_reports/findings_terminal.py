"""Findings one by one, as a compiler prints them."""

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from tooltrain_fast._reports.findings import Example, Excerpt, Findings
from tooltrain_fast._reports.printed import visible

STYLES = {"error": "bold red", "masked": "bold magenta", "warning": "bold yellow", "fixed": "bold green"}
FRAME = "bold blue"


def print_findings(found: Findings, spelled: Callable[[str], str] = str) -> None:
    """Prints the examples and what there is besides to standard output, colored on a terminal.

    Hints are printed as `spelled` writes them.
    """
    console = Console(soft_wrap=True, highlight=False)
    for text in listing(found, spelled):
        console.print(text)


def listing(found: Findings, spelled: Callable[[str], str] = str) -> Iterator[Text]:
    """Each example with its place, the offending piece, the code and a hint; then how many there are besides."""
    for example in found.examples:
        yield one_finding(example, spelled)
    shown = Counter((example.code, example.severity) for example in found.examples)
    for kind in found.findings:
        if left := kind.count - shown[kind.code, kind.severity]:
            yield _label(kind.severity, kind.code).append(f": {left:,} more\n", style="not bold")


def one_finding(example: Example, spelled: Callable[[str], str] = str) -> Text:
    """Severity and code, what was found, the place, the piece with a mark below it, and a hint."""
    number = str(example.line)
    margin = " " * len(number)
    text = _label(example.severity, example.code)
    text.append(f": {visible(example.message)}\n", style="bold")
    text.append(f"{margin}--> ", style=FRAME)
    text.append(visible(f"{example.file}:{example.line} {example.pointer}".rstrip()) + "\n")
    excerpt = _visible_excerpt(example.excerpt)
    if excerpt.text:
        text.append(f"{margin} |\n{number} | ", style=FRAME)
        text.append(f"{excerpt.text}\n")
        text.append(f"{margin} | ", style=FRAME)
        text.append(f"{mark(excerpt)}\n", style=STYLES[example.severity])
    text.append(f"{margin} = hint: ", style=FRAME)
    text.append(f"{visible(spelled(example.hint))}\n")
    return text


def _visible_excerpt(excerpt: Excerpt) -> Excerpt:
    text = excerpt.text
    cuts = (text[: excerpt.start], text[excerpt.start : excerpt.end], text[excerpt.end :])
    before, piece, after = (visible(part) for part in cuts)
    end = len(before) + len(piece)
    return msgspec.structs.replace(excerpt, text=before + piece + after, start=len(before), end=end)


def mark(excerpt: Excerpt) -> str:
    """Carets that stand below the piece, however wide its characters are."""
    before, piece = excerpt.text[: excerpt.start], excerpt.text[excerpt.start : excerpt.end]
    return " " * cell_len(before) + "^" * max(cell_len(piece), 1)


def _label(severity: str, code: str) -> Text:
    return Text.assemble((f"{severity}[{code}]", STYLES[severity]))
