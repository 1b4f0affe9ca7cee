"""Ends runs at every system call that publishes, and looks at what is left: data, report and rejects of one run.

    python tests/faults/kill_points.py [--calls rename,fsync,...] [--forms file,directory,...] [--most N]

Needs strace. Each run is killed, or its call is made to fail, at the first such call, the second, and so on, until a
run goes through. Afterwards the next run has to succeed and leave nothing behind.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

RENAMES = "rename,renameat,renameat2"
CALLS = {
    "rename": RENAMES,
    "fsync": "fsync,fdatasync",
    "unlink": "unlink,unlinkat,rmdir",
    "mkdir": "mkdir,mkdirat",
    "flock": "flock",
}
FORMS = ("file", "arrow", "directory", "convert", "fix")
ENDS = {"kill": "signal=SIGKILL", "error": "error=EIO"}
BAD = '{"broken %s\n'


class Trial(NamedTuple):
    """A form of output, whether there is an earlier one, the calls that are met and how they end."""

    form: str
    overwrite: bool
    call: str
    end: str


def chat(word: str) -> str:
    return json.dumps(
        {"messages": [{"role": "user", "content": word}, {"role": "assistant", "content": f"{word} it is"}]}
    )


def words_of(form: str, shard: str, out: str) -> list[str]:
    """The command line of a run over `shard`."""
    verb = {"convert": ["convert", "--to", "messages"], "fix": ["validate"]}.get(
        form, ["pack", "--date", "2026-01-01"]
    )
    where = ["--fix", out] if form == "fix" else ["--out", out]
    return [
        sys.executable,
        "-m",
        "tooltrain_fast",
        *verb,
        shard,
        *where,
        "--if-exists",
        "overwrite",
        "--quiet",
    ]


def output_of(form: str, folder: Path) -> Path:
    name = {"file": "o.parquet", "arrow": "o.arrow", "directory": "o"}.get(form, "o.jsonl")
    return folder / name


def run_of(out: Path) -> tuple[str, str, str]:
    """Which run the data, the report and the rejects are of; empty where there is none."""
    data = ""
    if out.exists():
        files = sorted(out.iterdir()) if out.is_dir() else [out]
        data = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    report, rejects = (out.with_name(out.name + end) for end in (".report.json", ".rejects.jsonl"))
    shard = ""
    if report.exists():
        shard = json.loads(report.read_bytes())["shards"][0]["name"]
    text = rejects.read_text() if rejects.exists() else ""
    return data, shard, text.partition('"raw":"{\\"broken ')[2].partition('"')[0]


def check(trial: Trial, folder: Path, known: dict[str, str]) -> str | None:
    """What is wrong with the files in `folder`; `known` has the run of each digest of data."""
    out = output_of(trial.form, folder)
    data, report, rejects = run_of(out)
    if data and data not in known:
        return "the data is torn"
    runs = {run for run in (known.get(data, ""), report.partition(".")[0], rejects) if run}
    if len(runs) > 1:
        return f"files of two runs: {data and known[data]}, {report}, {rejects}"
    if trial.overwrite and not data:
        return "the earlier output is gone"
    return None


def injected(trial: Trial, number: int, words: list[str], folder: Path) -> int:
    """Runs `words` and ends it at call `number`; its exit code."""
    calls = CALLS[trial.call]
    inject = f"inject={calls}:{ENDS[trial.end]}:when={number}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject]
    return subprocess.run([*strace, *words], cwd=folder, capture_output=True, check=False).returncode


def prepare(form: str, overwrite: bool, base: Path) -> tuple[Path, dict[str, str]]:
    """A folder with the shards of two runs and, with `overwrite`, the output of the first; and the digests of both."""
    known = {}
    for name in ("old", "new"):
        folder = base / name
        folder.mkdir(parents=True)
        shard = folder / f"{name}.jsonl"
        shard.write_text(chat(name) + "\n" + BAD % name)
        subprocess.run(
            words_of(form, shard.name, output_of(form, folder).name),
            cwd=folder,
            check=False,
            capture_output=True,
        )
        known[run_of(output_of(form, folder))[0]] = name
    start = base / "start"
    shutil.copytree(base / "old", start) if overwrite else start.mkdir()
    shutil.copy(base / "new/new.jsonl", start)
    assert set(known.values()) == {"old", "new"}
    return start, known


def trials(calls: list[str], forms: list[str]) -> Iterator[Trial]:
    for form in forms:
        for overwrite in (True, False):
            for call in calls:
                for end in ENDS:
                    yield Trial(form, overwrite, call, end)


def carry_out(trial: Trial, most: int) -> tuple[int, list[str]]:
    """How many points were tried, and what was wrong at them."""
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as base:
        start, known = prepare(trial.form, trial.overwrite, Path(base))
        for number in range(1, most + 1):
            folder = Path(base) / f"point-{number}"
            shutil.copytree(start, folder)
            words = words_of(trial.form, "new.jsonl", output_of(trial.form, folder).name)
            code = injected(trial, number, words, folder)
            found = check(trial, folder, known)
            done = code in (0, 1)
            subprocess.run(words, cwd=folder, check=False, capture_output=True)
            again = run_of(output_of(trial.form, folder))
            if found is None and (known.get(again[0]), again[1], again[2]) != ("new", "new.jsonl", "new"):
                found = f"the next run leaves {again}"
            left = [one.name for one in folder.iterdir() if one.name.startswith(".")]
            if found is None and left:
                found = f"the next run leaves {left}"
            if found is not None:
                wrong.append(f"{trial}, call {number}: {found}")
            shutil.rmtree(folder)
            if done and found is None and trial.end == "kill":
                return number, wrong
        return most, wrong


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", default=",".join(CALLS))
    parser.add_argument("--forms", default=",".join(FORMS))
    parser.add_argument("--most", type=int, default=40, help="Points to try of each kind.")
    given = parser.parse_args()
    points = 0
    failed = []
    for trial in trials(given.calls.split(","), given.forms.split(",")):
        tried, wrong = carry_out(trial, given.most)
        points += tried
        failed += wrong
        print(f"{trial}: {tried} points, {len(wrong)} wrong", flush=True)
    print(f"{points} points, {len(failed)} wrong", *failed, sep="\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
