"""Writes the options into the signatures and docstrings of the verbs, from the table of options.

    python tools/signatures.py

Between the two marks in a signature is one line per option: name, type, default. Which options a verb has is in the
first mark. At the end of `Args:` in its docstring is one entry per option. A test fails where either differs from the
table.
"""

import re
import textwrap
from pathlib import Path

from tooltrain_fast._options.documented import option_defaults, option_descriptions
from tooltrain_fast._options.table import CHECKING_OPTIONS, CONVERTING_OPTIONS, PROGRESS_DESCRIPTION, Options

VERBS = Path(__file__).parents[1] / "python" / "tooltrain_fast" / "_verbs"
OPTIONS = {
    "all options": (tuple(option_defaults()), {}),
    "options of checking": (CHECKING_OPTIONS, {}),
    "options of converting": (CONVERTING_OPTIONS, {"validation": "warn"}),
}
"""What the first mark can be: the options, and defaults that differ from those of the table."""
END = "    # end of options\n"
MARKED = re.compile(
    rf"    # (?P<which>{'|'.join(OPTIONS)}), by tools/signatures\.py\n.*?{END}"
    r"(?P<middle>.*?\n    Args:\n)(?P<arguments>.*?\n)(?=\n)",
    re.DOTALL,
)
WIDTH = 118


def written(which: str) -> str:
    """The lines between the marks."""
    names, other_defaults = OPTIONS[which]
    defaults = option_defaults() | other_defaults
    lines = [f"    {name}: {written_type(name)} = {spelled(defaults[name])},\n" for name in names]
    return "".join(lines) + "    progress: table.ProgressOption = None,\n"


def written_type(name: str) -> str:
    """The type that a caller may write for an option."""
    meta = Options.__annotations__[name].__metadata__[-1]
    kind: str = meta.extra["written"]
    return kind


def spelled(default: object) -> str:
    """A default as the source has it."""
    if isinstance(default, str):
        return f'"{default}"'
    return f"{default:_}" if type(default) is int and default > 10_000 else repr(default)


def described(which: str) -> str:
    """The entries of a docstring, for options whose defaults are those of the table."""
    names, own = OPTIONS[which]
    entries = {name: option_descriptions()[name][1] for name in names if name not in own}
    entries["progress"] = PROGRESS_DESCRIPTION
    wrapped = [
        textwrap.wrap(
            f"{name}: {text}",
            WIDTH,
            initial_indent=" " * 8,
            subsequent_indent=" " * 12,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for name, text in entries.items()
    ]
    return "".join(f"{line}\n" for lines in wrapped for line in lines)


def documented(arguments: str, which: str) -> str:
    """The entries of `Args:` with those of options written anew."""
    names, own = OPTIONS[which]
    written_anew = {*names, "progress"} - set(own)
    entries = re.split(r"^(?=        \w)", arguments, flags=re.MULTILINE)
    kept = [entry for entry in entries if entry.strip().partition(":")[0] not in written_anew]
    return "".join(kept) + described(which)


def signed(source: str) -> str:
    """A source file with its signatures and docstrings as the table wants them."""

    def anew(found: re.Match[str]) -> str:
        which = found["which"]
        signature = f"    # {which}, by tools/signatures.py\n{written(which)}{END}"
        return signature + found["middle"] + documented(found["arguments"], which)

    return MARKED.sub(anew, source)


def main() -> None:
    """Writes every file that has marks."""
    for path in sorted(VERBS.glob("*.py")):
        path.write_text(signed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
