"""What a view is made of: runs of text that share role, field, weight and the reason for it."""

import msgspec

TRAINED = "trained: the model would have sampled it"
CONTEXT = {
    "system": "context: the system prompt",
    "user": "context: the user said it",
    "tool": "context: a tool returned it",
    "tool_result": "context: a tool returned it",
    "tool_definition": "context: a tool definition",
}
SCAFFOLDING = "never sampled: the chat template writes it"


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


def counted(tokens: int, trained: int) -> str:
    """Tokens, trained tokens and their share, for a heading."""
    share = f" ({trained / tokens:.1%})" if tokens else ""
    return f"{tokens:,} tokens, {trained:,} trained{share}"
