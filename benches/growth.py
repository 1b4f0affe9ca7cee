"""How time grows with one record: x8 messages, calls, tools, parts, findings.

python benches/growth.py [--size 2000] [--templates FOLDER --tokenizer NAME]
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import tooltrain_fast as tt

GROWTH = 8
QUESTION = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}
SMALL = {"messages": [QUESTION, ANSWER]}
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]


def call(number: int, name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    return {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def result(number: int) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"c{number}", "content": "r"}


def turn(calls: list[dict[str, Any]]) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": calls}


def rounds(size: int) -> list[dict[str, Any]]:
    return [message for number in range(size) for message in (turn([call(number)]), result(number))]


RECORDS = {
    "messages": lambda size: {"messages": [QUESTION, ANSWER] * size},
    "rounds": lambda size: {"messages": [QUESTION, *rounds(size), ANSWER], "tools": TOOLS},
    "calls": lambda size: {
        "messages": [QUESTION, turn([call(n) for n in range(size)]), *map(result, range(size)), ANSWER],
        "tools": TOOLS,
    },
    "tools": lambda size: {
        **SMALL,
        "tools": [{"type": "function", "function": {"name": f"f{n}"}} for n in range(size)],
    },
    "parts": lambda size: {
        "messages": [{**QUESTION, "content": [{"type": "text", "text": "q"}] * size}, ANSWER],
    },
    "arguments": lambda size: {
        "messages": [QUESTION, turn([call(0, arguments=json.dumps({f"k{n}": n for n in range(size)}))])],
        "tools": TOOLS,
    },
    "nesting": lambda size: {
        "messages": [
            QUESTION,
            turn([call(0, arguments='{"a":' + "[" * (size // 20) + "]" * (size // 20) + "}")]),
        ],
        "tools": TOOLS,
    },
    "findings": lambda size: {
        "messages": [QUESTION, turn([call(n, name=f"g{n}") for n in range(size)])],
        "tools": TOOLS,
    },
}
POLICIES = [
    *({"over_length": value} for value in ("split", "truncate", "drop")),
    *({"history": value} for value in ("keep", "expand", "inline")),
]


def seconds(record: dict[str, Any], folder: Path, options: dict[str, Any]) -> float:
    shard = folder / "a.jsonl"
    shard.write_text(json.dumps(SMALL) + "\n" + json.dumps(record) + "\n")
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        tt.pack(shard, out=folder / "o.parquet", if_exists="overwrite", threads=1, progress=False, **options)
        best = min(best, time.process_time() - begun)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument(
        "--template", type=Path, action="append", default=[], help="A template to run besides."
    )
    parser.add_argument("--tokenizer", default="qwen3", help="Tokenizer of those templates.")
    given = parser.parse_args()
    settings = [*POLICIES]
    settings += [
        {"chat_template": str(path), "tokenizer": given.tokenizer, "on_inexact": "mask_turn"}
        for path in given.template
    ]
    print(
        "| record | options | size | seconds | x8 seconds | factor |\n| --- | --- | --- | --- | --- | --- |"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, make in RECORDS.items():
            for options in settings:
                small = seconds(make(given.size), Path(folder), options | {"max_depth": 4000})
                large = seconds(make(given.size * GROWTH), Path(folder), options | {"max_depth": 4000})
                told = ", ".join(f"{key}={Path(value).name}" for key, value in options.items())
                print(
                    f"| {name} | {told} | {given.size:,} | {small:.3f} | {large:.3f} | {large / small:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
