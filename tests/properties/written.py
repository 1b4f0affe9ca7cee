"""What stands in written files, sample by sample."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


def write_shard(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))
    return path
