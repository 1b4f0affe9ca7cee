"""The job as somebody good would write it in an afternoon, for one model.

orjson parses, string joins render the Qwen3 template, `encode_batch_fast` encodes prompt and answer pieces
apart so that the mask is exact, numpy holds ids and labels, best-fit decreasing fills rows of 8,192, pyarrow
writes them. It checks nothing, and wants its input repaired. Loading the tokenizer is not counted.
"""

import argparse
import bisect
import itertools
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import tokenizers

MAX_LENGTH = 8192
IGNORED = -100
TOOLS_BEFORE = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
TOOLS_AFTER = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
    "</tool_call><|im_end|>\n"
)
worker_tokenizer = None


def load_tokenizer(path):
    global worker_tokenizer  # noqa: PLW0603 - one a process, made before the clock starts
    worker_tokenizer = tokenizers.Tokenizer.from_file(path)


def ready(_):
    return worker_tokenizer is not None


def as_json(value):
    return json.dumps(value, ensure_ascii=False)


def pieces_of(record):
    """Prompt, answer, prompt, ...: the text of a conversation, answers at odd places."""
    messages = record["messages"]
    tools = "".join("\n" + as_json(tool) for tool in orjson.loads(record["tools"]))
    prompt = ["<|im_start|>system\n"]
    first = 0
    if messages[0]["role"] == "system":
        prompt.append(messages[0]["content"] + "\n\n")
        first = 1
    prompt += [TOOLS_BEFORE, tools, TOOLS_AFTER]
    pieces = []
    last = len(messages) - 1
    for place in range(first, last + 1):
        message = messages[place]
        role, content = message["role"], message["content"]
        if role == "assistant":
            prompt.append("<|im_start|>assistant\n")
            if place == last:
                prompt.append("<think>\n\n</think>\n\n")
                content = content.lstrip("\n")
            pieces.append("".join(prompt))
            answer = [content]
            for call in message.get("tool_calls", ()):
                function = call["function"]
                if len(answer) > 1 or content:
                    answer.append("\n")
                answer.append(f'<tool_call>\n{{"name": "{function["name"]}", "arguments": ')
                answer.append(as_json(function["arguments"]) + "}\n</tool_call>")
            answer.append("<|im_end|>")
            pieces.append("".join(answer))
            prompt = ["\n"]
        elif role == "tool":
            if place == first or messages[place - 1]["role"] != "tool":
                prompt.append("<|im_start|>user")
            prompt.append(f"\n<tool_response>\n{content}\n</tool_response>")
            if place == last or messages[place + 1]["role"] != "tool":
                prompt.append("<|im_end|>\n")
        else:
            prompt.append(f"<|im_start|>{role}\n{content}<|im_end|>\n")
    pieces.append("".join(prompt))
    return pieces


def prepare(lines):
    """Ids and labels of each conversation."""
    conversations = [pieces_of(orjson.loads(line)) for line in lines]
    texts = list(itertools.chain.from_iterable(conversations))
    encode = getattr(worker_tokenizer, "encode_batch_fast", worker_tokenizer.encode_batch)
    encoded = iter(encode(texts, add_special_tokens=False))
    prepared = []
    for pieces in conversations:
        ids, labels = [], []
        for place, encoding in enumerate(itertools.islice(encoded, len(pieces))):
            ids += encoding.ids
            labels += encoding.ids if place % 2 else [IGNORED] * len(encoding.ids)
        prepared.append((np.array(ids, np.int32), np.array(labels, np.int32)))
    return prepared


def best_fit_decreasing(lengths):
    """Places of the conversations of each row."""
    rows, spaces = [], []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        length = lengths[place]
        found = bisect.bisect_left(spaces, (length, -1))
        if found == len(spaces):
            rows.append([place])
            space, row = MAX_LENGTH - length, len(rows) - 1
        else:
            space, row = spaces.pop(found)
            rows[row].append(place)
            space -= length
        if space:
            bisect.insort(spaces, (space, row))
    return rows


def write(prepared, rows, path):
    order = [place for row in rows for place in row]
    lengths = [[min(len(prepared[place][0]), MAX_LENGTH) for place in row] for row in rows]
    offsets = pa.array(np.concatenate([[0], np.cumsum([sum(row) for row in lengths])]), pa.int32())
    columns = [
        pa.ListArray.from_arrays(
            offsets, pa.array(np.concatenate([prepared[p][c][:MAX_LENGTH] for p in order]))
        )
        for c in (0, 1)
    ]
    table = pa.table({"input_ids": columns[0], "labels": columns[1], "seq_lengths": lengths})
    pq.write_table(table, path, compression="zstd", compression_level=1)
    return offsets[-1].as_py()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--tokenizer", required=True, help="tokenizer.json")
    parser.add_argument("--processes", type=int, required=True)
    given = parser.parse_args()
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    with (
        tempfile.TemporaryDirectory() as folder,
        multiprocessing.Pool(given.processes, load_tokenizer, [given.tokenizer]) as pool,
    ):
        pool.map(ready, range(8 * given.processes), chunksize=1)
        begun = time.perf_counter()
        lines = given.source.read_bytes().splitlines()
        batches = [lines[start : start + 100] for start in range(0, len(lines), 100)]
        prepared = list(itertools.chain.from_iterable(pool.imap(prepare, batches)))
        rows = best_fit_decreasing([min(len(ids), MAX_LENGTH) for ids, _ in prepared])
        tokens = write(prepared, rows, Path(folder) / "packed.parquet")
        seconds = time.perf_counter() - begun
        pool.close()
        pool.join()
    said = {
        "seconds": seconds,
        "conversations": len(prepared),
        "tokens": tokens,
        "trained_tokens": int(sum((labels[:MAX_LENGTH] != IGNORED).sum() for _, labels in prepared)),
        "rows": len(rows),
        "fill": tokens / len(rows) / MAX_LENGTH,
        "backend": f"tokenizers {tokenizers.__version__}",
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
