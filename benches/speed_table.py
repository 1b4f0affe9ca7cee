"""Every speed that the project promises, beside what it is: `python benches/speed_table.py`.

It runs `tokenization.py`, `end_to_end.py`, `stages.py` on the whole corpus with one thread, a job of one megabyte from
process start to end, and the loading of the built-in tokenizer; and prints one table, kept in `benches/runs/` with
theirs. Environments: see `tokenization.py` and `end_to_end.py`. Build
`rust/rivals` before.
"""

import argparse
import datetime as dt
import gzip
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import measure
import tokenization

BENCHES = Path(__file__).resolve().parent
FAST = "tooltrain_fast"
SMALL = 1_000_000


def main() -> None:
    given = arguments()
    rows = [*tokenization_rows(given), *pack_rows(given), *stage_rows(given), *small_rows(given)]
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": measure.shown_command(),
        "machine": measure.machine(),
        "made_of": [
            measure.newest(given.out, slug).name for slug in ("tokenization", "end-to-end", "stages")
        ],
        "rows": rows,
    }
    table = as_markdown(result)
    print(table)
    measure.keep(given.out, "speed-table", result, table)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    tokenization.add_arguments(parser)
    parser.add_argument(
        "--tokenizers-python", required=True, help="of an environment with tokenizers 1.0.0rc3"
    )
    parser.add_argument("--trl-python", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--work", type=Path, default=BENCHES.parent / "out" / "bench")
    parser.add_argument("--out", type=Path, default=BENCHES / "runs")
    return parser.parse_args()


def row(name: str, measured: float, unit: str, least: float, aim: float) -> dict[str, Any]:
    """A row of the table; where the unit is time, less is better."""
    return {"name": name, "measured": measured, "unit": unit, "at_least": least, "aim": aim}


def script(name: str, *words: object) -> None:
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, str(BENCHES / name), *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def read_run(given: argparse.Namespace, slug: str) -> dict[str, Any]:
    """The record that the script which just ran has left."""
    return json.loads(measure.newest(given.out, slug).read_text())


def tokenization_rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    words = ["--corpus", given.corpus, "--tokenizer-folder", given.tokenizer_folder, "--out", given.out]
    words += ["--tokenization-repeats", given.tokenization_repeats]
    if given.gigatoken_python:
        words += ["--gigatoken-python", given.gigatoken_python]
    script("tokenization.py", *words)
    found = read_run(given, "tokenization")["rows"]
    reference = found["words only, to the reference"]
    best = found["words only, to the best other"]
    cached = found["with the segment cache, to the best other"]
    return [
        row(f"encode, unseen text, ratio to {reference['against']}", reference["median"], "x", 80, 150),
        row(f"encode, unseen text, ratio to the best other ({best['against']})", best["median"], "x", 1.2, 2),
        row(f"encode with the segment cache, ratio to {cached['against']}", cached["median"], "x", 2, 4),
    ]


def pack_rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    script(
        "end_to_end.py",
        *("--corpus", given.corpus, "--tokenizer-folder", given.tokenizer_folder),
        *("--tokenizers-python", sys.executable, "--tokenizers-python", given.tokenizers_python),
        *("--trl-python", given.trl_python, "--repeats", given.repeats, "--work", given.work),
        *("--out", given.out),
    )
    ratios = {pair["other"]: pair for pair in read_run(given, "end-to-end")["ratios"] if pair["ours"] == FAST}
    wanted = [("TRL", 40, 80), ("tokenizers 1.0", 4, 10)]
    rows = []
    for part, least, aim in wanted:
        for other, pair in ratios.items():
            if part in other:
                name = f"`pack` against {other}, 2 threads each, wall"
                rows.append(row(name, pair["times_faster"]["median"], "x", least, aim))
    return rows


def stage_rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    corpus = given.work / "corpus.jsonl"
    if not corpus.exists():
        with corpus.open("wb") as whole:
            for shard in sorted(given.corpus.glob("*.jsonl.gz")):
                with gzip.open(shard) as lines:
                    shutil.copyfileobj(lines, whole)
    script("stages.py", corpus, "--repeats", given.repeats, "--out", given.out)
    cost = read_run(given, "stages")["ms_per_mb"]
    everything, tokenize = cost["everything"]["median"], cost["tokenize"]["median"]
    return [
        row(
            "`pack`, the whole corpus, one thread, MB of JSONL per CPU second",
            1000 / everything,
            "MB/s",
            50,
            100,
        ),
        row("CPU per MB of JSONL outside tokenization", everything - tokenize, "ms", 8, 5),
    ]


def small_rows(given: argparse.Namespace) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small.jsonl"
        start = (given.work / "raw.jsonl").read_bytes()[:SMALL]
        small.write_bytes(start[: start.rindex(b"\n") + 1])
        program = [
            sys.executable,
            str(BENCHES / "programs" / "tooltrain_pack.py"),
            str(small),
            "--threads",
            "2",
        ]
        jobs = [measure.run(program, {}).wall_seconds for _ in range(given.repeats + 1)][1:]
    load = (
        "import json, time; import tooltrain_fast as tt; begun = time.perf_counter(); tt.Tokenizer('qwen3');"
        "print(json.dumps({'seconds': time.perf_counter() - begun}))"
    )
    loads = [measure.run([sys.executable, "-c", load], {}).job_seconds for _ in range(given.repeats + 1)][1:]
    return [
        row("`pack` of 1 MB, process start included, wall", statistics.median(jobs), "s", 0.5, 0.5),
        row("loading the built-in tokenizer, wall", 1000 * statistics.median(loads), "ms", 100, 100),
    ]


def is_reached(found: dict[str, Any], goal: str) -> bool:
    is_time = found["unit"] in {"s", "ms"}
    return found["measured"] <= found[goal] if is_time else found["measured"] >= found[goal]


def as_markdown(result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"# Speed table, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        (f"{measure.described(machine)}. Medians, made of the runs {', '.join(result['made_of'])}."),
        "",
        "| | measured | at least | aim | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for found in result["rows"]:
        measured, unit = found["measured"], found["unit"]
        shown = f"{measured:.2f}" if measured < 10 else f"{measured:.0f}"
        verdict = (
            "aim" if is_reached(found, "aim") else ("reached" if is_reached(found, "at_least") else "MISSED")
        )
        lines.append(
            f"| {found['name']} | {shown} {unit} | {found['at_least']:g} {unit} | {found['aim']:g} {unit} | {verdict} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
