"""What `show` draws: runs of text that share role, field, weight and the reason for it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec

from tooltrain_fast.packed_file import PackedRow
from tooltrain_fast.rendered import Rendered, Span

TRAINED = "trained: the model would have sampled it"
CONTEXT = {
    "system": "context: the system prompt",
    "user": "context: the user said it",
    "tool": "context: a tool returned it",
    "tool_result": "context: a tool returned it",
    "tool_definition": "context: a tool definition",
}
SCAFFOLDING = "never sampled: the chat template writes it"
PROMPT = "part of the prompt that serving shows"
HISTORY = {
    "prompt_differs": "serving would show this turn another prompt",
    "field_dropped": "the template drops a part of this turn",
}
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


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A run of text."""

    text: str
    role: str | None
    field: str | None
    """As in a span; `None` in a packed row, which keeps no fields."""
    tokens: int
    """Tokens that end in it."""
    weight: float
    """Loss weight; 0 is not trained."""
    reason: str
    """Why it is or is not trained."""
    sample: int
    """Sample of the row it belongs to."""


class Decoder(Protocol):
    """The part of a tokenizer that is needed to read ids."""

    def decode(self, ids: list[int]) -> str:
        """Text of the ids."""

    def added_tokens(self) -> list[tuple[str, int]]:
        """Control tokens with their ids."""


def pieces_of_conversation(
    rendered: Rendered, record: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> list[Piece]:
    """The spans of a conversation, each with its reason."""
    return [
        Piece(
            text=rendered.encoded[span.start : span.end].decode(errors="replace"),
            role=span.role,
            field=span.field,
            tokens=len(rendered.tokens_in(span.start, span.end)),
            weight=span.weight,
            reason=reason_for(span, rendered, record, options),
            sample=0,
        )
        for span in rendered.spans
    ]


def reason_for(
    span: Span, rendered: Rendered, record: Mapping[str, Any] | None, options: Mapping[str, Any]
) -> str:
    """Why the bytes of `span` are or are not trained."""
    if span.weight:
        return TRAINED if span.weight == 1 else f"{TRAINED}, at weight {span.weight:g}"
    if not span.sampled and span.field in CONTEXT:
        return CONTEXT[span.field]
    if not span.sampled and (unproved := _unproved(span.turn, rendered)):
        return f"not trained: {unproved}"
    if not span.sampled:
        return SCAFFOLDING if span.field == "header" else PROMPT
    return "not trained: " + _left_out(span.turn, rendered, _message(record, span.turn), options)


def _left_out(
    turn: int | None, rendered: Rendered, message: Mapping[str, Any], options: Mapping[str, Any]
) -> str:
    for finding in rendered.findings:
        if finding.severity == "masked" and f"{finding.pointer}/".startswith(f"/messages/{turn}/"):
            return f"validation masked this turn, {finding.message} [{finding.code}]"
    for key in ("weight", "train", "loss"):
        if key in message and not message[key]:
            return f"the record gives this turn {key} {message[key]!r}"
    serving = next((one.serving for one in rendered.turns if one.turn == turn), "consistent")
    if options.get("history", "mask") == "mask" and serving in HISTORY:
        return f'{HISTORY[serving]} (history="mask")'
    if options.get("loss") not in (None, "assistant"):
        return f"loss={options['loss']!r} leaves it out"
    return "the layout trains other turns"


def _unproved(turn: int | None, rendered: Rendered) -> str | None:
    """Why the turn has no sampled text, where it was left out for want of a proof."""
    for finding in rendered.findings:
        if finding.code == "spans_not_provable" and finding.pointer == f"/messages/{turn}":
            return f"{finding.message} [{finding.code}]"
    return None


def _message(record: Mapping[str, Any] | None, turn: int | None) -> Mapping[str, Any]:
    messages = (record or {}).get("messages")
    if not isinstance(messages, list) or turn is None or turn >= len(messages):
        return {}
    message: object = messages[turn]
    return message if isinstance(message, Mapping) else {}


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
