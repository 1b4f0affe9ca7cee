"""Writes `finding_codes.md` from the table of codes: `python docs/finding_codes.py`."""

import json
from pathlib import Path

from tooltrain_fast import _core

PAGE = Path(__file__).with_name("finding_codes.md")
FAMILIES = {
    "record": "The line, its JSON and its layout",
    "turns": "Roles, turns and content",
    "calls": "Tool calls and their arguments",
    "pairing": "Which result answers which call",
    "tools": "Declared tools and their schemas",
    "length": "What is longer than a row",
    "template": "What the chat template makes of it",
    "conversion": "What another dialect makes of it",
}
HEAD = """\
# Finding codes

Made from the table of codes by `python docs/finding_codes.py`. What severities do, and which options change them, is in
[validation.md](validation.md); the severity here is that of the defaults, in a turn that is trained. Findings of the
families `length` and `template`, and `weight_without_column`, need a chat template or columns: `pack` and `tokenize`
find them, and `validate` does not. Those of the family `conversion` need a dialect to convert to: only `convert` finds
them.
"""


def page() -> str:
    """The whole page."""
    codes = json.loads(_core.finding_codes())
    parts = [HEAD]
    families = [*FAMILIES, *sorted({code["family"] for code in codes} - set(FAMILIES))]
    for family in families:
        parts.append(f"## {FAMILIES.get(family, family.capitalize())}\n")
        parts += [section(code) for code in codes if code["family"] == family]
    return "\n".join(parts)


def section(code: dict[str, str]) -> str:
    """What one code means, what to do, and an example with it and one without."""
    return "\n".join(
        [
            f"### `{code['name']}` ({code['severity']})\n",
            f"{code['summary']} To do: {code['hint']}.\n",
            "Has it:\n",
            example(code["fails"]),
            "Has it not:\n",
            example(code["passes"]),
        ]
    )


def example(text: str) -> str:
    """A record as a block of JSON, a description as a sentence."""
    try:
        json.loads(text)
    except ValueError:
        marked = text.startswith(("{", "[")) and " with " not in text
        return f"```\n{text}\n```\n" if marked else f"> {text}\n"
    return f"```json\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
