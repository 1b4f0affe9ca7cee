"""Gives the verbs a signature and a docstring that list every option, from the one table of options."""

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar, get_type_hints

import msgspec

from tooltrain_fast.options import PROGRESS_DESCRIPTION, OptionKeywords, Options

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@cache
def option_descriptions() -> dict[str, tuple[str, str]]:
    """Group and description of each option, in the order of the table."""
    described = {}
    for name, kind in Options.__annotations__.items():
        meta = kind.__metadata__[-1]
        described[name] = (meta.extra["group"], meta.description)
    return described


@cache
def option_defaults() -> dict[str, Any]:
    """Default of each option."""
    return {field.name: field.default for field in msgspec.structs.fields(Options)}


def documents_options(verb: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Replaces `**options` in the signature of `verb` by the options, and describes them below its docstring."""
    signature = inspect.signature(verb)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    defaults = {**option_defaults(), "progress": None}
    kinds = get_type_hints(OptionKeywords)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name])
        for name, default in defaults.items()
    ]
    verb.__signature__ = signature.replace(parameters=own + options)  # type: ignore[attr-defined]
    verb.__doc__ = inspect.cleandoc(verb.__doc__ or "") + "\n\n" + _options_section()
    return verb


@cache
def _options_section() -> str:
    lines = ["Options:"]
    last_group = None
    for name, (group, description) in option_descriptions().items():
        if group != last_group:
            lines.append(f"  {group}")
            last_group = group
        lines.append(f"    {name}={option_defaults()[name]!r}: {description}")
    lines.append(f"    progress=None: {PROGRESS_DESCRIPTION}")
    return "\n".join(lines)
