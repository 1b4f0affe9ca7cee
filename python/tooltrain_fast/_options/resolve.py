"""From what a caller wrote to what the core reads: every value checked, every default made definite."""

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from tooltrain_fast._options.layout_spec import LayoutSpec
from tooltrain_fast._options.names import did_you_mean, refuse_unknown
from tooltrain_fast._options.table import LossField, Options
from tooltrain_fast._options.tokenizer_source import tokenizer_path, tool_list_path
from tooltrain_fast.errors import OptionsError

UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "t": 10**12,
    "ti": 2**40,
}
OTHER_FORMS = {
    "loss": f"or a dict of weights for some of {', '.join(get_args(LossField))}",
    "columns": "or a list of column names",
}
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "True or False",
    "object": "a dict",
    "array": "a list",
}
SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*", re.IGNORECASE)


@contextlib.contextmanager
def resolved(keywords: Mapping[str, Any], known: Collection[str] | None = None) -> Iterator[Options]:
    """The options that `keywords` stand for, out of those that are `known`: all of them by default.

    A live tokenizer or tool list is written to a temporary folder that lives as long as the context.

    Raises:
        OptionsError: a name is unknown or a value cannot be used; it says which values can.
    """
    refuse_unknown(keywords, [*(option_types() if known is None else known), "progress"])
    with contextlib.ExitStack() as temporary:
        given = {name: value for name, value in keywords.items() if name != "progress"}
        values = {name: _resolve(name, value, temporary) for name, value in given.items()}
        values.setdefault("date", None)
        if values["date"] is None:
            values["date"] = datetime.now(UTC).date().isoformat()
        yield Options(**values)


def core_json(options: Options) -> bytes:
    """The JSON that the core reads."""
    values = msgspec.to_builtins(options)
    values["template_kwargs"] = values["template_kwargs"] or {}
    return msgspec.json.encode(values)


def byte_size(name: str, value: object) -> int:
    """Bytes of a size such as `65536`, `"64 MiB"` or `"2GB"`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (match := SIZE.fullmatch(value)):
        number, unit = match.groups()
        return int(float(number) * UNITS[(unit or "").lower()])
    raise OptionsError(
        "not a size in bytes",
        option=name,
        value=value,
        hint='give a number of bytes, or a text like "64 MiB"',
    )


@cache
def _defaults() -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(Options)}


@cache
def option_types() -> dict[str, Any]:
    """The resolved type of each option, without its description."""
    return get_type_hints(Options)


def allowed_values(name: str) -> list[str]:
    """The words that option `name` can be set to; empty when it is not a choice of words."""
    kinds = [option_types()[name]]
    words: list[str] = []
    while kinds:
        kind = kinds.pop(0)
        if get_origin(kind) is Literal:
            words += [word for word in get_args(kind) if isinstance(word, str)]
        elif get_origin(kind) is not dict:
            kinds += get_args(kind)
    return words


def _resolve(name: str, value: Any, temporary: contextlib.ExitStack) -> Any:
    if value is _defaults()[name]:
        return value
    if name == "tokenizer":
        return tokenizer_path(value, temporary)
    if name == "tools":
        return tool_list_path(value, temporary)
    plain = RESOLVERS[name](name, value) if name in RESOLVERS else value
    try:
        return msgspec.convert(plain, Options.__annotations__[name])
    except msgspec.ValidationError as error:
        raise _unusable(name, value, str(error)) from None


def _unusable(name: str, value: object, reason: str) -> OptionsError:
    words = allowed_values(name)
    if not words:
        return OptionsError(_in_words(reason), option=name, value=value)
    choices = ", ".join(f'"{word}"' for word in words)
    hint = did_you_mean(str(value), words) or OTHER_FORMS.get(name)
    return OptionsError(f"not one of {choices}", option=name, value=value, hint=hint)


def _in_words(reason: str) -> str:
    match = re.match(r"Expected `(\w+)[^`]*`(?: (>=|<=) ([\d.]+))?", reason)
    if match is None:
        return reason[0].lower() + reason[1:]
    kind, side, bound = match.groups()
    needed = KINDS.get(kind, kind)
    if side:
        needed += f" of at {'least' if side == '>=' else 'most'} {float(bound):g}"
    return f"{needed} is needed"


def _thinking(name: str, value: object) -> object:
    switches: dict[object, bool] = {"on": True, "off": False, True: True, False: False}
    if value is None or (isinstance(value, (str, bool)) and value in switches):
        return None if value is None else switches[value]
    raise OptionsError(
        "not on, off or None", option=name, value=value, hint="write thinking=True or thinking=False"
    )


def _date(name: str, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    with contextlib.suppress(ValueError, TypeError):
        return date.fromisoformat(value).isoformat()  # type: ignore[arg-type]
    raise OptionsError("not a date", option=name, value=value, hint="write it as YYYY-MM-DD")


def _template(_name: str, value: object) -> object:
    if isinstance(value, os.PathLike):
        return str(Path(value).expanduser())
    return value


def _plain_mapping(_name: str, value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _layout(name: str, value: object) -> object:
    if isinstance(value, os.PathLike):
        return str(Path(value).expanduser())
    if not isinstance(value, Mapping):
        return value
    try:
        return msgspec.convert(dict(value), LayoutSpec)
    except msgspec.ValidationError as error:
        reason = str(error)[0].lower() + str(error)[1:]
        raise OptionsError(
            reason.replace("`$.", "`layout."),
            option=name,
            hint="docs/layouts.md lists the members of a layout",
        ) from None


def _columns(_name: str, value: object) -> object:
    return list(value) if isinstance(value, (tuple, list)) else value


def _max_rejected(name: str, value: object) -> object:
    if isinstance(value, bool):
        raise OptionsError(
            "not a number", option=name, value=value, hint="give a count, or a fraction below 1"
        )
    return value


def _stop_tokens(_name: str, value: object) -> object:
    return [value] if isinstance(value, str) else _columns(_name, value)


RESOLVERS: dict[str, Callable[[str, Any], Any]] = {
    "chat_template": _template,
    "template_kwargs": _plain_mapping,
    "stop_tokens": _stop_tokens,
    "thinking": _thinking,
    "date": _date,
    "max_rejected": _max_rejected,
    "loss": _plain_mapping,
    "columns": _columns,
    "layout": _layout,
    "memory_limit": lambda name, value: None if value is None else byte_size(name, value),
    "max_line_bytes": byte_size,
}
