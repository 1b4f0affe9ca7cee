"""What `source` may be."""

from pathlib import Path

import polars as pl
import pytest

import tooltrain_fast as tt
from tooltrain_fast.sources import core_source


def test_paths_patterns_and_lists_of_them():
    assert core_source("shards/*.jsonl") == ["shards/*.jsonl"]
    assert core_source(Path("shards")) == ["shards"]
    assert core_source(["a.jsonl", Path("b.jsonl")]) == ["a.jsonl", "b.jsonl"]
    assert core_source(path for path in ("a", "b")) == ["a", "b"]
    assert core_source("-") == ["-"]


def test_a_frame_is_given_as_it_is():
    frame = pl.DataFrame({"messages": ["[]"]})
    assert core_source(frame) is frame


def test_the_home_folder_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert core_source("~/shards/*.jsonl") == [f"{tmp_path}/shards/*.jsonl"]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        (pl.LazyFrame({"messages": ["[]"]}), "collect()"),
        ({"messages": []}, "render()"),
        ([{"messages": []}], "render()"),
        (b"shards", "render()"),
        ([], "at least one path"),
        (7, "a path, a glob"),
    ],
)
def test_anything_else_is_refused_with_a_hint(source, hint):
    with pytest.raises(tt.OptionsError) as caught:
        core_source(source)
    assert hint in caught.value.hint
