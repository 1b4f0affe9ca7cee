"""The exceptions. Each derives from `TooltrainError` and from the nearest builtin, and has a `hint`."""

from typing import TypeVar

from tooltrain_fast._core import (
    DamagedShardError,
    InputChangedError,
    InputNotFoundError,
    InternalError,
    OptionsError,
    OutputExistsError,
    OverLengthError,
    ReadError,
    RejectedRecordError,
    TemplateError,
    TokenizerError,
    TooltrainError,
    TooManyRejectedError,
    WriteError,
)

__all__ = [
    "DamagedShardError",
    "InputChangedError",
    "InputNotFoundError",
    "InternalError",
    "OptionsError",
    "OutputExistsError",
    "OverLengthError",
    "ReadError",
    "RejectedRecordError",
    "TemplateError",
    "TokenizerError",
    "TooManyRejectedError",
    "TooltrainError",
    "WriteError",
    "error_with_hint",
    "what_it_is",
]


Problem = TypeVar("Problem", bound=TooltrainError)


def error_with_hint(kind: type[Problem], message: str, hint: str | None = None) -> Problem:
    """An error that says `message` and, below it, what can be done."""
    error = kind(f"{message}\n\nhint: {hint}" if hint else message)
    error.hint = hint
    return error


def what_it_is(value: object) -> str:
    """The kind of `value` with its article, for messages: `None`, `a dict`, `an int`."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
