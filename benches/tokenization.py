"""Times the tokenizer beside other engines: `python benches/tokenization.py --gigatoken-python ENV/bin/python`.

It builds and runs `rust/rivals`, which prints the corpus with Qwen3's template and gives the same conversations to
every engine, on one thread, interleaved, each round with cold caches. *Unseen* is the corpus once, *seen* the same
again. Processor time counts, ids are compared. Results go to `benches/runs/` as JSON and as a table.
"""

import argparse
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import measure

BENCHES = Path(__file__).resolve().parent
RIVALS = BENCHES.parent / "rust" / "rivals"
OURS = "tooltrain_fast"
OUR_WORDS = "tooltrain-bpe, words only"
REFERENCE = "tokenizers 0.23.2"
WITH_SEGMENT_CACHE = "segment cache"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    parser.add_argument("--out", type=Path, default=BENCHES / "runs")
    given = parser.parse_args()
    result = run(given)
    table = as_markdown(result)
    print(table)
    measure.keep(given.out, "tokenization", result, table)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", BENCHES.parent.parent / "shared" / "data"))
    parser.add_argument("--corpus", type=Path, default=shared / "corpus", help="folder of *.jsonl.gz shards")
    parser.add_argument("--tokenizer-folder", type=Path, default=shared / "tokenizers" / "qwen3")
    parser.add_argument("--gigatoken-python", metavar="PYTHON", help="of an environment with gigatoken")
    parser.add_argument("--tokenization-repeats", type=int, default=5)


def run(given: argparse.Namespace) -> dict[str, Any]:
    """The figures of `rust/rivals` with speeds, ratios, machine and command."""
    load = round(os.getloadavg()[0], 2)
    command = [
        *("cargo", "run", "--release", "--quiet", "--manifest-path", str(RIVALS / "Cargo.toml"), "--"),
        *("--corpus", str(given.corpus), "--tokenizer", str(given.tokenizer_folder / "tokenizer.json")),
        *("--repeats", str(given.tokenization_repeats)),
    ]
    if given.gigatoken_python:
        command += ["--gigatoken-python", given.gigatoken_python]
    environment = os.environ | {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    found = json.loads(said.stdout)
    versions = measure.versions(given.gigatoken_python, "gigatoken") if given.gigatoken_python else {}
    for engine in found["engines"]:
        if engine["name"] == "gigatoken":
            engine["name"] = f"gigatoken {versions['gigatoken']}"
        size = found["reference_megabytes" if engine["name"] == REFERENCE else "megabytes"]
        for text in ("unseen", "seen"):
            engine[f"{text}_mb_per_second"] = [size / seconds for seconds in engine[f"{text}_seconds"]]
        engine["same_ids"] = engine["ids_sha256"] == expected_digest(found, engine)
    return {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": " ".join(
            [
                f"python benches/tokenization.py --tokenization-repeats {given.tokenization_repeats}",
                *(["--gigatoken-python ENV/bin/python"] if given.gigatoken_python else []),
            ]
        ),
        "machine": measure.machine(),
        "load_before": load,
        **found,
        "rows": rows(found["engines"]),
    }


def expected_digest(found: dict[str, Any], engine: dict[str, Any]) -> str:
    """The digest of our ids of the same documents; the reference had some of them only."""
    if engine["name"] == REFERENCE:
        return found["ours_on_the_reference_documents"]
    return by_name(found["engines"])[OURS]["ids_sha256"]


def by_name(engines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {engine["name"]: engine for engine in engines}


def rows(engines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How many times faster ours is on unseen text, round by round; the best rival is that of each round."""
    named = by_name(engines)
    rivals = [engine for engine in engines if engine["name"] not in {OURS, OUR_WORDS, REFERENCE}]
    without_cache = [engine for engine in rivals if WITH_SEGMENT_CACHE not in engine["name"]]
    pairs = {
        "words only, to the reference": (OUR_WORDS, [named[REFERENCE]]),
        "words only, to the best other": (OUR_WORDS, without_cache),
        "with the segment cache, to the best other": (OURS, without_cache),
        "with the segment cache, to the best other with or without one": (OURS, rivals),
    }
    return {name: compared(named[ours], others) for name, (ours, others) in pairs.items()}


def compared(ours: dict[str, Any], others: list[dict[str, Any]]) -> dict[str, Any]:
    rounds = len(ours["unseen_mb_per_second"])
    ratios = []
    for number in range(rounds):
        best = max(other["unseen_mb_per_second"][number] for other in others)
        ratios.append(ours["unseen_mb_per_second"][number] / best)
    fastest = max(others, key=lambda other: statistics.median(other["unseen_mb_per_second"]))
    return {
        "against": fastest["name"],
        "median": statistics.median(ratios),
        "least": min(ratios),
        "most": max(ratios),
    }


def as_markdown(result: dict[str, Any]) -> str:
    machine, left_out = result["machine"], result["left_out"]
    lines = [
        f"# Tokenization, {result['date']}",
        "",
        f"`{result['command']}`",
        "",
        (
            f"{measure.described(machine)}; load "
            f"before the run {result['load_before']}. One thread, {result['repeats']} rounds, interleaved, processor "
            f"time, medians (least to most). {result['documents']:,} conversations printed with Qwen3's template, "
            f"{result['megabytes']:.1f} MB; {REFERENCE} had every fortieth, {result['reference_megabytes']:.1f} MB. "
            f"Left out: {left_out['unusable']:,} records that cannot be printed, "
            f"{left_out['spelling_control_tokens']:,} whose data spell a control token."
        ),
        "",
        f"{OURS} encodes as `pack` does, with the segment cache and the check of some texts by the reference.",
        "",
        "| engine | load ms | unseen MB/s | seen MB/s | ids | same as ours |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for engine in result["engines"]:
        load = "" if engine["name"] == OURS else f"{1000 * statistics.median(engine['load_seconds']):.0f}"
        lines.append(
            f"| {engine['name']} | {load} | {spread(engine['unseen_mb_per_second'])} "
            f"| {spread(engine['seen_mb_per_second'])} | {engine['ids']:,} "
            f"| {'yes' if engine['same_ids'] else 'NO'} |"
        )
    lines += [
        "",
        "| unseen text, ratio in a round | against | median (least to most) |",
        "| --- | --- | --- |",
    ]
    for name, row in result["rows"].items():
        ratio = f"{row['median']:.2f} ({row['least']:.2f} to {row['most']:.2f})"
        lines.append(f"| {name} | {row['against']} | {ratio} |")
    return "\n".join(lines) + "\n"


def spread(values: list[float]) -> str:
    figures = [statistics.median(values), min(values), max(values)]
    median, least, most = (f"{value:.1f}" if value < 10 else f"{value:.0f}" for value in figures)
    return f"{median} ({least} to {most})"


if __name__ == "__main__":
    sys.exit(main())
