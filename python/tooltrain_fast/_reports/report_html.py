"""The report as HTML for notebooks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tooltrain_fast._reports.printed import html_text
from tooltrain_fast._reports.report_text import (
    SEVERITIES,
    heading,
    loud_block,
    ordered_findings,
    output_line,
    records_rows,
    speed_block,
    turns_line,
)

if TYPE_CHECKING:
    from tooltrain_fast._reports.report import FindingCount, Report

CELL = "padding:2px 10px;text-align:{side};vertical-align:top"


def report_html(report: "Report") -> str:
    """One `div` without scripts or links."""
    parts = [f"<b>{html_text(heading(report))}</b>", f"<p>{html_text(output_line(report))}</p>"]
    if loud := loud_block(report):
        parts.append(f'<p style="color:#b00020;font-weight:bold">{broken(loud)}</p>')
    parts.append(html_table(records_rows(report)))
    parts.append(f"<p>{broken(turns_line(report))}</p>")
    parts.append(findings_table(report.findings))
    parts.append(f"<p>{broken(speed_block(report))}</p>")
    return "<div>" + "".join(parts) + "</div>"


def findings_table(findings: "Sequence[FindingCount]") -> str:
    """The findings, worst first, each with its first place; nothing when there are none."""
    rows = [("", "count", "code", "first", "hint")]
    for finding in ordered_findings(findings):
        place = f"{finding.first.file}:{finding.first.line} {finding.first.pointer}".rstrip()
        severity = SEVERITIES.get(finding.severity, finding.severity)
        first = f"{place}: {finding.first.message}"
        rows.append((severity, f"{finding.count:,}", finding.code, first, finding.first.hint or ""))
    return html_table(rows, figures={1}) if findings else ""


def html_table(rows: Sequence[Sequence[str]], figures: set[int] | None = None) -> str:
    """A table; the columns `figures` (all but the first by default) are aligned to the right."""
    right = set(range(1, len(rows[0]))) if figures is None else figures

    def line(cells: Sequence[str], tag: str) -> str:
        styled = "".join(
            f'<{tag} style="{CELL.format(side="right" if place in right else "left")}">{html_text(cell)}</{tag}>'
            for place, cell in enumerate(cells)
        )
        return f"<tr>{styled}</tr>"

    head, *body = rows
    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in body)}</table>"


def broken(text: str) -> str:
    """Escaped text with its line ends kept."""
    return html_text(text).replace("\n", "<br>")
