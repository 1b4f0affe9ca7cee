"""Times `validate` and `convert` against the same in Python: `python benches/validation.py [--verb convert]`.

Every program reads the same file of JSON lines and checks structure, pairing and arguments against schemas, on one
thread unless its name says otherwise; `tooltrain_fast, structure only` does not compare calls with tools. Those in
Python come twice: `verdict` ends a record at its first problem and says nothing of it, `everything` notes all problems
with their places and counts the use of tools, as `tt.validate` does. They run one after another, all of them in each
round; medians and the ratios within a round are what counts. Results go to `benches/runs/` as JSON and as a table.

With `--verb convert` each program writes the rows that the hosted fine-tuning API takes. Those in Python check nothing;
`tt.convert` checks each record and reads each row back.

`--python` is the environment that has jsonschema, fastjsonschema and msgspec.
"""

import argparse
import datetime as dt
import gzip
import os
import statistics
import sys
from pathlib import Path
from typing import Any

import end_to_end
import measure

BENCHES = Path(__file__).resolve().parent
PROGRAMS = BENCHES / "programs"
OTHER_LAYOUTS = ("toolbench",)  # calls of the older form, which the programs in Python do not read
COUNTS = {"validate": ("records", "rejected", "wrong_calls"), "convert": ("records", "rejected", "rows")}


def main() -> None:
    given = arguments()
    source = one_file(given.corpus, given.work / "validation.jsonl")
    programs = ready_programs(given, source)
    costs: dict[str, list[measure.Cost]] = {program.name: [] for program in programs}
    for repeat in range(given.warm_up + given.repeats):
        for program in programs:
            cost = measure.run(program.command, {})
            print(f"{repeat + 1}  {program.name:<32} {cost.job_seconds:7.2f} s", file=sys.stderr, flush=True)
            if repeat >= given.warm_up:
                costs[program.name].append(cost)
    result = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": measure.shown_command(),
        "machine": measure.machine(),
        "load_before": given.load,
        "repeats": given.repeats,
        "programs": [end_to_end.summary(program, costs) for program in programs],
        "ratios": ratios(programs, costs),
    }
    table = as_markdown(result, COUNTS[given.verb])
    print(table)
    measure.keep(given.out, {"validate": "validation", "convert": "conversion"}[given.verb], result, table)


def arguments() -> argparse.Namespace:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", BENCHES.parent.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--verb", choices=COUNTS, default="validate")
    parser.add_argument("--corpus", type=Path, default=shared / "corpus", help="folder of *.jsonl.gz shards")
    parser.add_argument("--python", default=sys.executable, help="environment of the other programs")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1, help="rounds that are not counted")
    parser.add_argument("--work", type=Path, default=BENCHES.parent / "out" / "bench")
    parser.add_argument("--out", type=Path, default=BENCHES / "runs")
    given = parser.parse_args()
    given.load = [round(load, 2) for load in os.getloadavg()]
    return given


def one_file(corpus: Path, out: Path) -> Path:
    """All shards as one file of lines, unless it is there."""
    if out.exists():
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_suffix(".partial")
    with draft.open("wb") as lines:
        for shard in sorted(corpus.glob("*.jsonl.gz")):
            if not shard.name.startswith(OTHER_LAYOUTS):
                lines.write(gzip.decompress(shard.read_bytes()))
    return draft.rename(out)


