"""Draws the picture of the README: `python docs/pictures.py` after `make demo`."""

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

import tooltrain_fast as tt
from tooltrain_fast._views.view_terminal import picture

HERE = Path(__file__).parent
# the fonts of the format are fetched from elsewhere; any monospaced font will do
WITHOUT_FONTS = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)

if __name__ == "__main__":
    view = tt.show(HERE.parent / "examples" / "shards" / "weather.jsonl", line=1)
    console = Console(
        width=100, record=True, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(picture(view))
    (HERE / "row.svg").write_text(
        console.export_svg(title="tt.show", code_format=WITHOUT_FONTS), encoding="utf-8"
    )
