"""Packs the example shards and shows what came out: `make demo`."""

import os
import sys
import tempfile
from pathlib import Path

import tooltrain_fast as tt

shards = Path(__file__).parent / "shards" / "*.jsonl"
folder = Path(tempfile.mkdtemp(prefix="tooltrain-demo-"))

report = tt.pack(shards, out=folder / "packed.parquet", max_length=1280)
print(report, end="\n\n")

os.environ.setdefault("FORCE_COLOR", "1")
print(tt.show(folder / "packed.parquet", row=0))
print(tt.verify(folder / "packed.parquet"), file=sys.stderr)
