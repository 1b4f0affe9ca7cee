"""Prints conversations with chat templates the way transformers does.

Reads one JSON object on standard input: `templates` (paths), `cases` (objects with `record`, `kwargs` and
`prompt`, which asks for the generation prompt in the place of the last assistant turn), and `date` (what the
clock shows). Writes a JSON list with one list a template: `{"text": ...}` or `{"error": ...}` for each case.
"""

import datetime
import json
import os
import sys

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

from transformers.utils import chat_template_utils


def main() -> None:
    request = json.load(sys.stdin)
    day = datetime.datetime.fromisoformat(request["date"])

    class PinnedClock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return day

    chat_template_utils.datetime = PinnedClock
    answer = []
    for path in request["templates"]:
        with open(path, encoding="utf-8", newline="") as file:
            source = file.read()
        answer.append([printed(source, **case) for case in request["cases"]])
    json.dump(answer, sys.stdout)


def printed(source: str, record: dict, kwargs: dict, prompt: bool) -> dict:
    messages = [
        {key: value for key, value in message.items() if value is not None} for message in record["messages"]
    ]
    if prompt:
        turns = [place for place, message in enumerate(messages) if message["role"] == "assistant"]
        del messages[turns[-1] :]
    try:
        texts, _ = chat_template_utils.render_jinja_template(
            [messages],
            tools=record.get("tools"),
            chat_template=source,
            add_generation_prompt=prompt,
            **kwargs,
        )
    except Exception as error:  # noqa: BLE001, whatever a template raises is its answer
        return {"error": f"{type(error).__name__}: {error}"}
    return {"text": texts[0]}


main()
