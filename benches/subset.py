"""A benchmark input from a folder of conversation shards, in two forms of the same conversations.

`raw.jsonl` holds the records as they are. `repaired.jsonl` holds them the way tools in Python need them:
content is never null, arguments are objects, tools are one JSON string, nothing follows the last answer.
Only conversations that the other programs can render are taken: with tools, with an answer, without
reasoning, every argument object readable.
"""

import argparse
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EVERY = {"sgd": 8}
EVERY_OTHER_FILE = 4
UNFIT_FILES = ("swe_", "toolbench", "toolrl")


def shards(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.jsonl.gz")) if not path.name.startswith(UNFIT_FILES)]


def sampled_records(path: Path) -> Iterator[dict[str, Any]]:
    step = next((step for start, step in EVERY.items() if path.name.startswith(start)), EVERY_OTHER_FILE)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if number % step == 0:
                yield json.loads(line)


def repaired(record: dict[str, Any]) -> dict[str, Any] | None:
    """The record in the form Python tools need, or None where they cannot use it."""
    messages = [repaired_message(message) for message in record["messages"]]
    while messages and messages[-1] is not None and messages[-1]["role"] != "assistant":
        messages.pop()
    if not record.get("tools") or not messages or None in messages:
        return None
    if any("</think>" in message["content"] for message in messages):
        return None
    return {"messages": messages, "tools": json.dumps(record["tools"], ensure_ascii=False)}


def repaired_message(message: dict[str, Any]) -> dict[str, Any] | None:
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(part.get("text", "") for part in content)
    mended: dict[str, Any] = {"role": message["role"], "content": content}
    calls = []
    for call in message.get("tool_calls") or []:
        arguments = call["function"].get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError:
                return None
        if not isinstance(arguments, dict):
            return None
        function = {"name": call["function"]["name"], "arguments": arguments}
        calls.append({"type": "function", "function": function})
    if calls:
        mended["tool_calls"] = calls
    return mended


def build(folder: Path, out: Path) -> tuple[Path, Path]:
    """Writes `raw.jsonl` and `repaired.jsonl` into `out`, unless they are there."""
    raw_path, repaired_path = out / "raw.jsonl", out / "repaired.jsonl"
    if raw_path.exists() and repaired_path.exists():
        return raw_path, repaired_path
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    with raw_path.open("w", encoding="utf-8") as raw, repaired_path.open("w", encoding="utf-8") as mended:
        for shard in shards(folder):
            for record in sampled_records(shard):
                usable = repaired(record)
                if usable is None:
                    continue
                kept = {"messages": record["messages"], "tools": record["tools"]}
                raw.write(json.dumps(kept, ensure_ascii=False) + "\n")
                mended.write(json.dumps(usable, ensure_ascii=False) + "\n")
                count += 1
    if count == 0:
        raise SystemExit(f"{folder}: no shard with usable conversations")
    return raw_path, repaired_path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of *.jsonl.gz shards")
    parser.add_argument("out", type=Path, help="folder for raw.jsonl and repaired.jsonl")
    given = parser.parse_args()
    for path in build(given.folder, given.out):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
