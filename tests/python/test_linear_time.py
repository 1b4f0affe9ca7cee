"""Work follows the size of a record: eight times as many messages, calls or findings take no more than about that."""

import json
import time

import pytest

import tooltrain_fast as tt

TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]
SMALL = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}


def call(number, name="f"):
    return {"id": f"c{number}", "type": "function", "function": {"name": name, "arguments": "{}"}}


def turns(count):
    return {"messages": SMALL["messages"] * count}


def rounds(count):
    steps = [
        message
        for number in range(count)
        for message in (
            {"role": "assistant", "tool_calls": [call(number)]},
            {"role": "tool", "tool_call_id": f"c{number}", "content": "r"},
        )
    ]
    return {"messages": [SMALL["messages"][0], *steps, SMALL["messages"][1]], "tools": TOOLS}


def calls(count):
    results = [{"role": "tool", "tool_call_id": f"c{number}", "content": "r"} for number in range(count)]
    turn = {"role": "assistant", "tool_calls": [call(number) for number in range(count)]}
    return {"messages": [SMALL["messages"][0], turn, *results, SMALL["messages"][1]], "tools": TOOLS}


def nameless(count):
    record = calls(count)
    for message in record["messages"]:
        message.pop("tool_call_id", None)
        for one in message.get("tool_calls", []):
            del one["id"]
    return record


def undeclared(count):
    turn = {"role": "assistant", "tool_calls": [call(number, f"g{number}") for number in range(count)]}
    tools = [{"type": "function", "function": {"name": f"f{number}"}} for number in range(count)]
    return {"messages": [SMALL["messages"][0], turn], "tools": tools}


def seconds(record, tmp_path, **options):
    path = tmp_path / "a.jsonl"
    # The first line of a shard is held against the laws of the self-check, so the record is on the second.
    path.write_text(json.dumps(SMALL) + "\n" + json.dumps(record) + "\n")
    out = tmp_path / "o.parquet"
    best = float("inf")
    for _ in range(2):
        begun = time.process_time()
        tt.pack(path, out=out, if_exists="overwrite", threads=1, progress=False, **options)
        best = min(best, time.process_time() - begun)
    return best


POLICIES = [
    {},
    {"over_length": "drop"},
    {"over_length": "truncate"},
    {"history": "expand"},
    {"history": "inline"},
]
CASES = [(turns, options) for options in POLICIES]
CASES += [
    (make, options)
    for make in (rounds, calls, nameless, undeclared)
    for options in (POLICIES[0], POLICIES[2])
]


@pytest.mark.parametrize(("make", "options"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_time_grows_with_the_record_and_not_with_its_square(tmp_path, make, options):
    small = seconds(make(250), tmp_path, **options)
    large = seconds(make(2000), tmp_path, **options)
    # A square would be 64 times as much; small runs have a fixed part, and clocks are noisy.
    assert large < 20 * max(small, 0.02)
