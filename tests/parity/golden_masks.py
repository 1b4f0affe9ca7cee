"""Compares masks with those that transformers reports for tagged templates over real conversations, token by token.

The goldens hold text, ids and what `{% generation %}` marks, as spans of tokens. Every token that is trained on one
side only has to be explained by one of `RULES`.

    python tests/parity/golden_masks.py       # writes docs/masks_goldens.md; needs the folder of real data
"""

import gzip
import json
import os
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tooltrain_fast as tt

ROOT = Path(__file__).parent.parent.parent
REPORT = ROOT / "docs" / "masks_goldens.md"
DATE = "2026-11-20"
WIDTH = 110

RULES = {
    "line end": "the line end after the stop token is trained; no model samples it",
    "header": "a token of the header that the generation prompt supplies is trained",
    "two line ends": "a token holds the line end of the header and the first one of the answer; half of it is prompt",
    "think block": "a token of an empty think block is trained, which the template writes and the prompt supplies",
    "terminator": "`<|end|>` is trained, which ends earlier turns where the model would have sampled `<|return|>`",
}

REFUSALS = {
    "parallel_calls": "parallel calls without results",
    "nothing_to_train": "no assistant turn",
    "": "refused",
}


class Golden(NamedTuple):
    """A tagged template, and what runs it here."""

    name: str
    tokenizer: str
    template: str | None
    is_folder: bool = False


GOLDENS = [
    Golden("qwen3-instruct-2507_training__qwen3", "qwen3-instruct-2507", None),
    Golden("qwen2.5_training__qwen3", "qwen2.5", None),
    Golden("qwen3_training__qwen3", "qwen3", "qwen3_training.jinja"),
    Golden("gpt-oss_training__gpt-oss", "gpt-oss", "gpt-oss_training.jinja"),
    Golden("llama-3_training__llama-3.1", "llama-3.1", "llama-3_training.jinja", is_folder=True),
]


class Parity(NamedTuple):
    """What came of comparing one golden."""

    compared: Counter[str]
    """Conversations and their tokens."""
    rules: Counter[str]
    """Tokens that are trained on one side only, by rule."""
    unlisted: list[str]
    """Those that no rule names."""
    left_out: Counter[str]
    """Conversations that could not be compared, by reason."""


def lines(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as text:
        yield from text


def rule_of(before: str, token: str) -> str | None:
    """The rule for a token that they train and we do not, given what stands before it."""
    if token == "\n" and before.endswith("<|im_end|>"):
        return "line end"
    if token in {"<think>", "</think>"} or before.endswith(("<think>", "<think>\n\n</think>")):
        return "think block"
    if before.endswith("<|im_start|>assistant") and token.startswith("\n"):
        return "header" if token == "\n" else "two line ends"
    if token == "<|start|>" or (token == "assistant" and before.endswith("<|start|>")):
        return "header"
    return "terminator" if token == "<|end|>" else None


def compare(golden: Golden, shared: Path) -> Parity:
    """One golden against the masks of `history="keep"`, which trains every turn as a tagged template does."""
    folder = shared / "tokenizers" / golden.tokenizer
    template = (shared / "templates" / golden.template) if golden.template else None
    found = Parity(Counter(), Counter(), [], Counter())
    expected = lines(shared / "goldens" / f"{golden.name}.jsonl.gz")
    for record, line in zip(lines(shared / "goldens" / "inputs.jsonl.gz"), expected, strict=True):
        theirs = json.loads(line)
        try:
            row = tt.render(
                record.decode(),
                tokenizer=folder if golden.is_folder else golden.tokenizer,
                chat_template=template,
                date=DATE,
                boundary="whole",
                history="keep",
                validation="off",
            )
        except tt.RejectedRecordError as error:
            found.left_out[next(reason for code, reason in REFUSALS.items() if code in str(error))] += 1
            continue
        if not theirs["text"].startswith(row.text):
            trimmed = any(finding.code == "trailing_turns" for finding in row.findings)
            found.left_out["a tail is trimmed" if trimmed else "another text"] += 1
        elif row.input_ids != theirs["ids"][: len(row.input_ids)]:
            found.left_out["data spell control tokens"] += 1
        else:
            found.compared.update(conversations=1, tokens=len(row.input_ids))
            compare_row(row, theirs, found)
    return found


def compare_row(row: tt.Rendered, theirs: dict[str, Any], found: Parity) -> None:
    """Counts the tokens of one conversation that are trained on one side only."""
    trained = [False] * len(theirs["ids"])
    for start, end in theirs["mask_spans"]:
        trained[start:end] = [True] * (end - start)
    begin = 0
    for at, (end, ours) in enumerate(zip(row.token_ends, row.loss_mask, strict=True)):
        if bool(ours) != trained[at]:
            token = row.encoded[begin:end].decode(errors="replace")
            before = row.encoded[:begin].decode(errors="replace")
            rule = rule_of(before, token) if trained[at] else None
            if rule:
                found.rules[rule] += 1
            else:
                found.unlisted.append(f"{theirs['k']}: {token!r} at token {at}, trained there: {trained[at]}")
        begin = end


def report(shared: Path) -> tuple[str, dict[str, Parity]]:
    """The page, and what it says as data."""
    found = {golden.name: compare(golden, shared) for golden in GOLDENS}
    return page(found), found


def page(found: dict[str, Parity]) -> str:
    """The report as Markdown."""
    compared = (
        "Five tagged templates over 141 real conversations, as transformers renders them: texts and ids are equal, and "
        "of every token it is known whether the template marks it. Beside them stand the masks of "
        '`history="keep"`, which trains every turn as those do, with `boundary="whole"`. Each token that is '
        "trained on one side only is explained by a rule of this list, and there is no other:"
    )
    left_out = (
        "No token is trained here that the templates leave out. Left out are conversations without an assistant turn, "
        "those whose data spell control tokens, which are plain text here, parallel calls without results where the "
        "family prints one call a turn, and for gpt-oss those that end with a turn that is trimmed, since their last "
        "turn then ends in another token. For the first two goldens `rust/core/tests/qwen_goldens.rs` asserts the same "
        "figures."
    )
    lines = [
        "# Masks of the golden texts",
        "",
        "Written by `python tests/parity/golden_masks.py`; a test writes it again and compares.",
        "",
        *textwrap.wrap(compared, WIDTH),
        "",
        "| rule | what it means |",
        "| --- | --- |",
        *(f"| {name} | {meaning} |" for name, meaning in RULES.items()),
        "",
        "| golden | conversations | tokens | differ by | left out |",
        "| --- | ---: | ---: | --- | --- |",
        *(row_of(name, one) for name, one in found.items()),
        "",
        *textwrap.wrap(left_out, WIDTH),
    ]
    return "\n".join(lines) + "\n"


def row_of(name: str, one: Parity) -> str:
    """A row of the table."""
    rules = ", ".join(f"{rule} {one.rules[rule]:,}" for rule in RULES if one.rules[rule]) or "nothing"
    left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(one.left_out.items()))
    return f"| {name} | {one.compared['conversations']} | {one.compared['tokens']:,} | {rules} | {left_out} |"


if __name__ == "__main__":
    text, parities = report(Path(os.environ.get("TOOLTRAIN_SHARED", ROOT.parent / "shared" / "data")))
    REPORT.write_text(text, encoding="utf-8")
    sys.exit("\n".join(f"{name}: {one}" for name, parity in parities.items() for one in parity.unlisted) or 0)
