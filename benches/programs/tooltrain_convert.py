"""Converting with this package: one call."""

import argparse
import json
import time

import tooltrain_fast as tt

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("out")
parser.add_argument("--threads", type=int, default=1)
given = parser.parse_args()

begun, processor = time.perf_counter(), time.process_time()
report = tt.convert(
    given.source, given.out, to="openai", threads=given.threads, if_exists="overwrite", progress=False
)
seconds, processor = time.perf_counter() - begun, time.process_time() - processor
print(
    json.dumps(
        {
            "seconds": seconds,
            "processor_seconds": processor,
            "records": report.records.read,
            "rejected": report.records.rejected,
            "rows": report.rows,
        }
    )
)
