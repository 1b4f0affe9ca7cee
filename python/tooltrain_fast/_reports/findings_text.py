"""The findings of a set as a summary for people."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tooltrain_fast._reports.figures import MEGABYTE, plural, share, size, table
from tooltrain_fast._reports.printed import visible
from tooltrain_fast._reports.report_text import finding_lines, unread_block

if TYPE_CHECKING:
    from tooltrain_fast._reports.findings import Findings, Fixed, ToolUse, Verdicts

MOST_OFFENDERS = 5
MOST_NAMES = 8


def findings_text(found: "Findings", spelled: "Callable[[str], str]" = str) -> str:
    """What became of the records, what was found, who is worst, and how tools are used."""
    blocks = [
        heading(found),
        rejected_line(found.records),
        fixed_line(found.fixed),
        table(records_rows(found.records)),
        "\n".join(["findings", *finding_lines(found.findings, "in .findings", spelled)])
        if found.findings
        else "findings: none",
        unread_block(found.left_unread, found.records.read),
        _titled("worst shards", shard_rows(found)),
        _titled("worst tools", tool_rows(found.tool_use)),
        "\n".join(["tool use", *(f"  {line}" for line in tool_use_lines(found.tool_use))]),
        pace_line(found),
    ]
    return visible("\n\n".join(block for block in blocks if block))


def heading(found: "Findings") -> str:
    """What was looked at."""
    shards = f"{len(found.shards):,} {plural('shard', len(found.shards))}"
    return (
        f"tooltrain_fast {found.version} validate"
        f" | {found.records.read:,} {plural('record', found.records.read)} of {shards}"
    )


def rejected_line(records: "Verdicts") -> str:
    """How many records a run would reject, loudly; nothing when it would reject none."""
    if not records.rejected:
        return ""
    return (
        f"!! {records.rejected:,} of {records.read:,} records would be REJECTED "
        f"({records.rejected / records.read:.2%})"
    )


def fixed_line(fixed: "Fixed | None") -> str:
    """What was written; nothing when nothing was."""
    if fixed is None:
        return ""
    line = (
        f"{fixed.out}: {fixed.written:,} {plural('record', fixed.written)}, {fixed.mended:,} of them mended"
    )
    if fixed.left:
        line += f"; {fixed.left:,} more are mended whenever they are read, since their layout cannot say it"
    return line + (f"\nrejected records are in {fixed.rejects}" if fixed.rejects else "")


def records_rows(records: "Verdicts") -> list[tuple[str, ...]]:
    """Records by what a run would make of them."""
    counted = {
        "accepted": records.accepted,
        "  mended while they are read": records.repaired,
        "  with a turn that is not trained": records.with_masked_turns,
        "rejected": records.rejected,
        "nothing to train": records.nothing_to_train,
        "  only wrong calls": records.only_wrong_calls,
    }
    rows: list[tuple[str, ...]] = [("", "records", "share"), ("read", f"{records.read:,}", "")]
    rows += [
        (name, f"{count:,}", share(count, records.read))
        for name, count in counted.items()
        if count or name == "accepted"
    ]
    return rows


def shard_rows(found: "Findings") -> list[tuple[str, ...]]:
    """The shards with most rejected records, then with most turns that lose their training."""
    bad = [shard for shard in found.shards if shard.findings.error or shard.findings.masked]
    bad.sort(key=lambda shard: (-shard.records.rejected, -shard.findings.masked))
    if not bad:
        return []
    rows: list[tuple[str, ...]] = [("", "records", "rejected", "share", "masked findings")]
    rows += [
        (
            shard.name,
            f"{shard.records.read:,}",
            f"{shard.records.rejected:,}",
            share(shard.records.rejected, shard.records.read),
            f"{shard.findings.masked:,}",
        )
        for shard in bad[:MOST_OFFENDERS]
    ]
    return rows


def tool_rows(use: "ToolUse") -> list[tuple[str, ...]]:
    """The tools with most wrong calls."""
    wrong = [(name, counts) for name, counts in use.tools.items() if counts.wrong_calls]
    wrong.sort(key=lambda entry: (-entry[1].wrong_calls, entry[0]))
    if not wrong:
        return []
    rows: list[tuple[str, ...]] = [("", "calls", "wrong", "share", "declared by")]
    rows += [
        (
            printable(name),
            f"{counts.calls:,}",
            f"{counts.wrong_calls:,}",
            share(counts.wrong_calls, counts.calls),
            f"{counts.declared:,} {plural('conversation', counts.declared)}",
        )
        for name, counts in wrong[:MOST_OFFENDERS]
    ]
    return rows


def tool_use_lines(use: "ToolUse") -> list[str]:
    """What the conversations do with their tools, in sentences."""
    if not use.conversations:
        return ["no conversation could be read"]
    kinds = (
        f"{use.conversations:,} {plural('conversation', use.conversations)}: "
        f"{share(use.with_tools, use.conversations)} declare tools, "
        f"{use.without_call_share:.1%} make no call, "
        f"{share(use.with_parallel_calls, use.conversations)} make parallel calls"
    )
    calls = (
        f"{use.calls:,} {plural('call', use.calls)} and {use.results:,} {plural('result', use.results)}: "
        f"{use.mean_calls:.2f} calls a conversation, {max(use.calls_per_conversation):,} at most; "
        f"{use.parallel_share:.1%} of the turns that call make several"
    )
    lines = [kinds, calls]
    if use.calls:
        lines.append("most called: " + _names([f"{name} {n:,}" for name, n in use.calls_per_tool.items()]))
    if unused := use.never_called:
        declared = sum(1 for counts in use.tools.values() if counts.declared)
        lines.append(f"never called, {len(unused):,} of {declared:,} declared tools: {_names(unused)}")
    return lines


def pace_line(found: "Findings") -> str:
    """How much was read, and how fast."""
    pace = found.text_bytes / MEGABYTE / max(found.seconds, 1e-9)
    left = (
        f"; {found.kept:,} of {found.total:,} findings are in .frame" if 0 < found.kept < found.total else ""
    )
    return (
        f"{size(found.text_bytes)} of JSONL in {found.seconds:,.2f} s: {pace:,.1f} MB/s, "
        f"{found.threads} {plural('thread', found.threads)}{left}"
    )


def printable(name: str) -> str:
    """A name out of data, without characters that would do something to a terminal."""
    return "".join(sign if sign.isprintable() else f"\\u{{{ord(sign):x}}}" for sign in name)


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(printable(name) for name in names[:MOST_NAMES])
    return shown + (f", and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else "")


def _titled(title: str, rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    return table([(title, *rows[0][1:]), *[("  " + row[0], *row[1:]) for row in rows[1:]]])
