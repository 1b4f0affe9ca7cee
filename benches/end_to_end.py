"""Times `pack` against what people use today: `python benches/end_to_end.py --corpus FOLDER`.

Every program does the same job on the same conversations: JSON lines to packed rows in Parquet. They run one
after another, all of them in each round, so that a busy machine slows all alike; medians and the ratios
within a round are what counts. A program whose packages are missing is left out, and said so. Results go to
`benches/runs/` as JSON and as a table.

Other environments are given by their Python: `--tokenizers-python` (with tokenizers, orjson, numpy, pyarrow;
several times for several versions) and `--trl-python` (with trl and datasets).
"""

import argparse
import datetime as dt
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import measure
import subset

BENCHES = Path(__file__).resolve().parent
PROGRAMS = BENCHES / "programs"
HAND_WRITTEN = ("tokenizers", "orjson", "numpy", "pyarrow")
TRL = ("trl", "datasets", "transformers", "jinja2")


@dataclass(frozen=True)
class Program:
    """One way to do the job."""

    name: str
    command: list[str]
    source: Path
    versions: dict[str, str]
    ours: bool = False


def main() -> None:
    given = arguments()
    raw, repaired = subset.build(given.corpus, given.work)
    programs = ready_programs(given, raw, repaired)
    if not any(program.ours for program in programs):
        raise SystemExit("tooltrain_fast is not installed in this environment: nothing to compare")
    environment = {"RAYON_NUM_THREADS": str(given.threads), "OMP_NUM_THREADS": str(given.threads)}
    costs: dict[str, list[measure.Cost]] = {program.name: [] for program in programs}
    for repeat in range(given.warm_up + given.repeats):
        for program in programs:
            cost = measure.run(program.command, environment)
            counted = repeat >= given.warm_up
            print(f"{repeat + 1}  {program.name:<44} {cost.job_seconds:7.2f} s", file=sys.stderr, flush=True)
            if counted:
                costs[program.name].append(cost)
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": measure.shown_command(),
        "machine": measure.machine(),
        "load_before": given.load,
        "threads": given.threads,
        "repeats": given.repeats,
        "input": {"raw_mb": megabytes(raw), "repaired_mb": megabytes(repaired)},
        "programs": [summary(program, costs) for program in programs],
        "ratios": ratios(programs, costs),
    }
    table = as_markdown(result)
    print(table)
    measure.keep(given.out, given.slug, result, table)


def arguments() -> argparse.Namespace:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", BENCHES.parent.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=shared / "corpus", help="folder of *.jsonl.gz shards")
    parser.add_argument("--tokenizer-folder", type=Path, default=shared / "tokenizers" / "qwen3")
    parser.add_argument("--tokenizers-python", action="append", default=[], metavar="PYTHON")
    parser.add_argument("--trl-python", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1, help="rounds that are not counted")
    parser.add_argument(
        "--only", action="append", default=[], help="part of the names of the programs to run"
    )
    parser.add_argument("--slug", default="end-to-end")
    parser.add_argument(
        "--work", type=Path, default=BENCHES.parent / "out" / "bench", help="folder for inputs"
    )
    parser.add_argument("--out", type=Path, default=BENCHES / "runs")
    given = parser.parse_args()
    if not given.corpus.is_dir():
        parser.error(f"--corpus {given.corpus}: no such folder; it takes shards of conversations with tools")
    given.tokenizers_python = given.tokenizers_python or [sys.executable]
    given.load = [round(load, 2) for load in os.getloadavg()]
    return given


