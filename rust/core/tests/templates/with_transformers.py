"""Prints conversations with chat templates the way transformers does.

Reads one JSON object on standard input: `templates` (paths), `conversations` (records), `kwargs`, and
`date` (what the clock shows). Writes a JSON list with one list a template: `{"text": ...}` or
`{"error": ...}` for each conversation.
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
        answer.append([printed(source, record, request["kwargs"]) for record in request["conversations"]])
    json.dump(answer, sys.stdout)


def printed(source: str, record: dict, kwargs: dict) -> dict:
    messages = [
        {key: value for key, value in message.items() if value is not None} for message in record["messages"]
    ]
    try:
        texts, _ = chat_template_utils.render_jinja_template(
            [messages], tools=record.get("tools"), chat_template=source, **kwargs
        )
    except Exception as error:  # noqa: BLE001, whatever a template raises is its answer
        return {"error": f"{type(error).__name__}: {error}"}
    return {"text": texts[0]}


main()
