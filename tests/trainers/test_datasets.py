"""The files as `datasets` and `polars` read them."""

import polars as pl
import pyarrow.parquet as pq
import pytest

datasets = pytest.importorskip("datasets")


def load(path, tmp_path, **more):
    return datasets.load_dataset(
        "parquet", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"), **more
    )


def test_datasets_read_the_columns_as_they_were_written(packed, tmp_path):
    read = load(packed, tmp_path)
    written = pq.read_table(packed)
    assert read.column_names == ["input_ids", "loss_mask", "labels", "seq_lengths", "sources"]
    assert read.num_rows == written.num_rows > 1
    assert read.to_list() == written.to_pylist()
    features = read.features
    assert features["input_ids"].feature.dtype == "int32"
    assert features["loss_mask"].feature.dtype == "int8"
    assert features["labels"].feature.dtype == "int32"
    assert features["seq_lengths"].feature.dtype == "int32"


def test_datasets_stream_the_same_rows(packed, tmp_path):
    assert list(load(packed, tmp_path, streaming=True)) == pq.read_table(packed).to_pylist()


def test_polars_reads_the_same_rows(packed):
    assert pl.read_parquet(packed).to_dicts() == pq.read_table(packed).to_pylist()


def test_rows_hold_what_trainers_count_on(packed, tokenized):
    for path in (packed, tokenized):
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            length = len(row["input_ids"])
            assert len(row["labels"]) == len(row["loss_mask"]) == length <= 1024
            assert sum(row["seq_lengths"]) == length
            assert min(row["seq_lengths"]) >= 1
            assert len(row["sources"]) == len(row["seq_lengths"])
            assert any(label != -100 for label in row["labels"])
        assert path is packed or all(len(row["seq_lengths"]) == 1 for row in rows)
    assert any(len(row["seq_lengths"]) > 1 for row in pq.read_table(packed).to_pylist())
