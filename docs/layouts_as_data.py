"""Writes `layouts_as_data.md` from the layouts that come as data: `python docs/layouts_as_data.py`."""

import json
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("layouts_as_data.md")
FILES = Path(__file__).parents[1] / "rust" / "core" / "assets" / "layouts"
ABOUT = ("name", "title", "source", "example")
HEAD = """\
# Layouts that come as data

Made from the files in `rust/core/assets/layouts` by `python docs/layouts_as_data.py`. Each is a layout as
[your_own_format.md](your_own_format.md) describes it, and `layout="name"` takes records of it alone. Without the option
the examples below are read the same way: their shapes are recognized. The layouts of [layouts.md](layouts.md) have
readers of their own.
"""


def page() -> str:
    """The whole page."""
    layouts = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(FILES.glob("*.json"))]
    return "\n".join([HEAD, *(section(layout) for layout in layouts)])


def section(layout: dict[str, Any]) -> str:
    """What one layout is, how it is read, and a record of it."""
    spec = {key: value for key, value in layout.items() if key not in ABOUT}
    return "\n".join(
        [
            f"## {layout['name']}\n",
            f"{layout['title']}. Source: <{layout['source']}>.\n",
            block(spec or {"messages": "messages"}),
            "A record:\n" if layout.get("per") != "file" else "The records of a file:\n",
            block(layout["example"]),
        ]
    )


def block(value: object) -> str:
    """A value as a block of JSON, a list with an element a line."""
    if isinstance(value, list):
        text = "\n".join(json.dumps(element, ensure_ascii=False) for element in value)
    else:
        text = json.dumps(value, ensure_ascii=False)
    return f"```json\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
