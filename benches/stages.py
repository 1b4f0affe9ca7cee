"""What each stage costs: `python benches/stages.py FILE.jsonl`, CPU milliseconds per MB of JSON lines.

The report's own clocks, one thread, the least of several runs: on a shared machine the least is the nearest
to what the work needs. `everything` is the processor time of the whole call by the system's account, so what
no stage's clock saw is in it.
"""

import argparse
import datetime as dt
import json
import os
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import measure

import tooltrain_fast as tt

STAGES = ("read", "parse", "validate", "render", "tokenize", "pack", "encode", "write")


def processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", nargs="+", help="shards, as pack() takes them")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--out", type=Path, help="folder to keep the record of the run in")
    given = parser.parse_args()

    load = round(os.getloadavg()[0], 2)
    runs = []
    for _ in range(given.repeats):
        with tempfile.TemporaryDirectory() as folder:
            wall, processor = time.perf_counter(), processor_seconds()
            report = tt.pack(
                given.source,
                out=Path(folder) / "packed.parquet",
                threads=1,
                tokenizer_backend=given.backend,
                progress=False,
            )
            spent = {stage: report.stage_seconds[stage] for stage in STAGES}
            spent["everything"] = processor_seconds() - processor
            spent["wall"] = time.perf_counter() - wall
            runs.append(spent)
            megabytes = json.loads(Path(report.report).read_text())["text_bytes"] / 1e6

    rows = {
        name: {
            "least": 1000 * min(run[name] for run in runs) / megabytes,
            "median": 1000 * statistics.median(run[name] for run in runs) / megabytes,
        }
        for name in (*STAGES, "everything", "wall")
    }
    rows["all but tokenize"] = {
        kind: sum(rows[stage][kind] for stage in STAGES if stage != "tokenize")
        for kind in ("least", "median")
    }
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": measure.shown_command(),
        "machine": measure.machine(),
        "load_before": load,
        "tokenizer": f"{report.tokenizer.name} ({report.tokenizer.backend})",
        "megabytes": megabytes,
        "repeats": given.repeats,
        "ms_per_mb": rows,
    }
    table = as_markdown(result)
    print(table)
    if given.out:
        measure.keep(given.out, "stages", result, table)


def as_markdown(result: dict[str, Any]) -> str:
    machine = result["machine"]
    lines = [
        f"# Stages, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        (
            f"{measure.described(machine)}; load "
            f"before the run {result['load_before']}. {result['megabytes']:.1f} MB of JSON lines, tokenizer "
            f"{result['tokenizer']}, {result['repeats']} runs, one thread; CPU milliseconds per MB."
        ),
        "",
        "| stage | least | median |",
        "| --- | ---: | ---: |",
        *(
            f"| {name} | {row['least']:.2f} | {row['median']:.2f} |"
            for name, row in result["ms_per_mb"].items()
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
