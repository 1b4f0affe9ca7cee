"""The report as a table for people."""

from typing import TYPE_CHECKING

from tooltrain_fast._reports.certificate import FOUND
from tooltrain_fast._reports.figures import plural, share, size, table
from tooltrain_fast._reports.printed import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tooltrain_fast._reports.conversion_report import ConvertReport
    from tooltrain_fast._reports.report import FindingCount, Report, UnreadCount

SEVERITIES = {"error": "rejected", "masked": "turn masked", "warning": "warning", "fixed": "fixed"}
MOST_FINDINGS = 12
MOST_UNREAD = 12
STAGES = ("read", "parse", "validate", "render", "tokenize", "pack", "encode", "write")


def report_text(report: "Report", spelled: "Callable[[str], str]" = str) -> str:
    """The whole report, a heading first, then what went wrong, then figures; options as `spelled` writes them."""
    blocks = [
        heading(report),
        stops_line(report, spelled),
        output_line(report),
        loud_block(report, spelled),
        table(records_rows(report)),
        turns_line(report, spelled),
        findings_block(report, spelled),
        unread_block(report.left_unread, report.records.read),
        speed_block(report),
    ]
    return visible("\n\n".join(block for block in blocks if block))


def heading(report: "Report") -> str:
    """Tokenizer, template and serving mode: what every later figure depends on."""
    return (
        f"tooltrain_fast {report.version} {report.verb}"
        f" | tokenizer {report.tokenizer.name} ({report.tokenizer.backend})"
        f" | template {report.template.name}"
        f" | {report.serving}"
    )


def stops_line(report: "Report", spelled: "Callable[[str], str]" = str) -> str:
    """The stop tokens, where they were found in the template; nothing where the tokenizer names them."""
    tried = report.template.certificate
    if tried is None or not tried.stops_found:
        return ""
    return f"stop tokens {', '.join(tried.stop_tokens)}{FOUND}; {spelled('stop_tokens=')} names others"


def output_line(report: "Report") -> str:
    """The output and how full it is."""
    if not report.rows:
        return f"{report.out}: no rows"
    return (
        f"{report.out}: {report.rows:,} {plural('row', report.rows)}, {report.samples:,} "
        f"{plural('sample', report.samples)}, {report.fill:.2%} full at max_length {report.max_length:,} "
        f"(shortest row {report.shortest_row:,}, longest {report.longest_row:,})"
    )


def convert_report_text(report: "ConvertReport", spelled: "Callable[[str], str]" = str) -> str:
    """The report of a conversion: what was written, what was lost, what went wrong."""
    records = report.records
    written = (
        f"{report.out}: {report.rows:,} {plural('row', report.rows)} from {records.written:,} of "
        f"{records.read:,} {plural('record', records.read)}, {size(report.bytes_out)}"
    )
    lost = ""
    if records.lossy:
        lost = f"{records.lossy:,} {plural('record', records.lossy)} lost something; " + (
            f"each loss is named in {report.losses}"
            if report.losses
            else "a file as output gets a list of them"
        )
    beside = f"tools and task stand in {report.job_description}" if report.job_description else ""
    blocks = [
        f"tooltrain_fast {report.version} convert | to {report.to}",
        "\n".join(line for line in (written, beside, lost) if line),
        rejects_line(report),
        "\n".join(f"warning: {spelled(warning)}" for warning in report.warnings),
        findings_block(report, spelled),
        unread_block(report.left_unread, report.records.read),
        f"{size(report.text_bytes)} in {report.seconds:,.2f} s: {report.mb_per_second:,.1f} MB/s",
    ]
    return visible("\n\n".join(block for block in blocks if block))


def rejects_line(report: "Report | ConvertReport") -> str:
    """What was rejected and where it is, loudly; nothing when nothing was."""
    if not report.records.rejected:
        return ""
    share = report.records.rejected / report.records.read
    kept = f"kept in {report.rejects}" if report.rejects else "not kept: only a file as output keeps them"
    return (
        f"!! {report.records.rejected:,} of {report.records.read:,} records REJECTED ({share:.2%})\n!! {kept}"
    )


