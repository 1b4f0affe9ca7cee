"""What `source` may be."""

from pathlib import Path

import polars as pl
import pytest

import tooltrain_fast as tt
from tooltrain_fast.sources import source_list


def test_paths_patterns_and_lists_of_them():
    assert source_list("shards/*.jsonl") == ["shards/*.jsonl"]
    assert source_list(Path("shards")) == ["shards"]
    assert source_list(["a.jsonl", Path("b.jsonl")]) == ["a.jsonl", "b.jsonl"]
    assert source_list(path for path in ("a", "b")) == ["a", "b"]
    assert source_list("-") == ["-"]


def test_the_home_folder_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert source_list("~/shards/*.jsonl") == [f"{tmp_path}/shards/*.jsonl"]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        (pl.DataFrame({"messages": ["[]"]}), "write_ndjson"),
        ({"messages": []}, "render()"),
        ([{"messages": []}], "render()"),
        (b"shards", "render()"),
        ([], "at least one path"),
        (7, "a path, a glob"),
    ],
)
def test_anything_else_is_refused_with_a_hint(source, hint):
    with pytest.raises(tt.OptionsError) as caught:
        source_list(source)
    assert hint in caught.value.hint
