"""Real, dirty records: how many are accepted, that all are accounted for, that the masks are right."""

import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import tooltrain_fast as tt
from tooltrain_fast import _core
from tooltrain_fast._options.resolve import core_json, resolved

ACCEPTED = {
    "tau_bench_airline_gpt4o": 200,
    "livemcpbench_claude_sonnet4": 95,
    "bfcl_multi_turn": 796,
    "swe_agent_demonstrations": 17,
}


@pytest.fixture(scope="module")
def packed(shared, tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus") / "packed.parquet"
    return tt.pack(shared / "corpus" / "*.jsonl.gz", out=out, date="2026-01-01", progress=False)


def by_name(report):
    return {Path(shard.name).name.removesuffix(".jsonl.gz"): shard.records for shard in report.shards}


def test_every_record_is_read_and_accounted_for(packed):
    records = packed.records
    assert records.read == 23_217
    assert records.read == (
        records.packed + records.rejected + records.nothing_to_train + records.over_length
    )
    for tokens in (packed.tokens, packed.trained_tokens):
        assert tokens.out == tokens.in_ + tokens.added + tokens.repeated - sum(tokens.dropped.values())


def test_real_files_are_accepted(packed):
    shards = by_name(packed)
    for name, records in shards.items():
        if name.startswith("sgd_"):
            assert records.packed >= 0.999 * records.read, name
    accepted = {name: records.packed + records.over_length for name, records in shards.items()}
    for name, least in ACCEPTED.items():
        assert accepted[name] >= least, (name, shards[name])
    assert accepted["glaive_en_llamafactory"] + accepted["glaive_zh_llamafactory"] >= 590
    single_turn = shards["bfcl_single_turn"]
    assert single_turn.nothing_to_train - single_turn.only_wrong_calls == 1_132
    assert single_turn.only_wrong_calls == 80
    assert packed.records.rejected <= 0.01 * packed.records.read


def test_rows_are_full(packed):
    assert packed.fill >= 0.999
    assert packed.longest_row <= 8192


def test_the_file_is_what_its_report_says(packed, shared):
    found = tt.verify(packed.out, model=shared / "tokenizers" / "qwen3")
    assert found.ok, found
    assert found.tokens == packed.tokens.out
    assert found.trained_tokens == packed.trained_tokens.out


def test_rejects_give_their_lines_back(packed, shared):
    rejects = [json.loads(line) for line in Path(packed.rejects).read_bytes().splitlines()]
    assert len(rejects) == packed.records.rejected
    for one in rejects[:: max(len(rejects) // 20, 1)]:
        path = next((shared / "corpus").glob(Path(one["file"]).name))
        line = gzip.decompress(path.read_bytes()).splitlines()[one["line"] - 1]
        assert line == one["raw"].encode()


def test_rendered_records_are_in_the_rows(packed, shared):
    table = pq.read_table(packed.out)
    table = table.slice(table.num_rows - 2).to_pylist()
    names = [shard.name for shard in packed.shards]
    compared = 0
    for row in table:
        start = 0
        for length, source in zip(row["seq_lengths"], row["sources"], strict=True):
            path = next((shared / "corpus").glob(Path(names[source["shard"]]).name))
            line = gzip.decompress(path.read_bytes()).splitlines()[source["line"] - 1]
            rendered = tt.render(line, date="2026-01-01")
            if len(rendered.input_ids) == length:
                assert row["input_ids"][start : start + length] == rendered.input_ids
                assert row["loss_mask"][start : start + length] == rendered.loss_mask
                compared += 1
            start += length
    assert compared > 10


def test_threads_blocks_and_place_do_not_matter(shared, tmp_path):
    with resolved({"date": "2026-01-01"}) as chosen:
        options = json.loads(core_json(chosen))
    moved = tmp_path / "elsewhere"
    shutil.copytree(shared / "corpus", moved)
    here, there = (
        [str(path) for path in sorted(folder.glob("*.jsonl.gz"))] for folder in (shared / "corpus", moved)
    )
    runs = [
        (here, {"threads": 1}),
        (here, {"threads": 5}),
        (here, {"threads": 2, "block_bytes": 70_000}),
        (there, {"threads": 2}),
    ]
    digests = set()
    for source, changed in runs:
        out = tmp_path / "packed.parquet"
        report = json.loads(
            _core.pack(source, str(out), json.dumps({**options, **changed}).encode(), None, "pack")
        )
        digests.add(report["files"][0]["sha256"])
        out.unlink()
        Path(report["report"]).unlink()
        Path(report["rejects"]).unlink()
    assert len(digests) == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
def test_memory_stays_below_a_gibibyte(shared, tmp_path):
    code = (
        "import pathlib, sys, tooltrain_fast as tt\n"
        "tt.pack(sys.argv[1], out=sys.argv[2], threads=5, progress=False)\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(status.split('VmHWM:')[1].split()[0])"
    )
    corpus = str(shared / "corpus" / "*.jsonl.gz")
    command = [sys.executable, "-c", code, corpus, str(tmp_path / "packed.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kibibytes = int(done.stdout.split()[-1])
    assert 50_000 < kibibytes < 1 << 20
