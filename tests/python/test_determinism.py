"""Output bytes depend on shard bytes and options, not on threads, blocks, places or what else lies around."""

import json
import shutil

import pytest
from chats import write_shards

import tooltrain_fast as tt
from tooltrain_fast import _core
from tooltrain_fast._options.resolve import core_json, resolved


def digest(shards, out, **options):
    with resolved({**options, "date": "2026-01-01", "if_exists": "overwrite"}) as chosen:
        return run_core(shards, out, json.loads(core_json(chosen)))


def run_core(shards, out, options):
    report = json.loads(_core.pack([str(shards)], str(out), json.dumps(options).encode(), None, "pack"))
    return [file["sha256"] for file in report["files"]]


@pytest.fixture
def shards(tmp_path):
    return write_shards(tmp_path / "here" / "shards", shards=4, records=60, bad=True)


def test_threads_do_not_matter(shards, tmp_path):
    digests = {str(digest(shards, tmp_path / f"{threads}.parquet", threads=threads)) for threads in (1, 2, 5)}
    assert len(digests) == 1


def test_caches_do_not_matter(shards, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    for copy in range(6):
        for shard in shards.iterdir():
            shutil.copy(shard, again / f"{copy}-{shard.name}")
    digests = {
        str(digest(again, tmp_path / f"{limit}-{threads}.parquet", memory_limit=limit, threads=threads))
        for limit, threads in ((1, 1), (30_000, 1), (300_000, 2), (None, 1), (None, 3))
    }
    assert len(digests) == 1
    report = tt.pack(again, out=tmp_path / "warm.parquet", threads=1, progress=False)
    assert report.reused_bytes > 0
    cold = tt.pack(again, out=tmp_path / "cold.parquet", threads=1, memory_limit=1, progress=False)
    assert cold.reused_bytes == 0


def test_block_sizes_do_not_matter(shards, tmp_path):
    with resolved({"date": "2026-01-01", "if_exists": "overwrite"}) as chosen:
        options = json.loads(core_json(chosen))
    digests = {
        str(run_core(shards, tmp_path / f"{size}.parquet", {**options, "block_bytes": size}))
        for size in (4096, 50_000, 1 << 20)
    }
    assert len(digests) == 1


def test_the_place_does_not_matter(shards, tmp_path, monkeypatch):
    here = digest(shards, tmp_path / "a.parquet")
    shutil.copytree(shards, tmp_path / "there" / "shards")
    assert digest(tmp_path / "there" / "shards", tmp_path / "there" / "b.parquet") == here
    monkeypatch.chdir(shards.parent)
    assert digest("shards", "c.parquet") == here


def test_a_pattern_a_list_and_a_folder_give_the_same_bytes(shards, tmp_path):
    folder = tt.pack(shards, out=tmp_path / "a.parquet", date="2026-01-01", progress=False)
    pattern = tt.pack(shards / "*.jsonl", out=tmp_path / "b.parquet", date="2026-01-01", progress=False)
    listed = tt.pack(sorted(shards.iterdir()), out=tmp_path / "c.parquet", date="2026-01-01", progress=False)
    assert {one.files[0].sha256 for one in (folder, pattern, listed)} == {folder.files[0].sha256}


def test_seeds_and_shuffles_do_matter(shards, tmp_path):
    made = [
        digest(shards, tmp_path / f"{seed}.parquet", max_length=1024, shuffle_window=64, seed=seed)
        for seed in (1, 2, 1)
    ]
    assert made[0] == made[2] != made[1]
