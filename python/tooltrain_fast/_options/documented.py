"""Gives the verbs a signature and a docstring that list every option, from the one table of options."""

import inspect
from collections.abc import Callable, Collection
from functools import cache
from typing import Any, ParamSpec, TypeVar, get_type_hints

import msgspec

from tooltrain_fast._options.table import PROGRESS_DESCRIPTION, OptionKeywords, Options

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
    return _documented(verb, tuple(option_defaults()))


def documents_some_options(
    names: Collection[str],
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """The same for a verb that knows only the options called `names`."""
    return lambda verb: _documented(verb, names)


def _documented(verb: Callable[Parameters, Result], names: Collection[str]) -> Callable[Parameters, Result]:
    signature = inspect.signature(verb)
    own = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    defaults = {name: default for name, default in option_defaults().items() if name in names}
    defaults["progress"] = None
    kinds = get_type_hints(OptionKeywords)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kinds[name])
        for name, default in defaults.items()
    ]
    verb.__signature__ = signature.replace(parameters=own + options)  # type: ignore[attr-defined]
    verb.__doc__ = inspect.cleandoc(verb.__doc__ or "") + "\n\n" + _options_section(names)
    return verb


def _options_section(names: Collection[str]) -> str:
    lines = ["Options:"]
    last_group = None
    for name, (group, description) in option_descriptions().items():
        if name not in names:
            continue
        if group != last_group:
            lines.append(f"  {group}")
            last_group = group
        lines.append(f"    {name}={option_defaults()[name]!r}: {description}")
    lines.append(f"    progress=None: {PROGRESS_DESCRIPTION}")
    return "\n".join(lines)
