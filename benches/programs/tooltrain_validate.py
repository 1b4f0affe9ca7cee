"""Checking with this package: one call. With `--structure` calls are not compared with tools."""

import argparse
import json
import time

import tooltrain_fast as tt

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("--structure", action="store_true")
parser.add_argument("--threads", type=int, default=1)
given = parser.parse_args()
validation = "off" if given.structure else "mask"

begun, processor = time.perf_counter(), time.process_time()
found = tt.validate(given.source, validation=validation, threads=given.threads, progress=False)
seconds, processor = time.perf_counter() - begun, time.process_time() - processor
print(
    json.dumps(
        {
            "seconds": seconds,
            "processor_seconds": processor,
            "records": found.records.read,
            "rejected": found.records.rejected,
            "wrong_calls": found.tool_use.wrong_calls,
        }
    )
)
