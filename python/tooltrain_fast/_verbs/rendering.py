"""`render`: one conversation as text, provenance, ids and loss mask."""

from collections.abc import Mapping
from typing import Any, Unpack

from tooltrain_fast import _core
from tooltrain_fast._options.documented import documents_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.table import OptionKeywords
from tooltrain_fast._views.rendered import Rendered, conversation_json, read_rendered


@documents_options
def render(conversation: Mapping[str, Any] | str | bytes, **options: Unpack[OptionKeywords]) -> Rendered:
    """Text, provenance, ids and loss mask of one conversation.

    Args:
        conversation: the record: a mapping, or its JSON as text or bytes.
        **options: see below.

    Returns:
        `.text`; `.spans` (byte start and end, role, turn, field, weight); `.input_ids` and `.loss_mask`, one
        entry a token; `.supervised_text`, what the model learns to say.

    Raises:
        RejectedRecordError: the record is bad; the message says where.

    Example:
        >>> import tooltrain_fast as tt
        >>> chat = {"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]}
        >>> tt.render(chat, thinking=False).supervised_text
        ['4<|im_end|>']
    """
    with resolved(options) as chosen:
        return read_rendered(_core.render(conversation_json(conversation), core_json(chosen)))
