"""What each stage costs: `python benches/stages.py FILE.jsonl`, CPU milliseconds per MB of JSON lines.

The report's own clocks, one thread, the least of several runs: on a shared machine the least is the nearest
to what the work needs. `everything` is the processor time of the whole call by the system's account, so what
no stage's clock saw is in it.
"""

import argparse
import json
import resource
import statistics
import tempfile
import time
from pathlib import Path

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
    parser.add_argument("--json", type=Path, help="write the figures here too")
    given = parser.parse_args()

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
            spent = {stage: report.seconds[stage] for stage in STAGES}
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
    print(f"{megabytes:.1f} MB of JSON lines, tokenizer {report.tokenizer.name} ({report.tokenizer.backend})")
    print(f"{'stage':<18}{'least':>8}{'median':>8}   CPU ms/MB, {given.repeats} runs, one thread")
    for name, row in rows.items():
        print(f"{name:<18}{row['least']:>8.2f}{row['median']:>8.2f}")
    if given.json:
        figures = {
            "machine": measure.machine(),
            "megabytes": megabytes,
            "repeats": given.repeats,
            "ms_per_mb": rows,
        }
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
