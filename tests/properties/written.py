"""What stands in written files, sample by sample."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq


@dataclass(frozen=True)
class Written:
    """A sample of a row."""

    source: tuple[int, int, int]
    ids: tuple[int, ...]
    mask: tuple[int, ...]

    @property
    def trained_runs(self) -> list[tuple[int, ...]]:
        """Consecutive trained tokens."""
        runs: list[list[int]] = []
        before = 0
        for token, bit in zip(self.ids, self.mask, strict=True):
            if bit and not before:
                runs.append([])
            if bit:
                runs[-1].append(token)
            before = bit
        return [tuple(run) for run in runs]


def rows(path: Path) -> list[list[Written]]:
    """The samples of each row."""
    read = []
    for row in pq.read_table(path).to_pylist():
        samples, start = [], 0
        assert row["labels"] == [
            token if bit else -100 for token, bit in zip(row["input_ids"], row["loss_mask"], strict=True)
        ]
        for length, source in zip(row["seq_lengths"], row["sources"], strict=True):
            end = start + length
            place = (source["shard"], source["line"], source["part"])
            samples.append(
                Written(place, tuple(row["input_ids"][start:end]), tuple(row["loss_mask"][start:end]))
            )
            start = end
        assert start == len(row["input_ids"])
        read.append(samples)
    return read


def samples(path: Path) -> list[Written]:
    """All samples in the order of the file."""
    return [sample for row in rows(path) for sample in row]


def fingerprints(path: Path) -> Counter[tuple[int, int, int, bytes]]:
    """Source and digest of ids and mask of each sample; for files too large to compare as lists."""
    found: Counter[tuple[int, int, int, bytes]] = Counter()
    for batch in pq.ParquetFile(path).iter_batches(64):
        ids = batch.column("input_ids").flatten().to_numpy()
        mask = batch.column("loss_mask").flatten().to_numpy()
        lengths = batch.column("seq_lengths").flatten().to_numpy()
        sources = batch.column("sources").flatten()
        places = zip(*(sources.field(name).to_pylist() for name in ("shard", "line", "part")), strict=True)
        ends = np.cumsum(lengths)
        assert len(ids) == len(mask) == ends[-1]
        for place, start, end in zip(places, ends - lengths, ends, strict=True):
            digest = hashlib.blake2b(ids[start:end].tobytes() + mask[start:end].tobytes(), digest_size=16)
            found[*place, digest.digest()] += 1
    return found


def write_shard(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    return path
