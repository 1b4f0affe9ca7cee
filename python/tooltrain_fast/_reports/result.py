"""What the results of all verbs have in common."""

from collections.abc import Iterable
from os import PathLike
from typing import Protocol

import msgspec

from tooltrain_fast._reports.printed import html_text, write_page

Counts = dict[str, dict[str, int]]
"""How often each code was found, by severity: `counts["undeclared_tool"]["masked"]`."""


class Counted(Protocol):
    """A code with its severity and how often it was found."""

    @property
    def code(self) -> str:
        """The code."""

    @property
    def severity(self) -> str:
        """What it does to the record."""

    @property
    def count(self) -> int:
        """How often it was found."""


class Result:
    """A result as JSON and as HTML. Each result has `.ok` and `.counts` besides."""

    __slots__ = ()

    def to_json(self) -> str:
        """All of it as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """One self-contained page; written to `path` if given."""
        title = html_text(repr(self).partition("\n")[0])
        page = f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{title}</title>\n'
        page += f"<body>{self._repr_html_()}</body></html>\n"
        if path is not None:
            write_page(path, page)
        return page

    def _repr_html_(self) -> str:
        return f"<pre>{html_text(repr(self))}</pre>"


def counts_of(findings: Iterable[Counted]) -> Counts:
    """How often each code was found, by severity."""
    counted: Counts = {}
    for kind in findings:
        by_severity = counted.setdefault(kind.code, {})
        by_severity[kind.severity] = by_severity.get(kind.severity, 0) + kind.count
    return counted
