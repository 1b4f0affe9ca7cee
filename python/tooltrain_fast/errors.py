"""The exceptions. Each derives from `TooltrainError` and from the nearest builtin, and carries its facts as fields.

`docs/errors.md` lists the codes.
"""

import json
from typing import Any

from tooltrain_fast import _core

__all__ = [
    "DamagedShardError",
    "InputChangedError",
    "InputNotFoundError",
    "InternalError",
    "OptionsError",
    "OutOfRangeError",
    "OutputExistsError",
    "OverLengthError",
    "ReadError",
    "RejectedRecordError",
    "TemplateError",
    "TokenizerError",
    "TooManyRejectedError",
    "TooltrainError",
    "WriteError",
]

FIELDS = ("code", "file", "line", "pointer", "option", "value", "hint")


class TooltrainError(Exception):
    """Every error of this package.

    The fields are `None` where they do not apply. `str()` of an error is composed from them. Copies, also those that
    travel to another process, keep them.

    Args:
        message: what was found, without the place, the option and the hint.
        code: a code of the table; by default the usual one of the class.
        file: the file or shard that the error is about.
        line: the line of the file, counted from 1.
        pointer: the JSON pointer into the record.
        option: the option that the error is about.
        value: the value of that option.
        hint: what can be done about it.
    """

    code: str = "internal"
    """What went wrong, as a stable word in snake case."""

    def __init__(
        self,
        message: str = "",
        *,
        code: str | None = None,
        file: str | None = None,
        line: int | None = None,
        pointer: str | None = None,
        option: str | None = None,
        value: object = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """What was found, without the place, the option and the hint."""
        if code is not None:
            self.code = code
        self.file = file
        """The file or shard that the error is about."""
        self.line = line
        """The line of the file, counted from 1."""
        self.pointer = pointer
        """The JSON pointer into the record."""
        self.option = option
        """The option that the error is about."""
        self.value = value if _travels(value) else repr(value)
        """The value of that option."""
        self.hint = hint
        """What can be done about it."""

    def fields(self) -> dict[str, Any]:
        """Every field but the message, by name."""
        return {name: getattr(self, name) for name in FIELDS}

    def __str__(self) -> str:
        option = self.option if self.option is None else spelled_option(self.option, self.value)
        return error_text(self, option, self.hint)

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (type(self), self.message, self.fields())


class OptionsError(TooltrainError, ValueError):
    """An option has a value that cannot be used, or two options contradict each other."""

    code = "invalid_option"


class InputNotFoundError(TooltrainError, FileNotFoundError):
    """A named input does not exist, or a pattern matches nothing."""

    code = "input_not_found"


class ReadError(TooltrainError, OSError):
    """Reading an input failed, or it is of a kind that is not read."""

    code = "read_failed"


class DamagedShardError(TooltrainError, OSError):
    """An input is damaged: truncated or corrupt compression, wrong checksum."""

    code = "damaged_shard"


class InputChangedError(TooltrainError, OSError):
    """An input changed while it was read."""

    code = "input_changed"


class WriteError(TooltrainError, OSError):
    """Writing the output failed; nothing was published."""

    code = "write_failed"


class OutputExistsError(TooltrainError, FileExistsError):
    """The output exists and `if_exists="error"`, or another run is writing it."""

    code = "output_exists"


class RejectedRecordError(TooltrainError, ValueError):
    """A record was rejected and `on_error="raise"`, or it is the only one."""

    code = "record_rejected"


class TooManyRejectedError(TooltrainError, ValueError):
    """More records were rejected than `max_rejected` allows."""

    code = "too_many_rejected"


class OverLengthError(TooltrainError, ValueError):
    """A conversation is longer than `max_length` and `over_length="error"`."""

    code = "over_length"


class TokenizerError(TooltrainError, ValueError):
    """The tokenizer cannot be found, read or used."""

    code = "tokenizer_unusable"


class TemplateError(TooltrainError, ValueError):
    """The chat template cannot be found, read or used."""

    code = "template_unusable"


class OutOfRangeError(TooltrainError, IndexError):
    """There is no such row, record or line."""

    code = "out_of_range"


class InternalError(TooltrainError, RuntimeError):
    """A promise of this package does not hold: a bug, please report it."""

    code = "internal"


def error_text(error: TooltrainError, option: str | None, hint: str | None) -> str:
    """The text of an error, with its option and its hint as the front end spells them."""
    return _core.error_text(
        error.message, option=option, file=error.file, line=error.line, pointer=error.pointer, hint=hint
    )


def spelled_option(name: str, value: object) -> str:
    """An option as Python spells it: `loss="all"`, or `loss` where the value is not known."""
    if value is None:
        return name
    return f"{name}={json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)}"


def what_it_is(value: object) -> str:
    """The kind of `value` with its article, for messages: `None`, `a dict`, `an int`."""
    if value is None:
        return "None"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _travels(value: object) -> bool:
    """Whether a value is plain data, which can be copied to another process."""
    if isinstance(value, (list, tuple)):
        return all(_travels(one) for one in value)
    if isinstance(value, dict):
        return all(_travels(key) and _travels(one) for key, one in value.items())
    return value is None or isinstance(value, (str, int, float, bool))


def _made(kind: type[TooltrainError], message: str, fields: dict[str, Any]) -> TooltrainError:
    return kind(message, **fields)
