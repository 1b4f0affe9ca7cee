"""Writes `THIRD_PARTY_LICENSES.txt`, the licences of the crates in the wheel: `python docs/third_party.py`.

`--check` writes nothing, and ends with an error where the file lacks a crate that is linked, or has one that is not.
"""

import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "THIRD_PARTY_LICENSES.txt"
LICENCE_NAMES = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
RULE = "=" * 100
TRIPLE = "x86_64-unknown-linux-gnu"


def linked() -> dict[str, str]:
    """Name and version of each crate that is linked into the wheel for Linux, with its licence."""
    command = ["cargo", "tree", "--locked", "--package", "tooltrain-py", "--edges", "normal,no-proc-macro"]
    tree = subprocess.run(
        [*command, "--target", TRIPLE, "--prefix", "none", "--format", "{p}|{l}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    crates = {}
    for line in tree.splitlines():
        crate, _, licence = line.removesuffix(" (*)").partition("|")
        name, version = crate.split()[:2]
        if not name.startswith("tooltrain-"):
            crates[f"{name} {version.removeprefix('v')}"] = licence
    return crates


def texts(crate: str, folders: dict[str, Path]) -> list[str]:
    """The licence files of a crate."""
    files = sorted(
        file for file in folders[crate].iterdir() if file.is_file() and LICENCE_NAMES.match(file.name)
    )
    return [
        file.read_text(encoding="utf-8", errors="replace").strip().replace("\r\n", "\n") for file in files
    ]


def page() -> str:
    """The file: crates with the same text stand above it together."""
    metadata = json.loads(
        subprocess.run(
            ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TRIPLE],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
    )
    folders = {f"{p['name']} {p['version']}": Path(p["manifest_path"]).parent for p in metadata["packages"]}
    users: dict[str, list[str]] = defaultdict(list)
    crates = linked()
    for crate, licence in sorted(crates.items()):
        for text in texts(crate, folders) or [f"No licence file in the crate; it is declared as {licence}."]:
            users[text].append(crate)
    parts = ["Crates that are linked into tooltrain_fast, with their licences.\n"]
    parts += [f"{crate}: {licence}" for crate, licence in sorted(crates.items())]
    for text, of in users.items():
        parts += ["", RULE, ", ".join(of), RULE, "", text]
    return "\n".join(parts) + "\n"


def listed() -> dict[str, str]:
    """The crates that the file lists at its top."""
    head = FILE.read_text(encoding="utf-8").partition(RULE)[0]
    return dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)


def main() -> None:
    """Writes the file, or compares its list with what is linked."""
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(page(), encoding="utf-8")
        return
    wanted, found = linked(), listed()
    if wanted != found:
        changed = sorted(set(wanted.items()) ^ set(found.items()))
        names = ", ".join(sorted({name for name, _ in changed}))
        sys.exit(
            f"THIRD_PARTY_LICENSES.txt differs from Cargo.lock in {names}; run python docs/third_party.py"
        )


if __name__ == "__main__":
    main()
