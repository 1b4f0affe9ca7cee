"""What `source` may be."""

import json
from pathlib import Path

import polars as pl
import pytest

import tooltrain_fast as tt
from tooltrain_fast._options.sources import core_source


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
        ([{"messages": []}], "as JSON lines"),
        (b"shards", "render()"),
        ([], "at least one path"),
        (7, "a path, a glob"),
    ],
)
def test_anything_else_is_refused_with_a_hint(source, hint):
    with pytest.raises(tt.OptionsError) as caught:
        core_source(source)
    assert hint in caught.value.hint


def test_a_list_of_records_is_refused_with_the_way_to_a_source(tmp_path):
    records = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}]
    with pytest.raises(tt.OptionsError, match="a list of records names no shards") as caught:
        tt.pack(records, tmp_path / "p.parquet")
    frame = eval(caught.value.hint.split("text: ")[1], {"polars": pl, "json": json, "records": records})
    assert tt.pack(frame, tmp_path / "p.parquet", progress=False).rows == 1


@pytest.mark.parametrize(("value", "name"), [(None, "None"), (7, "an int"), ({}, "a dict"), ([7], "a list")])
def test_what_is_no_source_is_named(value, name):
    with pytest.raises(tt.OptionsError, match=f"^source: {name} names no shards"):
        tt.pack(value, "p.parquet")
