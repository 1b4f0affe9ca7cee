"""Times `validate` against the same checks in Python: `python benches/validation.py --corpus FOLDER`.

Every program reads the same file of JSON lines on one thread and checks structure, pairing and arguments against
schemas; `tooltrain_fast, structure` leaves the calls unchecked. They run one after another, all of them in each round;
medians and the ratios within a round are what counts. Results go to `benches/runs/` as JSON and as a table.

`--python` is the environment that has jsonschema, fastjsonschema and msgspec.
"""

import argparse
import datetime as dt
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import end_to_end
import measure

BENCHES = Path(__file__).resolve().parent
PROGRAMS = BENCHES / "programs"
OTHER_LAYOUTS = ("toolbench",)  # calls of the older form, which the programs in Python do not read


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
        "command": end_to_end.shown_command().replace("end_to_end", "validation"),
        "machine": measure.machine(),
        "load_before": given.load,
        "repeats": given.repeats,
        "programs": [end_to_end.summary(program, costs) for program in programs],
        "ratios": end_to_end.ratios(programs, costs),
    }
    table = as_markdown(result)
    print(table)
    given.out.mkdir(parents=True, exist_ok=True)
    stem = given.out / f"{result['date']}-validation"
    stem.with_suffix(".json").write_text(json.dumps(result, indent=2) + "\n")
    stem.with_suffix(".md").write_text(table)


def arguments() -> argparse.Namespace:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", BENCHES.parent.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
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

    def add(name: str, python: str, modules: tuple[str, ...], script: str, *more: str, ours: bool) -> None:
        why = measure.imports(python, *modules)
        if why:
            print(f"left out: {name}: {why}", file=sys.stderr)
            return
        command = [python, str(PROGRAMS / script), str(source), *more]
        programs.append(end_to_end.Program(name, command, source, measure.versions(python, *modules), ours))

    own, script = ("tooltrain_fast",), "tooltrain_validate.py"
    add("tooltrain_fast, structure", sys.executable, own, script, "--structure", ours=False)
    add("tooltrain_fast", sys.executable, own, script, ours=True)
    for engine, modules in (
        ("jsonschema", ("jsonschema",)),
        ("fastjsonschema", ("msgspec", "fastjsonschema")),
    ):
        name = "json + jsonschema" if engine == "jsonschema" else "msgspec + fastjsonschema"
        add(name, given.python, modules, "validate_by_hand.py", "--engine", engine, ours=False)
    return programs


def as_markdown(result: dict[str, Any]) -> str:
    machine = result["machine"]
    conditions = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}; load "
        f"before the run {result['load_before'][0]}. One thread each, {result['repeats']} rounds, interleaved. "
        f"Input: {result['programs'][0]['input_mb']:.1f} MB of JSON lines."
    )
    lines = [
        f"# Validation, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        conditions,
        "",
        "| program | MB/s, median (least to most) | s | peak RSS MB | records | rejected | wrong calls |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for program in result["programs"]:
        speed, said = program["mb_per_second"], program["said"]
        lines.append(
            f"| {program['name']} | {speed['median']:.1f} ({speed['least']:.1f} to {speed['most']:.1f}) "
            f"| {program['job_seconds']['median']:.2f} | {program['peak_rss_mb']['median']:.0f} "
            f"| {said['records']:,} | {said['rejected']:,} | {said['wrong_calls']:,} |"
        )
    lines += ["", "| against | times faster, median of rounds (least to most) |", "| --- | --- |"]
    for pair in result["ratios"]:
        fast = pair["times_faster"]
        lines.append(
            f"| {pair['other']} | {fast['median']:.2f} ({fast['least']:.2f} to {fast['most']:.2f}) |"
        )
    lines += ["", "| program | versions |", "| --- | --- |"]
    for program in result["programs"]:
        found = ", ".join(f"{name} {version}" for name, version in program["versions"].items())
        lines.append(f"| {program['name']} | {found} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
