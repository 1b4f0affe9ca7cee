"""Packs the whole corpus with the fast engine and with the reference, and compares every row.

    python tests/proof/whole_corpus.py [--corpus FOLDER] [--tokenizers FOLDER] [--only NAME]...

Ids, labels, borders and sources of the rows have to be equal for Qwen3, Llama 3.1 and gpt-oss, with text cut at the
prompts and uncut. Then the file of the fast engine has to be the same, byte for byte, with any number of threads and
any budget of memory. It prints a table and ends with 1 if anything differs.
"""

import argparse
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

import tooltrain_fast as tt

TOKENIZERS = ("qwen3", "llama-3.1", "gpt-oss")
BOUNDARIES = ("prompt", "whole")
RUNS = ({"threads": 1}, {"threads": 3}, {"threads": 2, "memory_limit": "64 MiB"}, {"threads": 2})


def main() -> None:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", Path(__file__).parents[3] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, default=shared / "corpus")
    parser.add_argument("--tokenizers", type=Path, default=shared / "tokenizers")
    parser.add_argument("--only", action="append", choices=TOKENIZERS, help="one tokenizer; may be repeated")
    given = parser.parse_args()
    print("| tokenizer | boundary | records packed | tokens | rows that differ | s |", flush=True)
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    differences = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in given.only or TOKENIZERS:
            for boundary in BOUNDARIES:
                differences += compared(given, name, boundary, Path(folder))
        differences += differing_runs(given, Path(folder))
    sys.exit(1 if differences else 0)


def compared(given: argparse.Namespace, name: str, boundary: str, folder: Path) -> int:
    """The number of rows that differ between the engines."""
    begun = time.perf_counter()
    reports, tables = [], []
    for backend in ("auto", "reference"):
        out = folder / f"{backend}.parquet"
        source, tokenizer = given.corpus / "*.jsonl.gz", given.tokenizers / name
        reports.append(packed(source, out, tokenizer, boundary=boundary, tokenizer_backend=backend))
        tables.append(pq.read_table(out))
    fast, reference = tables
    if reports[0].tokenizer.backend != "fast" or reports[1].tokenizer.backend != "reference":
        raise SystemExit(f"{name}: the engines were {[report.tokenizer.backend for report in reports]}")
    differing = abs(len(fast) - len(reference)) + sum(
        fast.slice(row, 1) != reference.slice(row, 1) for row in range(min(len(fast), len(reference)))
    )
    report, seconds = reports[0], time.perf_counter() - begun
    print(
        f"| {name} | {boundary} | {report.records.packed:,} | {report.tokens.out:,} | {differing} | {seconds:.0f} |",
        flush=True,
    )
    return differing


def differing_runs(given: argparse.Namespace, folder: Path) -> int:
    """How many of the runs give other bytes than the first."""
    digests = []
    for run in RUNS:
        out = folder / "run.parquet"
        packed(given.corpus / "*.jsonl.gz", out, given.tokenizers / TOKENIZERS[0], **run)
        digests.append(hashlib.sha256(out.read_bytes()).hexdigest())
        said = ", ".join(f"{option} {value}" for option, value in run.items())
        print(f"{said}: {digests[-1]}", flush=True)
    return sum(digest != digests[0] for digest in digests)


def packed(source: Path, out: Path, tokenizer: Path, **options: object) -> tt.Report:
    return tt.pack(
        source,
        out=out,
        tokenizer=tokenizer,
        date="2026-01-01",
        max_rejected=None,
        if_exists="overwrite",
        progress=False,
        **options,
    )


if __name__ == "__main__":
    main()
