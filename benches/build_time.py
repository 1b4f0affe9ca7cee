"""Times `make demo` and `make test` from bare clones of two commits, by turns, and prints a table.

    python benches/build_time.py OLD_COMMIT NEW_COMMIT

Each run has a fresh clone and an empty target folder; crates and Python packages that were downloaded before are
kept, so run each commit once before it counts. On a busy machine processor time is the figure to compare.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("demo", "test")


@dataclass(frozen=True)
class Run:
    """What one command cost, in seconds."""

    wall: float
    processor: float


def timed(command: list[str], folder: Path) -> Run:
    """Runs `command` in `folder`; an error ends the program with the last output."""
    environment = {name: value for name, value in os.environ.items() if name != "CARGO_TARGET_DIR"}
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        if status:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{output.read().decode(errors='replace')[-4000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime)


def measure(commit: str, target: str) -> Run:
    """Runs one target in a fresh clone of `commit`."""
    with tempfile.TemporaryDirectory(prefix="tooltrain-build-") as temporary:
        clone = Path(temporary) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=clone, check=True)
        return timed(["make", target], clone)


def main() -> None:
    """Prints one line for each target and commit, and the ratio."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--targets", nargs="+", choices=TARGETS, default=TARGETS)
    options = parser.parse_args()
    print("| target | commit | wall, s | processor, s |\n| --- | --- | --- | --- |")
    for target in options.targets:
        old, new = (measure(commit, target) for commit in (options.old, options.new))
        for commit, run in ((options.old, old), (options.new, new)):
            print(f"| make {target} | {commit} | {run.wall:.0f} | {run.processor:.0f} |", flush=True)
        ratios = f"{new.wall / old.wall:.2f} | {new.processor / old.processor:.2f}"
        print(f"| make {target} | new / old | {ratios} |", flush=True)


if __name__ == "__main__":
    main()
