"""One run of gigatoken: `gigatoken_engine.py TOKENIZER_JSON TEXTS`, texts as JSON strings, one a line.

It prints processor seconds for loading, for text that it has not met, and for the same text again, with the number
and the digest of the ids.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import awkward
import gigatoken
import numpy as np

with Path(sys.argv[2]).open("rb") as lines:
    texts = [json.loads(line).encode() for line in lines]
before = time.process_time()
tokenizer = gigatoken.Tokenizer(sys.argv[1])
tokenizer.encode_batch(gigatoken.BytesSource(texts[:1]), parallel=False)
load = time.process_time() - before

seconds = []
for _ in range(2):
    source = gigatoken.BytesSource(texts)
    before = time.process_time()
    encoded = tokenizer.encode_batch(source, parallel=False)
    seconds.append(time.process_time() - before)
ids = awkward.flatten(encoded).to_numpy().astype(np.uint32)
print(
    json.dumps(
        {
            "load": load,
            "unseen": seconds[0],
            "seen": seconds[1],
            "ids": len(ids),
            "digest": hashlib.sha256(ids.tobytes()).hexdigest(),
        }
    )
)
