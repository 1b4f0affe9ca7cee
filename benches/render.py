"""Speed of rendering, native, by the engine and by jinja2: `python benches/render.py SHARD TEMPLATE...`.

All print the same conversations of the shard, those that every template can say, one thread each. jinja2 is what
transformers sets up, with the template compiled beforehand and called as `apply_chat_template` calls it; texts
are compared by their bytes in total. The engine's `proved` is the text with the turns found and proved, as
`pack` needs it. jinja2's `masks` is the least that finds the same turns with it: the text, and the prompt of each
assistant turn (`add_generation_prompt` after the messages before it), without any check. With
`--pack TOKENIZER_FOLDER`, `pack` itself runs with each template that has no native renderer.
"""

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import measure
from jinja2 import TemplateError
from transformers.utils.chat_template_utils import _compile_jinja_template

import tooltrain_fast as tt

ROUNDS = 3


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def least_seconds(job) -> float:
    """The least processor time of several runs."""
    seconds = []
    for _ in range(ROUNDS):
        begun = processor_seconds()
        job()
        seconds.append(processor_seconds() - begun)
    return min(seconds)


def with_jinja2(template: str, eos: str, conversations: list[dict]) -> tuple[int, float, float]:
    """Bytes of text, the processor seconds they took, and those of texts with the prompts of their turns."""
    compiled = _compile_jinja_template(Path(template).read_text(encoding="utf-8"))
    texts = []

    def printed(record: dict, count: int, generation_prompt: bool) -> str:
        given = {"messages": record["messages"][:count], "tools": record["tools"], "documents": None}
        return compiled.render(
            **given, add_generation_prompt=generation_prompt, bos_token="<s>", eos_token=eos
        )

    def only_texts() -> None:
        texts.clear()
        texts.extend(printed(record, len(record["messages"]), False) for record in conversations)

    def prompts() -> None:
        for record in conversations:
            for count, message in enumerate(record["messages"]):
                if message["role"] == "assistant":
                    with contextlib.suppress(TemplateError):
                        printed(record, count, True)

    seconds = least_seconds(only_texts)
    return sum(len(text.encode()) for text in texts), seconds, seconds + least_seconds(prompts)


def with_pack(shard: str, template: str, tokenizer: str) -> tuple[int, float]:
    """Bytes of JSON lines, and the processor seconds that `pack` took with one thread."""
    sizes = []

    def job() -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = tt.pack(
                shard,
                out=Path(folder) / "packed.parquet",
                tokenizer=tokenizer,
                chat_template=template,
                on_inexact="mask_turn",
                threads=1,
                progress=False,
            )
            sizes.append(json.loads(Path(report.report).read_text())["text_bytes"])

    seconds = least_seconds(job)
    return sizes[0], seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shard", help="tool-calling conversations, .jsonl or .jsonl.gz")
    parser.add_argument("templates", nargs="+", help="Jinja files")
    parser.add_argument("--pack", metavar="TOKENIZER", help="also run pack, with this tokenizer")
    parser.add_argument("--program", help="the example render_speed, where it is built already")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "conversations.jsonl"
        build = ["cargo", "run", "--release", "--quiet", "--workspace", "--example", "render_speed", "--"]
        command = [given.program] if given.program else build
        measured = subprocess.run(
            [*command, given.shard, str(dump), *given.templates], check=True, capture_output=True, text=True
        )
        conversations = [json.loads(line) for line in dump.read_text(encoding="utf-8").splitlines()]
    for record in conversations:
        for message in record["messages"]:
            for name in [name for name, value in message.items() if value is None]:
                del message[name]

    rows = []
    for line in measured.stdout.splitlines():
        row = json.loads(line)
        bytes_printed, seconds, with_prompts = with_jinja2(row["template"], row["eos"], conversations)
        if bytes_printed != row["engine_text"]["bytes"]:
            sys.exit(
                f"{row['template']}: jinja2 prints {bytes_printed} bytes, the engine {row['engine_text']['bytes']}"
            )
        row["jinja2"] = {"bytes": bytes_printed, "seconds": seconds}
        row["jinja2_masks"] = {"bytes": bytes_printed, "seconds": with_prompts}
        if given.pack and row["native"] is None:
            row["pack"] = dict(
                zip(("bytes", "seconds"), with_pack(given.shard, row["template"], given.pack), strict=True)
            )
        rows.append(row)

    def rate(cost: dict | None) -> str:
        return f"{cost['bytes'] / 1e6 / cost['seconds']:.1f}" if cost else "-"

    print(f"{len(conversations)} conversations; MB of text per second and core, pack: MB of JSON lines")
    heads = ("native", "engine", "proved", "jinja2", "masks", "text", "proved", "masks", "pack")
    print(f"{'template':<34}" + "".join(f"{head:>9}" for head in heads))
    for row in rows:
        engine, proved = row["engine_text"], row["engine_proved"]
        rates = [
            rate(row[name]) for name in ("native", "engine_text", "engine_proved", "jinja2", "jinja2_masks")
        ]
        pairs = ((engine, "jinja2"), (proved, "jinja2"), (proved, "jinja2_masks"))
        times = [f"{row[other]['seconds'] / ours['seconds']:.1f}" for ours, other in pairs]
        columns = [*rates, *times, rate(row.get("pack"))]
        print(f"{Path(row['template']).stem:<34}" + "".join(f"{column:>9}" for column in columns))
    print("text: engine to jinja2; proved: proved to jinja2; masks: proved to the masks with jinja2")
    if given.json:
        given.json.write_text(json.dumps({"machine": measure.machine(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
