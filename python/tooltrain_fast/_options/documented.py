"""What the verbs and the command line have of the table of options."""

import inspect
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

import msgspec

from tooltrain_fast._options.names import refuse_unknown
from tooltrain_fast._options.table import Options

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


def takes_options(verb: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Refuses keywords that `verb` does not have: the `OptionsError` names the right one."""
    names = list(inspect.signature(verb).parameters)

    @wraps(verb)
    def checked(*args: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        refuse_unknown(keywords, names)
        return verb(*args, **keywords)

    return checked


def options_in(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The options among the arguments of a verb, given as its `locals()`."""
    names = [*option_defaults(), "progress"]
    return {name: variables[name] for name in names if name in variables}
