"""Writes `errors.md` from the table of error codes: `python docs/errors.py`."""

import json
from pathlib import Path

from tooltrain_fast import _core

PAGE = Path(__file__).with_name("errors.md")
HEAD = """\
# Errors

Made from the table of error codes by `python docs/errors.py`.

An error ends a call. Every exception derives from `tt.TooltrainError` and from the nearest builtin, and
carries its facts as fields: `code`, `file`, `line`, `pointer`, `option`, `value`, `message`, `hint`; a field
that does not apply is `None`. `str(error)` is composed from them. Errors can be pickled and keep their
fields, so they survive worker processes. The command line prints the same error with options spelled as
flags, has all fields in `--json`, and exits with the code below. What is wrong with one record does not end a
call: it is a finding, see [finding_codes.md](finding_codes.md).

| code | exception | exit code | meaning | what to do |
| --- | --- | --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"| `{row['name']}` | `{row['exception']}` | {row['exit_code']} | {row['summary']} | {row['hint']} |\n"
        for row in json.loads(_core.error_codes())
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
