"""Layouts as data: where a record keeps its conversation, and what its keys mean."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Speaker = Literal["user", "assistant", "system", "tool", "call", "reasoning"]
Keys = str | list[str]
Paths = str | list[str]
"""Ways from a record to values in it, such as `request.messages` or `choices[0].message`. `[]` is every element; a key
with dots is written in double quotes."""


class CallSpec(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the keys of a call mean."""

    name: Annotated[Keys | None, Meta(description="Keys of the name of the tool.")] = None
    arguments: Annotated[Keys | None, Meta(description="Keys of the arguments.")] = None
    result: Annotated[
        Keys | None, Meta(description="Keys of the result, where it is kept with the call.")
    ] = None


class PairSpec(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A question and its answer, each under a key of its own."""

    user: Annotated[str, Meta(description="Key of what the user says.")]
    assistant: Annotated[str, Meta(description="Key of what the model says.")]


class LayoutSpec(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layout of records. What it leaves out is read by the usual names.

    Source: docs/layouts.md.
    """

    name: Annotated[str | None, Meta(description="Name in reports.")] = None
    title: Annotated[str | None, Meta(description="What records have this layout.")] = None
    source: Annotated[str | None, Meta(description="Where the layout is described.")] = None
    recognize: Annotated[Paths | None, Meta(description="Paths that only records of this layout have.")] = (
        None
    )
    messages: Annotated[
        Paths | None,
        Meta(
            description="Lists of messages and single messages, joined in this order; an empty path is the record."
        ),
    ] = None
    system: Annotated[Paths | None, Meta(description="Texts that become the system message.")] = None
    tools: Annotated[Paths | None, Meta(description="Lists of declared tools.")] = None
    each: Annotated[str | None, Meta(description="Elements of a record that are records themselves.")] = None
    per: Annotated[
        Literal["record", "file"] | None,
        Meta(description="Whether a record is a conversation, or all records of a file together."),
    ] = None
    unwrap: Annotated[str | None, Meta(description="Path inside each message to the message itself.")] = None
    where: Annotated[
        dict[str, list[Any]],
        Meta(description="Paths in a message and the values with which it is read; null is no value."),
    ] = {}
    merge: Annotated[
        str | None,
        Meta(description="Path in a message: consecutive ones with the same value there are one turn."),
    ] = None
    roles: Annotated[
        dict[str, Speaker | None],
        Meta(description="Speakers by the name that the data has; null leaves the message out."),
    ] = {}
    role: Annotated[Keys | None, Meta(description="Keys of the speaker.")] = None
    content: Annotated[Keys | None, Meta(description="Keys of the text.")] = None
    reasoning: Annotated[Keys | None, Meta(description="Keys of the reasoning.")] = None
    calls: Annotated[Keys | None, Meta(description="Keys of the tool calls.")] = None
    weight: Annotated[Keys | None, Meta(description="Keys of the loss weight.")] = None
    call_id: Annotated[Keys | None, Meta(description="Keys of the id of the call that a result answers.")] = (
        None
    )
    call: Annotated[CallSpec | None, Meta(description="What the keys of a call mean.")] = None
    pairs: Annotated[PairSpec | None, Meta(description="Keys of one question and its answer.")] = None
    ignore: Annotated[Paths | None, Meta(description="Values that mean nothing.")] = None
    loss: Annotated[
        Literal["assistant", "last_turn"] | None, Meta(description="What is trained by default.")
    ] = None


def layout_schema() -> dict[str, Any]:
    """The JSON Schema of a layout as data, for editors and checks."""
    return msgspec.json.schema(LayoutSpec)
