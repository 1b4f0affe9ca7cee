"""Checking with this package: one call on one thread. With `--structure` calls are not compared with tools."""

import argparse
import json
import time

import tooltrain_fast as tt

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("--structure", action="store_true")
given = parser.parse_args()

begun = time.perf_counter()
found = tt.validate(given.source, validation="off" if given.structure else "mask", threads=1, progress=False)
seconds = time.perf_counter() - begun
print(
    json.dumps(
        {
            "seconds": seconds,
            "records": found.records.read,
            "rejected": found.records.rejected,
            "wrong_calls": found.tool_use.wrong_calls,
        }
    )
)