def ready_programs(given: argparse.Namespace, source: Path) -> list[end_to_end.Program]:
    programs = []

    def add(name: str, python: str, modules: tuple[str, ...], script: str, *more: str) -> None:
        why = measure.imports(python, *modules) if modules else None
        if why:
            print(f"left out: {name}: {why}", file=sys.stderr)
            return
        paths = [str(source)] if given.verb == "validate" else [str(source), str(given.work / "rows.jsonl")]
        command = [python, str(PROGRAMS / script), *paths, *more]
        ours = script.startswith("tooltrain") and "--structure" not in more
        programs.append(end_to_end.Program(name, command, source, measure.versions(python, *modules), ours))

    own, script = ("tooltrain_fast",), f"tooltrain_{given.verb}.py"
    if given.verb == "validate":
        add("tooltrain_fast, structure only", sys.executable, own, script, "--structure")
    add("tooltrain_fast", sys.executable, own, script)
    threads = str(os.cpu_count() or 1)
    add(f"tooltrain_fast, {threads} threads", sys.executable, own, script, "--threads", threads)
    if given.verb == "convert":
        for engine, modules in (("json", ()), ("msgspec", ("msgspec",))):
            add(engine, given.python, modules, "convert_by_hand.py", "--engine", engine)
        return programs
    for job, script in (("verdict", "validate_by_hand.py"), ("everything", "validate_everything_by_hand.py")):
        name = f"json + jsonschema, {job}"
        add(name, given.python, ("jsonschema",), script, "--engine", "jsonschema")
        name = f"msgspec + fastjsonschema, {job}"
        add(name, given.python, ("msgspec", "fastjsonschema"), script, "--engine", "fastjsonschema")
    return programs


def ratios(programs: list[end_to_end.Program], costs: dict[str, list[measure.Cost]]) -> list[dict[str, Any]]:
    """How many times faster ours is than the programs in Python, round by round."""
    pairs = []
    for ours in programs:
        for other in programs:
            if not ours.ours or not other.command[1].endswith("_by_hand.py"):
                continue
            rounds = list(zip(costs[ours.name], costs[other.name], strict=True))
            wall = [b.job_seconds / a.job_seconds for a, b in rounds]
            processor = [b.said["processor_seconds"] / a.said["processor_seconds"] for a, b in rounds]
            pairs.append(
                {
                    "ours": ours.name,
                    "other": other.name,
                    "times_faster": end_to_end.spread(wall),
                    "times_less_processor": end_to_end.spread(processor),
                }
            )
    return pairs


def as_markdown(result: dict[str, Any], counts: tuple[str, ...]) -> str:
    machine = result["machine"]
    conditions = (
        f"{measure.described(machine)}; load "
        f"before the run {result['load_before'][0]}. {result['repeats']} rounds, interleaved. "
        f"Input: {result['programs'][0]['input_mb']:.1f} MB of JSON lines."
    )
    lines = [
        f"# {'Validation' if 'wrong_calls' in counts else 'Conversion'}, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        conditions,
        "",
        "| program | MB/s, median (least to most) | MB per CPU s | peak RSS MB | "
        + " | ".join(count.replace("_", " ") for count in counts)
        + " |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for program in result["programs"]:
        speed, said = program["mb_per_second"], program["said"]
        processor = statistics.median(run["said"]["processor_seconds"] for run in program["runs"])
        lines.append(
            f"| {program['name']} | {speed['median']:.1f} ({speed['least']:.1f} to {speed['most']:.1f}) "
            f"| {program['input_mb'] / processor:.1f} | {program['peak_rss_mb']['median']:.0f} "
            f"| {' | '.join(f'{said[count]:,}' for count in counts)} |"
        )
    lines += [
        "",
        "| ours | against | times faster, median of rounds (least to most) | times less processor time |",
        "| --- | --- | --- | --- |",
    ]
    for pair in result["ratios"]:
        fast, less = pair["times_faster"], pair["times_less_processor"]
        lines.append(
            f"| {pair['ours']} | {pair['other']} "
            f"| {fast['median']:.1f} ({fast['least']:.1f} to {fast['most']:.1f}) | {less['median']:.1f} |"
        )
    lines += ["", "| program | versions |", "| --- | --- |"]
    for program in result["programs"]:
        found = ", ".join(f"{name} {version}" for name, version in program["versions"].items())
        lines.append(f"| {program['name']} | {found} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
