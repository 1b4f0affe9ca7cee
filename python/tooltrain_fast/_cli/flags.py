"""Command line flags for every option, made from the one table of options so that they cannot drift."""

import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

import click

from tooltrain_fast._cli import spelling
from tooltrain_fast._options.documented import option_defaults, option_descriptions
from tooltrain_fast._options.names import did_you_mean
from tooltrain_fast._options.resolve import allowed_values, option_types
from tooltrain_fast._options.table import RENAMED

NUMBERS = {int: click.INT, float: click.FLOAT}
SIZES = ("memory_limit", "max_line_bytes")


class Word(click.Choice[str]):
    """One of some words; a refusal names the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word, or an error that says which one may be meant."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as refused:
            said = refused.message + _suggestion(str(value), [str(choice) for choice in self.choices])
            raise click.BadParameter(said, ctx, param) from None


def _suggestion(word: str, words: Iterable[str]) -> str:
    """The end of a message that names the word which may be meant; empty where none is near."""
    meant = did_you_mean(word, words)
    return "" if meant is None else " " + meant[0].upper() + meant[1:]


def word_or_json(_context: click.Context, param: click.Parameter, value: str | None) -> Any:
    """One of the option's words, or a JSON object."""
    words = allowed_values(param.name or "")
    if value is None or value in words:
        return value
    try:
        parsed = json.loads(value)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        choices = f"one of {', '.join(words)} or " if words else ""
        msg = f"{value!r} is not {choices}a JSON object." + _suggestion(value, words)
        raise click.BadParameter(msg)
    return parsed


def word_or_names(_context: click.Context, param: click.Parameter, value: str | None) -> Any:
    """One of the option's words, or names with commas between them."""
    return value if value is None or value in allowed_values(param.name or "") else value.split(",")


def name_or_json(_context: click.Context, _param: click.Parameter, value: str | None) -> Any:
    """A name or a path, or a JSON object."""
    if value is None or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a JSON object: {error}.") from None


CALLBACKS = {
    "columns": word_or_names,
    "layout": name_or_json,
    "loss": word_or_json,
    "template_kwargs": word_or_json,
}


def option_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds a flag for every option of a run."""
    return flags_for(tuple(option_descriptions()))(command)


def flags_for(names: Collection[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Makes a decorator that adds a flag for each option called `names`."""
    return lambda command: _with_flags(command, names)


def _old_flags(command: Callable[..., Any], names: Collection[str]) -> Callable[..., Any]:
    """Refuses the former names of flags, naming the new ones."""
    for old, new in RENAMED.items():
        if new not in names:
            continue
        command = click.option(
            spelling.flag(old), old, hidden=True, expose_value=False, callback=_renamed(spelling.flag(new))
        )(command)
    return command


def _renamed(new: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def refuse(context: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is not None:
            raise click.BadParameter(f"this flag is called {new}.", context, param)

    return refuse


def _with_flags(command: Callable[..., Any], names: Collection[str]) -> Callable[..., Any]:
    for name, (group, description) in reversed(option_descriptions().items()):
        if name not in names:
            continue
        default = option_defaults()[name]
        flag = spelling.flag(name)
        shown = "" if default is None else f"  [default: {flag if default is True else default}]"
        if name == "repair":
            flag += "/--no-repair"
        command = click.option(
            flag,
            name,
            type=flag_type(name),
            callback=CALLBACKS.get(name),
            default=None,
            help=f"({group}) {description}{shown}",
        )(command)
    return _old_flags(command, names)


def flag_type(name: str) -> Any:
    """What the flag of option `name` takes."""
    kind, words = option_types()[name], allowed_values(name)
    kinds = getattr(kind, "__args__", (kind,))
    if name == "thinking":
        return Word(["on", "off"])
    if words and name not in CALLBACKS:
        return Word(words)
    if kind is bool:
        return click.BOOL
    if name in SIZES or name in CALLBACKS:
        return click.STRING
    return next((NUMBERS[one] for one in kinds if one in NUMBERS), click.STRING)


def given_options(flags: dict[str, Any]) -> dict[str, Any]:
    """The keywords for the flags that were given."""
    given = {name: value for name, value in flags.items() if value is not None}
    for name in SIZES:
        if name in given and given[name].isdigit():
            given[name] = int(given[name])
    return given
