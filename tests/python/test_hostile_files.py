"""Whatever a named file holds or is, the answer is an error of this package, and soon."""

import contextlib
import gzip
import json
import os
import random
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chats import write_shards

import tooltrain_fast as tt

GOOD = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo"}]}
needs_pipes = pytest.mark.skipif(sys.platform == "win32", reason="named pipes")


@pytest.fixture
def shard(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text(json.dumps(GOOD) + "\n")
    return "a.jsonl"


def verbs(path):
    return [
        lambda: tt.verify(path),
        lambda: tt.show(path, row=0),
        lambda: tt.how_to_train(path),
    ]


@needs_pipes
@pytest.mark.timeout(60)
def test_a_pipe_in_the_place_of_a_file_never_blocks(shard, tmp_path):
    for name in ("pipe", "pipe.jsonl", "pipe.parquet", "pipe.arrow", "out.partial"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "model").mkdir()
    os.mkfifo(tmp_path / "model/tokenizer.json")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder/manifest.json")
    os.mkfifo(tmp_path / "config.yaml")
    tries = [
        lambda: tt.pack("pipe.jsonl", out="x.parquet", progress=False),
        lambda: tt.pack(shard, out="x.parquet", chat_template="./pipe", progress=False),
        lambda: tt.pack(shard, out="x.parquet", tools="pipe", progress=False),
        lambda: tt.pack(shard, out="x.parquet", tokenizer="model", progress=False),
        lambda: tt.show("pipe.jsonl"),
        *[verb for name in ("pipe", "pipe.parquet", "pipe.arrow", "folder") for verb in verbs(name)],
    ]
    for attempt in tries:
        with pytest.raises(tt.TooltrainError):
            attempt()
    assert tt.pack(shard, out="out/", progress=False).rows == 1


def test_a_named_device_or_directory_is_refused(shard):
    for given in ("/dev/zero", "."):
        for option in ("tools", "chat_template"):
            with pytest.raises(tt.TooltrainError, match=r"is a (device|directory)"):
                tt.pack(shard, out="x.parquet", progress=False, **{option: given})


@pytest.mark.parametrize(
    "name", ["../other/part-00000.parquet", "/etc/passwd", "x/part-00000.parquet", "a.parquet", ""]
)
def test_a_manifest_names_files_of_its_directory_only(shard, tmp_path, name):
    tt.pack(shard, out="o/", progress=False)
    manifest = json.loads((tmp_path / "o/manifest.json").read_bytes())
    (tmp_path / "other").mkdir()
    (tmp_path / "o/part-00000.parquet").rename(tmp_path / "other/part-00000.parquet")
    manifest["files"][0]["name"] = name
    (tmp_path / "o/manifest.json").write_text(json.dumps(manifest))
    for verb in verbs("o"):
        with pytest.raises(tt.ReadError, match="the manifest names"):
            verb()


def changed(metadata=None, table=None):
    def change(before):
        after, facts = before, dict(before.schema.metadata)
        footer = json.loads(facts[b"tooltrain_fast"])
        if metadata is not None:
            metadata(footer)
        after = after.replace_schema_metadata({**facts, b"tooltrain_fast": json.dumps(footer).encode()})
        return after if table is None else table(after)

    return change


def column(name, values):
    return lambda table: table.set_column(table.column_names.index(name), name, values)


TAMPERED = {
    "ignore_index": changed(lambda footer: footer.update(ignore_index=10**20)),
    "vocabulary is text": changed(lambda footer: footer["tokenizer"].update(vocab_size="x")),
    "vocabulary is huge": changed(lambda footer: footer["tokenizer"].update(vocab_size=10**30)),
    "no length": changed(lambda footer: footer["options"].update(max_length=0)),
    "length is huge": changed(lambda footer: footer["options"].update(max_length=10**40)),
    "shards are numbers": changed(lambda footer: footer.update(shards=[1])),
    "fill is NaN": changed(lambda footer: footer["counts"].update(fill=float("nan"))),
    "fill is infinite": changed(lambda footer: footer["counts"].update(fill=float("inf"))),
    "rows are negative": changed(lambda footer: footer["counts"].update(rows=-1)),
    "a null row": changed(None, column("input_ids", pa.array([None], pa.list_(pa.int32())))),
    "a null id": changed(None, column("input_ids", pa.array([[None]], pa.list_(pa.int32())))),
    "ids are text": changed(None, column("input_ids", pa.array([["x"]]))),
    "ids are no list": changed(None, column("input_ids", pa.array([1], pa.int32()))),
    "null sources": changed(None, column("sources", pa.array([None]))),
    "no ids": changed(None, lambda table: table.drop_columns(["input_ids"])),
    "no columns": changed(None, lambda table: table.select([])),
    "shard -1": changed(None, column("sources", pa.array([[{"shard": -1, "line": 1, "part": 0}]]))),
    "shard 7": changed(None, column("sources", pa.array([[{"shard": 7, "line": 1, "part": 0}]]))),
    "line 0": changed(None, column("sources", pa.array([[{"shard": 0, "line": 0, "part": 0}]]))),
    "negative lengths": changed(None, column("seq_lengths", pa.array([[-5]], pa.list_(pa.int32())))),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_tampered_file_is_never_said_to_be_well(shard, change):
    tt.pack(shard, out="p.parquet", progress=False)
    pq.write_table(change(pq.read_table("p.parquet")), "h.parquet")
    with contextlib.suppress(tt.ReadError):
        assert not tt.verify("h.parquet").ok
    for verb in verbs("h.parquet")[1:]:
        try:
            verb()
        except (tt.ReadError, tt.OptionsError, tt.OutOfRangeError):
            continue


def test_a_report_of_another_shape_or_run_is_found(shard, tmp_path):
    tt.pack(shard, out="p.parquet", progress=False)
    report = tmp_path / "p.parquet.report.json"
    assert tt.verify("p.parquet").ok
    whole = json.loads(report.read_bytes())
    whole["files"][0]["sha256"] = "0" * 64
    report.write_text(json.dumps(whole))
    found = tt.verify("p.parquet")
    assert [problem.message for problem in found.problems] == ["it is the report of another run"]
    for text in ("[]", "{", '{"options": {"tokenizer": 5}}', '{"options": 5}', "[" * 10**5, '{"files": [5]}'):
        report.write_text(text)
        tt.verify("p.parquet")
        assert tt.show("p.parquet").tokens


@pytest.mark.parametrize("name", ["p.parquet", "p.arrow", "p/"])
def test_no_damage_of_a_written_file_ends_otherwise(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    shards = write_shards(tmp_path / "shards", shards=1, records=20)
    tt.pack(shards, out=name, progress=False)
    path = tmp_path / ("p/part-00000.parquet" if name == "p/" else name)
    sound, random_ = path.read_bytes(), random.Random(11)
    refused = 0
    for _ in range(60):
        damaged = bytearray(sound)
        if random_.random() < 0.2:
            del damaged[random_.randrange(len(damaged)) :]
        for _ in range(random_.choice([1, 1, 8])):
            if damaged:
                place = random_.choice([random_.random(), 1 - random_.random() ** 3])
                damaged[min(int(place * len(damaged)), len(damaged) - 1)] = random_.randrange(256)
        path.write_bytes(damaged)
        for verb in verbs(name.rstrip("/")):
            try:
                verb()
            except (tt.ReadError, tt.OptionsError, tt.OutOfRangeError):
                refused += 1
    assert refused > 20


def test_show_reads_a_record_as_a_run_does(shard, tmp_path):
    bomb = {
        "messages": [{"role": "user", "content": "a" * 3_000_000}, {"role": "assistant", "content": "yo"}]
    }
    with gzip.open("b.jsonl.gz", "wt") as file:
        file.write(json.dumps(bomb) + "\n" + json.dumps(GOOD) + "\n")
    with pytest.raises(tt.RejectedRecordError, match="max_line_bytes"):
        tt.show("b.jsonl.gz", line=1, max_line_bytes=1_000_000)
    assert tt.show("b.jsonl.gz", line=2, max_line_bytes=1_000_000).tokens
    deep = {**GOOD, "x": json.loads("[" * 400 + "]" * 400)}
    (tmp_path / "d.jsonl").write_text(json.dumps(deep) + "\n")
    with pytest.raises(tt.RejectedRecordError, match=r"deep|nest"):
        tt.show("d.jsonl")
    assert tt.show("d.jsonl", max_depth=1000).tokens
    with pytest.raises(tt.OutOfRangeError, match="1 record"):
        tt.show(shard, line=5)


@pytest.mark.parametrize(
    "text",
    [
        '{"messages":[{"role":"user","content":"hi","x":1e400},{"role":"assistant","content":"yo"}]}',
        '{"messages":[{"role":"user","content":"hi","x":'
        + "9" * 5000
        + '},{"role":"assistant","content":"yo"}]}',
        '{"messages":[{"role":"user","content":"hi","x":'
        + "[" * 1200
        + "]" * 1200
        + '},{"role":"assistant","content":"yo"}]}',
    ],
    ids=["1e400", "5000 digits", "1200 deep"],
)
def test_show_draws_what_pack_takes(tmp_path, text):
    path = tmp_path / "a.jsonl"
    path.write_text(text + "\n")
    assert tt.pack(path, out=tmp_path / "p.parquet", max_depth=4000, progress=False).rows == 1
    assert tt.show(path, max_depth=4000).tokens
    assert tt.show(path, line=1, max_depth=4000).to_html()


def test_values_that_are_no_json_are_refused_as_such():
    nested = []
    for _ in range(100_000):
        nested = [nested]
    for value in (nested, "\ud800", object(), {1: 2, "b": {3}}):
        with pytest.raises(tt.TooltrainError):
            tt.render({"messages": [{"role": "user", "content": value}]})


def test_what_a_callback_raises_is_the_callers(shard, tmp_path):
    def fails(_progress):
        raise OSError("mine")

    with pytest.raises(OSError, match="mine") as caught:
        tt.pack(shard, out=tmp_path / "p.parquet", progress=fails)
    assert not isinstance(caught.value, tt.TooltrainError)
