"""Figures as people read them: sizes, shares, plurals, tables."""

from collections.abc import Sequence

MEGABYTE = 1_000_000


def size(count: int) -> str:
    """Bytes in kB, or in MB where there are many."""
    return f"{count / MEGABYTE:,.1f} MB" if count >= MEGABYTE else f"{count / 1000:,.1f} kB"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side: the first to the left, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def share(part: int, whole: int) -> str:
    """A percentage, empty where there is no whole."""
    return f"{part / whole:.1%}" if whole else ""


def plural(word: str, count: int) -> str:
    """The word, with an s unless there is one."""
    return word if count == 1 else word + "s"