def ready_programs(given: argparse.Namespace, raw: Path, repaired: Path) -> list[Program]:
    threads = str(given.threads)
    programs = []

    def add(
        name: str, python: str, modules: tuple[str, ...], source: Path, *more: str, ours: bool = False
    ) -> None:
        if given.only and not any(part in name for part in given.only):
            return
        script = (
            "tooltrain_pack.py" if ours else ("trl_preparation.py" if "trl" in modules else "hand_written.py")
        )
        why = measure.imports(python, *modules)
        if why:
            print(f"left out: {name}: {why}", file=sys.stderr)
            return
        command = [python, str(PROGRAMS / script), str(source), *more]
        programs.append(Program(name, command, source, measure.versions(python, *modules), ours))

    def add_ours(name: str, source: Path, backend: str) -> None:
        add(
            name,
            sys.executable,
            ("tooltrain_fast",),
            source,
            "--threads",
            threads,
            "--backend",
            backend,
            ours=True,
        )

    add_ours("tooltrain_fast", repaired, "auto")
    add_ours("tooltrain_fast, unrepaired input", raw, "auto")
    add_ours("tooltrain_fast, tokenizers crate", repaired, "reference")
    vocabulary = str(given.tokenizer_folder / "tokenizer.json")
    for python in given.tokenizers_python:
        version = measure.versions(python, "tokenizers").get("tokenizers", "?")
        name = f"hand-written, tokenizers {version}"
        add(name, python, HAND_WRITTEN, repaired, "--tokenizer", vocabulary, "--processes", threads)
    folder = str(given.tokenizer_folder)
    add(
        "TRL preparation",
        given.trl_python,
        TRL,
        repaired,
        "--tokenizer-folder",
        folder,
        "--processes",
        threads,
    )
    return programs


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def spread(values: list[float]) -> dict[str, float]:
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def summary(program: Program, costs: dict[str, list[measure.Cost]]) -> dict[str, Any]:
    runs = costs[program.name]
    size = megabytes(program.source)
    return {
        "name": program.name,
        "versions": program.versions,
        "input_mb": size,
        "mb_per_second": spread([size / run.job_seconds for run in runs]),
        "job_seconds": spread([run.job_seconds for run in runs]),
        "wall_seconds": spread([run.wall_seconds for run in runs]),
        "cpu_seconds": spread([run.cpu_seconds for run in runs]),
        "peak_rss_mb": spread([run.peak_rss_mb or 0.0 for run in runs]),
        "said": {name: value for name, value in runs[-1].said.items() if name != "seconds"},
        "runs": [run.as_dict() for run in runs],
    }


def ratios(programs: list[Program], costs: dict[str, list[measure.Cost]]) -> list[dict[str, Any]]:
    """How many times faster ours is, round by round; by wall time of the job and by processor time."""
    pairs = []
    for ours in programs:
        for other in programs:
            if ours.ours and not other.ours:
                rounds = list(zip(costs[ours.name], costs[other.name], strict=True))
                pairs.append(
                    {
                        "ours": ours.name,
                        "other": other.name,
                        "times_faster": spread([b.job_seconds / a.job_seconds for a, b in rounds]),
                        "times_less_cpu": spread([b.cpu_seconds / a.cpu_seconds for a, b in rounds]),
                    }
                )
    return pairs


def as_markdown(result: dict[str, Any]) -> str:
    machine = result["machine"]
    conditions = (
        f"{measure.described(machine)}; "
        f"load before the run {result['load_before'][0]}. {result['threads']} threads or processes each, "
        f"{result['repeats']} rounds, interleaved. Input: {result['input']['repaired_mb']:.1f} MB repaired, "
        f"{result['input']['raw_mb']:.1f} MB as it was."
    )
    lines = [
        f"# End to end, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        conditions,
        "",
        "| program | MB/s, median (least to most) | s | CPU ms/MB | peak RSS MB | tokens | rows | fill |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for program in result["programs"]:
        speed, said = program["mb_per_second"], program["said"]
        cpu = 1000 * program["cpu_seconds"]["median"] / program["input_mb"]
        lines.append(
            f"| {program['name']} | {speed['median']:.1f} ({speed['least']:.1f} to {speed['most']:.1f}) "
            f"| {program['job_seconds']['median']:.2f} | {cpu:.0f} | {program['peak_rss_mb']['median']:.0f} "
            f"| {said['tokens']:,} | {said['rows']:,} | {100 * said['fill']:.2f} % |"
        )
    lines += [
        "",
        "MB/s is the job alone: imports are counted for nobody, loading the tokenizer for tooltrain_fast only.",
        "CPU and memory are those of the whole process with its children.",
        "",
        "| ours | against | times faster, median of rounds (least to most) | times less CPU |",
        "| --- | --- | --- | --- |",
    ]
    for pair in result["ratios"]:
        fast, cpu = pair["times_faster"], pair["times_less_cpu"]
        lines.append(
            f"| {pair['ours']} | {pair['other']} | {fast['median']:.2f} ({fast['least']:.2f} to {fast['most']:.2f}) "
            f"| {cpu['median']:.2f} |"
        )
    lines += ["", "| program | versions |", "| --- | --- |"]
    for program in result["programs"]:
        found = ", ".join(f"{name} {version}" for name, version in program["versions"].items())
        lines.append(f"| {program['name']} | {found} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