def loud_block(report: "Report", spelled: "Callable[[str], str]" = str) -> str:
    """What nobody should miss: rejected records, a run without rows, turns that are mostly left out."""
    lines = (rejects_line(report), no_rows_line(report), other_prompts_line(report, spelled))
    return visible("\n".join(line for line in lines if line))


def no_rows_line(report: "Report") -> str:
    """Why there is no row, loudly; nothing when there is one."""
    if report.rows:
        return ""
    records = report.records
    fates = {
        "rejected": records.rejected,
        "with nothing to train": records.nothing_to_train,
        "filtered": records.filtered,
        "duplicate": records.duplicate,
        "too long": records.over_length,
    }
    told = ", ".join(f"{count:,} {fate}" for fate, count in fates.items() if count)
    counted = f"{records.read:,} {plural('record', records.read)} read"
    return f"!! NOTHING TO TRAIN ON: no row was written; {counted}" + (f", of them {told}" if told else "")


def other_prompts_line(report: "Report", spelled: "Callable[[str], str]" = str) -> str:
    """That most assistant turns are not trained since serving prompts them otherwise, and what trains them."""
    turns = report.turns
    lost = min(turns.prompt_differs, turns.assistant - turns.trained)
    if lost * 2 <= turns.assistant:
        return ""
    remedy = 'history="inline" or history="expand" can train them'
    if report.options.get("history", "mask") != "mask":
        remedy = "is thinking= the mode that you serve with?"
    return (
        f"!! {lost:,} of {turns.assistant:,} assistant turns are NOT TRAINED: prompt differs from serving"
        f"\n!! {spelled(remedy)}"
    )


def records_rows(report: "Report") -> list[tuple[str, ...]]:
    """Records, tokens and trained tokens by what became of them."""
    records = report.records
    rows: list[tuple[str, ...]] = [("", "records", "tokens", "trained", "share")]
    rows.append(("read", f"{records.read:,}", *token_cells(report, "in_")))
    if report.trained_tokens.added:
        rows.append(("trained in samples of their own", "", *token_cells(report, "added")))
    if report.tokens.repeated or report.trained_tokens.repeated:
        rows.append(("repeated as context", "", *token_cells(report, "repeated")))
    dropped_records = {"over_length": records.over_length}
    named = {
        "rejected": records.rejected,
        "nothing to train": records.nothing_to_train,
        "  only wrong calls": records.only_wrong_calls,
        "filtered": records.filtered,
        "duplicate": records.duplicate,
    }
    rows += [(name, f"{count:,}", "", "", "") for name, count in named.items() if count]
    policies = dict.fromkeys([*report.tokens.dropped, *report.trained_tokens.dropped])
    for policy in policies:
        tokens = report.tokens.dropped.get(policy, 0)
        trained = report.trained_tokens.dropped.get(policy, 0)
        count = dropped_records.pop(policy, 0)
        if tokens or trained or count:
            label = f"dropped: {policy.replace('_', ' ')}"
            rows.append(
                (label, f"{count:,}" if count else "", f"{tokens:,}", f"{trained:,}", share(trained, tokens))
            )
    rows += [
        (name.replace("_", " "), f"{count:,}", "", "", "") for name, count in dropped_records.items() if count
    ]
    rows.append(("packed", f"{records.packed:,}", *token_cells(report, "out")))
    return rows


def token_cells(report: "Report", part: str) -> tuple[str, str, str]:
    """Tokens, trained tokens and their share."""
    tokens: int = getattr(report.tokens, part)
    trained: int = getattr(report.trained_tokens, part)
    return f"{tokens:,}", f"{trained:,}", share(trained, tokens)


