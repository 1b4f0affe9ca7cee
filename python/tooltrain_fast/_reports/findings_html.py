"""The findings of a set as HTML for notebooks."""

from typing import TYPE_CHECKING

from tooltrain_fast._reports.findings_text import (
    fixed_line,
    heading,
    pace_line,
    records_rows,
    rejected_line,
    shard_rows,
    tool_rows,
    tool_use_lines,
)
from tooltrain_fast._reports.printed import html_text
from tooltrain_fast._reports.report_html import broken, findings_table, html_table

if TYPE_CHECKING:
    from tooltrain_fast._reports.findings import Findings


def findings_html(found: "Findings") -> str:
    """One `div` without scripts or links."""
    parts = [f"<b>{html_text(heading(found))}</b>"]
    if rejected := rejected_line(found.records):
        parts.append(f'<p style="color:#b00020;font-weight:bold">{html_text(rejected)}</p>')
    if fixed := fixed_line(found.fixed):
        parts.append(f"<p>{broken(fixed)}</p>")
    parts.append(html_table(records_rows(found.records)))
    parts.append(findings_table(found.findings) or "<p>findings: none</p>")
    for title, rows in (("worst shards", shard_rows(found)), ("worst tools", tool_rows(found.tool_use))):
        if rows:
            parts.append(html_table([(title, *rows[0][1:]), *rows[1:]]))
    lines = "".join(f"<li>{html_text(line)}</li>" for line in tool_use_lines(found.tool_use))
    parts += [f"<p>tool use</p><ul>{lines}</ul>", f"<p>{html_text(pace_line(found))}</p>"]
    return "<div>" + "".join(parts) + "</div>"
