"""One conversation as text with provenance, ids and loss mask."""

import bisect
from functools import cached_property
from typing import Any

import msgspec

from tooltrain_fast._reports.result import Counts, Result, counts_of
from tooltrain_fast.errors import OptionsError


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A run of bytes with one provenance. Spans tile the text."""

    start: int
    """First byte in the UTF-8 form of the text."""
    end: int
    """One past the last byte."""
    role: str | None
    """Role of the message it belongs to; `None` where the template speaks for itself."""
    turn: int | None
    """Position of the message in the record; `None` where the template speaks for itself."""
    field: str
    """What it is: header, system, user, tool_result, tool_definition, reasoning, text, call_name,
    call_arguments, call_syntax or stop."""
    origin: str
    """Where the bytes came from, which decides what control tokens they may become: template (any), content
    (the family's content markers), plain (none)."""
    sampled: bool
    """Whether the model would have sampled these bytes."""
    weight: float
    """Loss weight; 0 is not trained."""


class RenderedTurn(msgspec.Struct, frozen=True, kw_only=True):
    """An assistant turn in the text."""

    turn: int
    """Position of the message in the record."""
    start: int
    """First byte that the model would have sampled, just after the generation prompt."""
    end: int
    """One past the last such byte: the end of the stop token."""
    serving: str
    """Whether the row shows it what serving would show: consistent, prompt_differs or field_dropped."""
    reasoning: bool
    """Whether non-empty reasoning is printed."""


class RecordFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding about the record."""

    code: str
    severity: str
    pointer: str
    message: str
    hint: str | None = None

    @property
    def count(self) -> int:
        """Each is one."""
        return 1


class Rendered(Result, msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A rendered and tokenized conversation.

    `input_ids`, `loss_mask` and `token_ends` have one entry a token.
    """

    text: str
    spans: list[Span]
    turns: list[RenderedTurn]
    input_ids: list[int]
    """Token ids."""
    loss_mask: list[int]
    """1 where the token is trained, else 0; aligned to the token itself, not shifted."""
    weights: list[float] | None = None
    """Loss weight of each token, where some weight is neither 0 nor 1."""
    token_ends: list[int]
    """End of each token's bytes in the UTF-8 form of the text."""
    findings: list[RecordFinding]
    """What was mended or warned about."""
    family: str
    """Name of the chat template."""

    @cached_property
    def encoded(self) -> bytes:
        """The text as UTF-8, which span borders and token ends count in."""
        return self.text.encode()

    @property
    def ok(self) -> bool:
        """Whether any token is trained."""
        return any(self.loss_mask)

    @property
    def counts(self) -> Counts:
        """How often each code was found, by severity."""
        return counts_of(self.findings)

    @property
    def trained_tokens(self) -> int:
        """Number of trained tokens."""
        return sum(self.loss_mask)

    @property
    def supervised_text(self) -> list[str]:
        """The text of each run of trained tokens, in order: what the model learns to say."""
        runs: list[str] = []
        start = end = -1
        before = 0
        for token_end, trained in zip(self.token_ends, self.loss_mask, strict=True):
            if trained:
                start = before if start < 0 else start
                end = token_end
            elif start >= 0:
                runs.append(self.encoded[start:end].decode(errors="replace"))
                start = -1
            before = token_end
        if start >= 0:
            runs.append(self.encoded[start:end].decode(errors="replace"))
        return runs

    def tokens_in(self, start: int, end: int) -> range:
        """Positions of the tokens whose bytes end inside bytes `start..end`."""
        return range(bisect.bisect_right(self.token_ends, start), bisect.bisect_right(self.token_ends, end))

    def _repr_html_(self) -> str:
        from tooltrain_fast._views.of_conversation import view_of_rendered  # noqa: PLC0415 - only notebooks need it

        return view_of_rendered(self)._repr_html_()


def read_rendered(encoded: bytes) -> Rendered:
    """What the core wrote as JSON."""
    return msgspec.json.decode(encoded, type=Rendered)


def conversation_json(conversation: Any) -> bytes:
    """The record as JSON: a mapping is written down, text and bytes are taken as they are."""
    if isinstance(conversation, bytes):
        return conversation
    try:
        if isinstance(conversation, str):
            return conversation.encode()
        return msgspec.json.encode(conversation)
    except (TypeError, ValueError, OverflowError, RecursionError, UnicodeError) as error:
        raise OptionsError(
            f"cannot be written as JSON: {error}",
            code="invalid_source",
            option="conversation",
            hint="give a dict of plain values, or the JSON itself as text or bytes",
        ) from error