def turns_line(report: "Report", spelled: "Callable[[str], str]" = str) -> str:
    """How many assistant turns are trained, and why the others are not."""
    turns = report.turns
    others = {
        "masked by validation": turns.masked_by_validation,
        "prompt differs from serving": turns.prompt_differs,
        "a field dropped by the template": turns.field_dropped,
    }
    told = [f"{count:,} {reason}" for reason, count in others.items() if count]
    line = f"assistant turns: {turns.trained:,} of {turns.assistant:,} trained"
    if told:
        line += "; " + ", ".join(told)
    if "on" in report.serving.split(" (")[0] and turns.trained_without_reasoning * 2 > turns.trained > 0:
        line += (
            f"\nnote: {turns.trained_without_reasoning:,} of {turns.trained:,} trained turns have no reasoning, but "
            "the data is prepared for thinking mode: the model will learn to skip reasoning"
        )
        line += "\nfor non-thinking serving use " + spelled('thinking=False, history="inline"')
    return line


def findings_block(report: "Report | ConvertReport", spelled: "Callable[[str], str]" = str) -> str:
    """The findings, most severe and most frequent first, each with its first place and a hint."""
    if not report.findings:
        return "findings: none"
    return "\n".join(["findings", *finding_lines(report.findings, f"in {report.report}", spelled)])


def unread_block(unread: "Mapping[str, UnreadCount]", records: int) -> str:
    """Keys that were not read, those with most bytes first; nothing where all was read."""
    if not unread:
        return ""
    ordered = sorted(unread.items(), key=lambda entry: (-entry[1].bytes, entry[0]))
    lines = [
        f"  `{path}` in {counts.records:,} of {records:,} {plural('record', records)}, {size(counts.bytes)}"
        for path, counts in ordered[:MOST_UNREAD]
    ]
    if len(ordered) > MOST_UNREAD:
        lines.append(f"  and {len(ordered) - MOST_UNREAD} more keys in .left_unread")
    return "\n".join(["left unread", *lines])


def finding_lines(
    findings: "Sequence[FindingCount]", where_the_rest_is: str, spelled: "Callable[[str], str]" = str
) -> list[str]:
    """A block of lines for each of the first codes."""
    ordered = ordered_findings(findings)
    lines = []
    for finding in ordered[:MOST_FINDINGS]:
        first = finding.first
        what = SEVERITIES.get(finding.severity, finding.severity)
        place = f"{first.file}:{first.line}" + (f" {first.pointer}" if first.pointer else "")
        lines.append(f"  {what:<11}  {finding.count:>7,}  {finding.code}")
        lines.append(f"{'':24}{place}: {first.message}")
        if first.hint:
            lines.append(f"{'':24}hint: {spelled(first.hint)}")
    if len(ordered) > MOST_FINDINGS:
        lines.append(f"  and {len(ordered) - MOST_FINDINGS} more codes {where_the_rest_is}")
    return lines


def ordered_findings(findings: "Sequence[FindingCount]") -> "list[FindingCount]":
    """By severity, then by count."""
    ranks = {severity: rank for rank, severity in enumerate(SEVERITIES)}
    return sorted(findings, key=lambda finding: (ranks.get(finding.severity, len(ranks)), -finding.count))


def speed_block(report: "Report") -> str:
    """Wall time, pace and processor time a stage."""
    total = report.seconds
    stored = f" ({size(report.bytes_in)} stored)" if report.bytes_in != report.text_bytes else ""
    head = (
        f"{size(report.text_bytes)} of JSONL{stored} from {len(report.shards):,} "
        f"{plural('shard', len(report.shards))} in {total:,.2f} s: {report.mb_per_second:,.1f} MB/s, "
        f"{report.tokens.out / max(total, 1e-9):,.0f} tokens/s, {report.threads} {plural('thread', report.threads)}"
    )
    stages = [
        f"{stage} {report.stage_seconds[stage]:.2f}"
        for stage in STAGES
        if report.stage_seconds.get(stage, 0) >= 0.005
    ]
    return head + ("\nprocessor seconds: " + ", ".join(stages) if stages else "")
