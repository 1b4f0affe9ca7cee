"""The job with this package: one call. Its whole time counts, the tokenizer's loading too."""

import argparse
import json
import tempfile
import time
from pathlib import Path

import tooltrain_fast as tt

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--backend", default="auto")
given = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    begun = time.perf_counter()
    report = tt.pack(
        given.source,
        out=Path(folder) / "packed.parquet",
        threads=given.threads,
        tokenizer_backend=given.backend,
        progress=False,
    )
    seconds = time.perf_counter() - begun

print(
    json.dumps(
        {
            "seconds": seconds,
            "conversations": report.records.packed,
            "tokens": report.tokens.out,
            "trained_tokens": report.trained_tokens.out,
            "rows": report.rows,
            "fill": report.fill,
            "backend": report.tokenizer.backend,
        }
    )
)
