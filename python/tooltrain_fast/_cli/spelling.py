"""Options and verbs as the command line spells them.

Errors name their option in a field of its own. Hints, which may name several, write them as Python calls do:
`history="inline"`, `thinking=False`, `loss=`, `pack()`. They are read as such here, and put down as flags.
"""

from collections.abc import Iterator
from typing import NamedTuple

from tooltrain_fast._options.documented import option_descriptions

MORE_FLAGS = ("to", "fix", "model")
"""Flags beside the options that hints name."""
ARGUMENTS = {"source": "SOURCES", "what": "WHAT", "row": "ROW", "trainer": "TRAINER"}
"""What is no flag, but named by its place."""
VERBS = {
    "pack": "pack",
    "tokenize": "tokenize",
    "validate": "validate",
    "convert": "convert",
    "show": "show",
    "verify": "verify",
    "render": "show -",
}
SWITCHES = {"True": "on", "False": "off"}
QUOTE = "`"


class Mention(NamedTuple):
    """An option with its value, or a verb, in a hint."""

    name: str
    value: str | None
    """The value as text, without quotes; `None` where none is given."""
    is_verb: bool = False


def as_flags(hint: str) -> str:
    """A hint with its options and verbs as the command line spells them."""
    return "".join(part if isinstance(part, str) else _spelled(part) for part in read_hint(hint))


def flag(name: str, value: object = None) -> str:
    """An option and its value on the command line: `--max-length 0`."""
    if name in ARGUMENTS:
        return ARGUMENTS[name] if value is None else f"{ARGUMENTS[name]} {value}"
    spelled = "--" + name.replace("_", "-")
    if value is None:
        return spelled
    text = str(value)
    if name == "repair":
        return "--no-repair" if text == "False" else "--repair"
    text = SWITCHES.get(text, text)
    return f"{spelled} '{text}'" if " " in text else f"{spelled} {text}"


def read_hint(hint: str) -> Iterator[str | Mention]:
    """The text of a hint and the options and verbs that it mentions, in order.

    What stands in backticks is quoted from a record or a file and stays text.
    """
    names = {*option_descriptions(), *MORE_FLAGS}
    start = place = 0
    while place < len(hint):
        end = _end_of_word(hint, place)
        if hint[place] == QUOTE:
            place = hint.find(QUOTE, place + 1) + 1 or len(hint)
        elif end == place:
            place += 1
        else:
            found = _mention(hint, place, end, names)
            if found is not None:
                yield hint[start:place]
                yield found[0]
                start = end = found[1]
            place = end
    yield hint[start:]


def _end_of_word(text: str, place: int) -> int:
    """The end of the word that begins at `place`; a path or a dotted name is one word."""
    end = place
    while end < len(text) and (text[end].isalnum() or text[end] in "_./-"):
        end += 1
    return end


def _mention(hint: str, start: int, end: int, names: set[str]) -> tuple[Mention, int] | None:
    """The option or verb that `hint[start:end]` is with what follows it, and where that ends."""
    word, rest = hint[start:end], hint[end:]
    if word in VERBS and rest.startswith("()"):
        return Mention(word, None, is_verb=True), end + 2
    if word not in names or not rest.startswith("="):
        return None
    begin = end + 1
    first = hint[begin : begin + 1]
    if first in ('"', "'") and first and (close := hint.find(first, begin + 1)) > 0:
        return Mention(word, hint[begin + 1 : close]), close + 1
    stop = _end_of_word(hint, begin)
    value = hint[begin:stop].rstrip(".")
    if not value:
        is_bare = not hint[begin:stop] or not hint[stop:].strip()
        return (Mention(word, None), begin) if is_bare and first in ("", *" ,.;:)\n") else None
    if value in {"True", "False", "None"} or value.replace(".", "", 1).isdigit():
        return Mention(word, value), begin + len(value)
    return None


def _spelled(mention: Mention) -> str:
    return VERBS[mention.name] if mention.is_verb else flag(mention.name, mention.value)
