"""Conversations for tests: a few written by hand, any number made from a seed."""

import json
import random
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def user(text: str) -> Record:
    return {"role": "user", "content": text}


def says(text: str | None, **fields: Any) -> Record:
    return {"role": "assistant", "content": text, **fields}


def call(id_: str, name: str, arguments: Any) -> Record:
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}


def calls(*made: Record, content: str | None = None, **fields: Any) -> Record:
    return {"role": "assistant", "content": content, "tool_calls": list(made), **fields}


def result(id_: str, text: str) -> Record:
    return {"role": "tool", "tool_call_id": id_, "content": text}


def tool(name: str, **properties: str) -> Record:
    schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return {
        "type": "function",
        "function": {"name": name, "description": f"Does {name}.", "parameters": schema},
    }


WEATHER = [tool("get_weather", city="string"), tool("get_time", city="string")]


def chat(*messages: Record, tools: list[Record] | None = None, **fields: Any) -> Record:
    return {"messages": list(messages), **({"tools": tools} if tools else {}), **fields}


WORDS = [
    "time",
    "year",
    "people",
    "way",
    "day",
    "man",
    "thing",
    "woman",
    "life",
    "child",
    "world",
    "school",
    "state",
    "family",
    "student",
    "group",
    "country",
    "problem",
    "hand",
    "part",
    "place",
    "case",
    "week",
    "company",
    "system",
    "program",
    "question",
    "work",
    "government",
    "number",
    "night",
    "point",
    "home",
    "water",
    "room",
    "mother",
    "area",
    "money",
    "story",
    "fact",
    "month",
    "lot",
    "right",
    "study",
    "book",
    "eye",
    "job",
    "word",
    "business",
    "issue",
    "side",
    "kind",
    "head",
    "house",
    "service",
    "friend",
    "déjà",
    "naïve",
    "Straße",
    "東京",
    "привет",
    "🙂",
    "{}",
    "[]",
    '"quoted"',
    "3.14",
    "x=1",
]


def made_chat(random_: random.Random) -> Record:
    """A chat with several rounds, tool calls, sometimes parallel ones, sometimes with reasoning."""

    def text(most: int) -> str:
        return " ".join(random_.choices(WORDS, k=random_.randint(1, most)))

    messages = [{"role": "system", "content": text(30)}] if random_.random() < 0.5 else []
    for round_ in range(random_.randint(1, 4)):
        messages.append(user(text(40)))
        if random_.random() < 0.6:
            ids = [f"call_{round_}_{one}" for one in range(random_.choice((1, 1, 2, 3)))]
            names = [random_.choice(("get_weather", "get_time")) for _ in ids]
            made = [
                call(id_, name, json.dumps({"city": text(3)})) for id_, name in zip(ids, names, strict=True)
            ]
            messages.append(calls(*made, content=random_.choice((None, "", text(5)))))
            messages += [result(id_, text(60)) for id_ in ids]
        reasoning = {"reasoning_content": text(20)} if random_.random() < 0.2 else {}
        messages.append(says(text(50), **reasoning))
    return chat(*messages, tools=WEATHER)


BAD_LINES = [
    b'{"messages": [{"role": "user", "content": "cut',
    b'{"messages": "none"}',
    b"[1, 2, 3]",
    b'{"messages": [{"role": "user", "content": "\xff"}, {"role": "assistant", "content": "x"}]}',
    json.dumps(chat(user("x"), result("nobody", "asked"), says("y"))).encode(),
    json.dumps(
        chat(user("x"), calls(call("a", "get_time", "{not json")), result("a", "1"), says("y"), tools=WEATHER)
    ).encode(),
]
NOTHING_TO_TRAIN = json.dumps(chat(user("is anybody there?"))).encode()


def write_shards(
    folder: Path, shards: int = 3, records: int = 40, seed: int = 7, *, bad: bool = False
) -> Path:
    """Writes shards `chats-0.jsonl` ... of made chats; with `bad`, every line of `BAD_LINES` is among them."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(shards):
        random_ = random.Random(f"{seed}-{number}")
        lines = [json.dumps(made_chat(random_), ensure_ascii=False).encode() for _ in range(records)]
        if bad:
            for place, line in enumerate(BAD_LINES):
                if place % shards == number:
                    lines.insert(random_.randrange(len(lines)), line)
            if number == 0:
                lines.insert(5, NOTHING_TO_TRAIN)
        (folder / f"chats-{number}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


def write_lines(path: Path, records: list[Record]) -> Path:
    """Writes a shard of these records."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path
