"""Runs one program and says what it cost: wall time, processor time and memory of all its processes.

Also keeps the records of runs, each under the time when it was written, and finds them again.
"""

import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
PAGE_MEGABYTES = os.sysconf("SC_PAGE_SIZE") / 1e6
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Cost:
    """What one run cost, and what the program said about it."""

    job_seconds: float
    """Wall time of the job as the program measured it: imports are not in it."""
    wall_seconds: float
    """Wall time of the whole process."""
    cpu_seconds: float
    """Processor time of the process and all its children, imports included."""
    peak_rss_mb: float | None
    """Largest sum of resident memory over the process tree; pages shared by children count in each."""
    said: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)


class ProgramError(RuntimeError):
    """The program ended with an error; the text is its last output."""


def run(command: list[str], environment: dict[str, str]) -> Cost:
    """Runs `command`, whose last line of output is one JSON object with `seconds`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=out, stderr=err, start_new_session=True, env=os.environ | environment
        )
        peak = 0.0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, resident_megabytes(process.pid))
            time.sleep(POLL_SECONDS)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise ProgramError(err.read().decode(errors="replace")[-2000:])
        said = json.loads(out.read().splitlines()[-1])
    return Cost(
        job_seconds=said["seconds"],
        wall_seconds=wall,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_rss_mb=max(peak, own_peak_megabytes(usage.ru_maxrss)) or None,
        said=said,
    )


def own_peak_megabytes(maximum: int) -> float:
    """The kernel's own figure for the largest single process; kilobytes, on macOS bytes."""
    return maximum / 1e6 if sys.platform == "darwin" else maximum * 1024 / 1e6


def resident_megabytes(session: int) -> float:
    """Resident memory of every process of a session, 0 where the system does not tell."""
    pages = 0
    for status in PROC.glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            pages += int(fields[21])
    return pages * PAGE_MEGABYTES


def imports(python: str, *modules: str) -> str | None:
    """Why `python` cannot import `modules`, or None."""
    script = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    try:
        tried = subprocess.run([python, "-c", script, *modules], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return None if tried.returncode == 0 else (tried.stderr.strip().splitlines() or ["unknown error"])[-1]


def versions(python: str, *packages: str) -> dict[str, str]:
    """Versions of `packages` in the environment of `python`, those that are there."""
    script = """
import importlib.metadata, json, platform, sys
found = {"python": platform.python_version()}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
    asked = subprocess.run([python, "-c", script, *packages], capture_output=True, text=True, check=True)
    return json.loads(asked.stdout)


def machine() -> dict[str, Any]:
    """What the run ran on."""
    model = ""
    try:
        for line in (PROC / "cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    uname = os.uname()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": model or uname.machine,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{uname.sysname} {uname.release} {uname.machine}",
    }


def described(machine: dict[str, Any]) -> str:
    """What the run ran on, in a line."""
    return "{processor}, {cores} cores, {memory_gb} GB, {system}".format(**machine)


def keep(out: Path, slug: str, result: dict[str, Any], table: str) -> Path:
    """Writes the record of a run as JSON and as a table, under the time in UTC; returns the path of the JSON."""
    out.mkdir(parents=True, exist_ok=True)
    record = out / f"{dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M}-{slug}.json"
    record.write_text(json.dumps(result, indent=2) + "\n")
    record.with_suffix(".md").write_text(table)
    return record


def newest(out: Path, slug: str) -> Path:
    """The newest record of that slug; names without a time of day are older than those of the same day with one."""
    name = re.compile(rf"(\d{{4}}-\d\d-\d\d)-(?:(\d{{4}})-)?{re.escape(slug)}\.json")
    found = [
        (match.groups(default=""), path) for path in out.iterdir() if (match := name.fullmatch(path.name))
    ]
    if not found:
        raise FileNotFoundError(f"{out}: no run of {slug}")
    return max(found)[1]


def shown_command() -> str:
    """The command line, with paths cut to their last part."""
    shown = []
    for word in sys.argv[1:]:
        option, equals, value = word.rpartition("=")
        cut = f".../{Path(value).name}" if os.sep in value else value
        shown.append(option + equals + cut)
    return " ".join(["python", f"benches/{Path(sys.argv[0]).name}", *shown])
