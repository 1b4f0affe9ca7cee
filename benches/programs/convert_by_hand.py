"""Rows for the hosted fine-tuning API as one writes them by hand: arguments as text, only keys that the API knows.

A record that has no answer, or that raises on the way, is left out. Nothing is checked beyond that: neither pairing nor
arguments nor limits, and no row is read back.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FUNCTION_KEYS = ("name", "description", "parameters", "strict")

Text = Callable[[Any], str]


def with_json() -> tuple[Callable[[str], Any], Text]:
    return json.loads, json.JSONEncoder(ensure_ascii=False).encode


def with_msgspec() -> tuple[Callable[[str], Any], Text]:
    import msgspec

    encode = msgspec.json.Encoder().encode
    return msgspec.json.Decoder().decode, lambda value: encode(value).decode()


ENGINES = {"json": with_json, "msgspec": with_msgspec}


class Converter:
    """Converts records one by one."""

    def __init__(self, engine: str) -> None:
        self.loads, self.text = ENGINES[engine]()

    def row(self, line: str) -> str:
        """The row of one record."""
        record = self.loads(line)
        messages = record["messages"]
        last = len(messages) - 1
        while messages[last]["role"] != "assistant":
            last -= 1
        row: dict[str, Any] = {"messages": [self.message(message) for message in messages[: last + 1]]}
        tools = record.get("tools")
        if isinstance(tools, str):
            tools = self.loads(tools)
        if tools:
            row["tools"] = [tool_of(tool) for tool in tools]
        if record.get("parallel_tool_calls") is not None:
            row["parallel_tool_calls"] = record["parallel_tool_calls"]
        return self.text(row)

    def message(self, message: Any) -> dict[str, Any]:
        """One message with the keys that the API knows."""
        role = message["role"]
        made: dict[str, Any] = {"role": "system" if role == "developer" else role}
        if role == "tool":
            made["tool_call_id"] = message.get("tool_call_id") or message["tool_call_ids"][0]
        elif message.get("name") is not None:
            made["name"] = message["name"]
        content, calls = message.get("content"), message.get("tool_calls")
        if isinstance(content, list):
            content = "".join(part["text"] for part in content)
        if content is not None or not calls:
            made["content"] = content or ""
        elif "content" in message:
            made["content"] = None
        if calls:
            made["tool_calls"] = [self.call(call) for call in calls]
        if role == "assistant" and message.get("weight") is not None:
            made["weight"] = message["weight"]
        return made

    def call(self, call: Any) -> dict[str, Any]:
        """One call with its arguments as text."""
        function = call["function"]
        arguments = function["arguments"]
        if isinstance(arguments, str):
            self.loads(arguments)
        else:
            arguments = self.text(arguments)
        made = {"id": call["id"]} if call.get("id") else {}
        return made | {"type": "function", "function": {"name": function["name"], "arguments": arguments}}


def tool_of(tool: Any) -> dict[str, Any]:
    """One definition with the keys that the API knows."""
    function = tool.get("function", tool)
    known = {key: function[key] for key in FUNCTION_KEYS if function.get(key) is not None}
    return {"type": "function", "function": known}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    given = parser.parse_args()
    converter = Converter(given.engine)
    records = rows = 0
    begun, processor = time.perf_counter(), time.process_time()
    with (
        given.source.open(encoding="utf-8", newline="\n") as lines,
        given.out.open("w", encoding="utf-8", newline="\n") as out,
    ):
        for line in lines:
            records += 1
            try:
                row = converter.row(line)
            except (ValueError, KeyError, IndexError, TypeError):
                continue
            rows += 1
            out.write(row)
            out.write("\n")
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    said = {"records": records, "rejected": records - rows, "rows": rows}
    print(json.dumps({"seconds": seconds, "processor_seconds": processor, **said}))


if __name__ == "__main__":
    main()
