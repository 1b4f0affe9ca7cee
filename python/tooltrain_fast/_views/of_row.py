"""A packed row as a view: decoded, with roles read off its turn delimiters."""

import re
from collections.abc import Iterator, Mapping
from typing import Protocol

from tooltrain_fast._files.packed_file import PackedFile, PackedRow
from tooltrain_fast._views.pieces import CONTEXT, SCAFFOLDING, TRAINED, Piece, counted
from tooltrain_fast._views.view import View

NAMED = re.compile(r"<[^>]*>\s*(\w+)")
"""A delimiter that the name of the role follows."""
MESSAGE_STARTS: dict[str, re.Pattern[str] | str] = {
    "<|im_start|>": NAMED,
    "<|start_header_id|>": NAMED,
    "<|start|>": NAMED,
    "<start_of_turn>": NAMED,
    "<|turn>": NAMED,
    "[INST]": "user",
    "[TOOL_RESULTS]": "tool",
    "<｜User｜>": "user",
    "<｜Assistant｜>": "assistant",
    "<｜tool▁output▁begin｜>": "tool",
    "<|user|>": "user",
    "<|assistant|>": "assistant",
    "<|observation|>": "tool",
    "<|system|>": "system",
}
"""Tokens that a message begins with, and its role or how to read it."""
OTHER_NAMES = {"model": "assistant", "ipython": "tool", "developer": "system"}
TOOL_RESULT = re.compile(r"<\|im_start\|>user\s*<tool_response>")


class Decoder(Protocol):
    """The part of a tokenizer that is needed to read ids."""

    def decode(self, ids: list[int]) -> str:
        """Text of the ids."""

    def added_tokens(self) -> list[tuple[str, int]]:
        """Control tokens with their ids."""


def view_of_row(written: PackedFile, number: int, tokenizer: Decoder, *, full: bool) -> View:
    """The view of row `number` of a written file."""
    row = written.row(number)
    title = (
        f"row {number} of {written.path} | template {written.footer['template']['name']} | "
        f"{counted(len(row.input_ids), sum(row.trained))} | {len(row.samples)} samples"
    )
    return View(title, pieces_of_row(row, tokenizer), _sample_headings(row), full=full)


def _sample_headings(row: PackedRow) -> list[str]:
    headings = []
    for number, sample in enumerate(row.samples):
        place = f"{sample.shard}:{sample.line}" if sample.shard and sample.line else ""
        if sample.part:
            place += f" part {sample.part}"
        tokens = counted(sample.end - sample.start, sum(row.trained[sample.start : sample.end]))
        headings.append(
            " | ".join(part for part in (f"sample {number + 1} of {len(row.samples)}", place, tokens) if part)
        )
    return headings


def pieces_of_row(row: PackedRow, tokenizer: Decoder) -> list[Piece]:
    """The runs of a packed row, decoded; roles are read off the turn delimiters."""
    starts = {id_: MESSAGE_STARTS[text] for text, id_ in tokenizer.added_tokens() if text in MESSAGE_STARTS}
    pieces = []
    for number, sample in enumerate(row.samples):
        for start, end in _messages(row.input_ids, sample.start, sample.end, starts):
            role = _role(tokenizer.decode(row.input_ids[start:end]), starts.get(row.input_ids[start]))
            turn_is_trained = any(row.trained[start:end])
            for first, last in _runs(row.trained, start, end):
                trained = row.trained[first]
                pieces.append(
                    Piece(
                        text=tokenizer.decode(row.input_ids[first:last]),
                        role=role,
                        field=None,
                        tokens=last - first,
                        weight=float(trained),
                        reason=_row_reason(role, trained=trained, turn_is_trained=turn_is_trained),
                        sample=number,
                    )
                )
    return pieces


def _messages(
    ids: list[int], start: int, end: int, starts: Mapping[int, object]
) -> Iterator[tuple[int, int]]:
    first = start
    for place in range(start + 1, end):
        if ids[place] in starts:
            yield first, place
            first = place
    yield first, end


def _runs(trained: list[bool], start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for place in range(start + 1, end):
        if trained[place] != trained[first]:
            yield first, place
            first = place
    yield first, end


def _role(text: str, named: re.Pattern[str] | str | None) -> str | None:
    if named is None or isinstance(named, str):
        return named
    match = named.match(text)
    if match is None or TOOL_RESULT.match(text):
        return match and "tool"
    role = match.group(1)
    # gpt-oss names the function that answers
    return "tool" if role == "functions" else OTHER_NAMES.get(role, role)


def _row_reason(role: str | None, *, trained: bool, turn_is_trained: bool) -> str:
    if trained:
        return TRAINED
    if role in CONTEXT:
        return CONTEXT[role]
    if turn_is_trained:
        return SCAFFOLDING
    if role == "assistant":
        return "not trained: masked by validation, weight, history or loss; the report counts which"
    return "context"
