"""`explain_template`: what a chat template can say and how well its turns are proved, before any record is read."""

from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from tooltrain_fast import _core
from tooltrain_fast._options import table
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.tokenizer_source import BUILT_IN
from tooltrain_fast._reports.certificate import Certificate
from tooltrain_fast._verbs.guarded import guarded


@guarded
def explain_template(
    template: str | PathLike[str] | object = "qwen3",
    *,
    tokenizer: table.LiveTokenizer | None = None,
    template_kwargs: table.TemplateArguments = None,
    stop_tokens: table.StopTokens = None,
    thinking: table.Thinking = None,
    date: table.DateToPrint = None,
    dialect: table.Dialect | None = None,
) -> Certificate:
    """Tries a chat template out and says what it can do.

    A dozen small conversations are rendered: calls, parallel calls, text beside a call, reasoning, several rounds,
    empty and repeated texts. Each assistant turn gets a grade: what stands before it, and whether serving would
    show it the same prompt.

    Args:
        template: a built-in name, a model folder or hub name, a template file or its source, or a live tokenizer.
        tokenizer: as in `pack`; by default the one beside the template, else the built-in one. It says which
            tokens end a turn, so a template alone is known well only where a built-in renderer knows it.
        template_kwargs: more template arguments, by name.
        stop_tokens: tokens that end a turn; by default those that the tokenizer's folder names.
        thinking: serving mode: on, off, or the template's own default (None).
        date: date that templates print; default: today, UTC.
        dialect: dialect of the family, where it has several (gpt-oss).

    Returns:
        A `Certificate`: `.stops`, `.certificate.capabilities`, `.certificate.shapes` and so on. Print it.

    Raises:
        TemplateError: the template cannot be found, read or run.
        TokenizerError: the tokenizer cannot be found, read or used.
        OptionsError: the template has no such mode or dialect.

    Example:
        >>> import tooltrain_fast as tt
        >>> known = tt.explain_template("qwen3")
        >>> [(stop.text, stop.id) for stop in known.stops]
        [('<|im_end|>', 151645)]
        >>> known.certificate.capabilities["parallel_calls"]
        True
    """
    options = {
        "template_kwargs": template_kwargs,
        "stop_tokens": stop_tokens,
        "thinking": thinking,
        "date": date,
        "dialect": dialect,
    }
    named = _named_template(template)
    if tokenizer is not None:
        named["tokenizer"] = tokenizer
        if isinstance(template, str) and template in BUILT_IN:
            named["chat_template"] = template
    with resolved({**options, **named}) as chosen:
        return msgspec.json.decode(_core.explain_template(core_json(chosen)), type=Certificate)


def _named_template(template: Any) -> dict[str, Any]:
    """The options that `template` stands for."""
    if not isinstance(template, (str, PathLike)) or template in BUILT_IN:
        return {"tokenizer": template}
    if isinstance(template, str) and ("{{" in template or "{%" in template):
        return {"chat_template": template}
    path = Path(template).expanduser()
    if path.is_file() and path.name != "tokenizer.json":
        beside = path.parent / "tokenizer.json"
        return {"chat_template": str(path)} | ({"tokenizer": str(path.parent)} if beside.is_file() else {})
    return {"tokenizer": template}
