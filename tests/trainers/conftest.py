"""Files for the trainers to read."""

from pathlib import Path

import pytest

import tooltrain_fast as tt

SHARD = Path(__file__).parent.parent.parent / "examples" / "shards" / "weather.jsonl"


@pytest.fixture(scope="session")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An example shard in rows of several conversations."""
    out = tmp_path_factory.mktemp("packed") / "packed.parquet"
    tt.pack(SHARD, out=out, max_length=1024, progress=False)
    return out


@pytest.fixture(scope="session")
def tokenized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with one conversation a row."""
    out = tmp_path_factory.mktemp("tokenized") / "tokenized.parquet"
    tt.tokenize(SHARD, out=out, max_length=1024, progress=False)
    return out
