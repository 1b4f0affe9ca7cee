"""Files such as the package writes, made with pyarrow alone, so that readers are tested without the writer."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


SOURCE = pa.struct(
    [
        pa.field("shard", pa.int32(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("part", pa.int32(), nullable=False),
    ]
)
TRL_SCHEMA = pa.schema(
    [
        pa.field("input_ids", list_of(pa.int32()), nullable=False),
        pa.field("loss_mask", list_of(pa.int8()), nullable=False),
        pa.field("labels", list_of(pa.int32()), nullable=False),
        pa.field("seq_lengths", list_of(pa.int32()), nullable=False),
        pa.field("sources", list_of(SOURCE), nullable=False),
    ]
)
AXOLOTL_SCHEMA = pa.schema(
    [
        pa.field("input_ids", list_of(pa.int32()), nullable=False),
        pa.field("attention_mask", list_of(pa.int8()), nullable=False),
        pa.field("labels", list_of(pa.int32()), nullable=False),
    ]
)


def row(*samples: tuple[list[int], list[int]]) -> dict[str, Any]:
    """A row of samples, each `(ids, mask)`."""
    ids = [token for sample, _ in samples for token in sample]
    mask = [bit for _, bits in samples for bit in bits]
    return {
        "input_ids": ids,
        "loss_mask": mask,
        "labels": [token if bit else -100 for token, bit in zip(ids, mask, strict=True)],
        "seq_lengths": [len(sample) for sample, _ in samples],
        "sources": [{"shard": 0, "line": line, "part": 0} for line in range(1, len(samples) + 1)],
    }


def footer_of(rows: list[dict[str, Any]], max_length: int = 16) -> dict[str, Any]:
    """The footer that tells the truth about `rows`."""
    tokens = sum(len(one["input_ids"]) for one in rows)
    return {
        "schema_version": 1,
        "version": "0.1.0",
        "verb": "pack",
        "options": {"max_length": max_length, "packing": "best_fit"},
        "tokenizer": {"name": "elsewhere", "sha256": "00", "backend": "reference", "reason": "asked for"},
        "template": {"name": "qwen3", "sha256": "11"},
        "serving": "thinking on (the template's own default)",
        "mask_alignment": "token",
        "ignore_index": -100,
        "counts": {
            "records": sum(len(one["seq_lengths"]) for one in rows),
            "rows": len(rows),
            "samples": sum(len(one["seq_lengths"]) for one in rows),
            "tokens": tokens,
            "trained_tokens": sum(sum(label != -100 for label in one["labels"]) for one in rows),
            "fill": tokens / (len(rows) * max_length),
        },
        "shards": ["chats.jsonl"],
    }


def write(
    path: Path,
    rows: list[dict[str, Any]],
    footer: dict[str, Any] | None = None,
    schema: pa.Schema = TRL_SCHEMA,
    row_group_size: int = 2,
) -> Path:
    """Writes `rows` to `path`, small row groups on purpose."""
    metadata = {b"tooltrain_fast": json.dumps(footer or footer_of(rows)).encode()}
    table = pa.Table.from_pylist(
        [{name: one[name] for name in schema.names} for one in rows], schema.with_metadata(metadata)
    )
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


def write_parts(folder: Path, parts: list[list[dict[str, Any]]]) -> Path:
    """Writes a directory of part files with its manifest."""
    folder.mkdir()
    files = []
    for number, rows in enumerate(parts):
        part = write(folder / f"part-{number:05}.parquet", rows)
        files.append(
            {
                "name": part.name,
                "rows": len(rows),
                "bytes": part.stat().st_size,
                "sha256": hashlib.sha256(part.read_bytes()).hexdigest(),
            }
        )
    whole = footer_of([one for rows in parts for one in rows])
    (folder / "manifest.json").write_text(json.dumps({**whole, "files": files}))
    return folder
