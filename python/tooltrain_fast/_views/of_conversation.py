"""A conversation as a view: its spans, each with the reason why it is or is not trained."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tooltrain_fast._views.pieces import CONTEXT, SCAFFOLDING, TRAINED, Piece, counted
from tooltrain_fast._views.view import View

if TYPE_CHECKING:
    from tooltrain_fast._views.rendered import Rendered, Span

PROMPT = "part of the prompt that serving shows"
HISTORY = {
    "prompt_differs": "serving would show this turn another prompt",
    "field_dropped": "the template drops a part of this turn",
}


def view_of_rendered(
    rendered: "Rendered",
    name: str = "conversation",
    record: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    full: bool = False,
) -> View:
    """The view of what `render` returned; `record` and `options`, where known, give better reasons."""
    pieces = pieces_of_conversation(rendered, record, options or {})
    title = (
        f"{name} | template {rendered.family} | {counted(len(rendered.input_ids), rendered.trained_tokens)}"
    )
    return View(title, pieces, [name], full=full)


def pieces_of_conversation(
    rendered: "Rendered", record: Mapping[str, Any] | None, options: Mapping[str, Any]
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
    span: "Span", rendered: "Rendered", record: Mapping[str, Any] | None, options: Mapping[str, Any]
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
    turn: int | None, rendered: "Rendered", message: Mapping[str, Any], options: Mapping[str, Any]
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


def _unproved(turn: int | None, rendered: "Rendered") -> str | None:
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
