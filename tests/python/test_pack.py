"""pack and tokenize from shards to files: contents, ledger, rejects, report."""

import base64
import gzip
import json
import stat
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chats import BAD_LINES, write_shards

import tooltrain_fast as tt
from tooltrain_fast._files.packed_file import PackedFile

QUIET = {"progress": False}


@pytest.fixture
def shards(tmp_path):
    return write_shards(tmp_path / "shards", bad=True)


@pytest.fixture
def packed(shards, tmp_path):
    report = tt.pack(shards, out=tmp_path / "packed.parquet", max_length=2048, **QUIET)
    return report, pq.read_table(tmp_path / "packed.parquet")


def test_columns_have_the_promised_types(packed):
    report, table = packed
    kinds = {field.name: field.type for field in table.schema}
    assert list(kinds) == ["input_ids", "loss_mask", "labels", "seq_lengths", "sources"]
    assert [kinds[name].value_type for name in list(kinds)[:4]] == [
        pa.int32(),
        pa.int8(),
        pa.int32(),
        pa.int32(),
    ]
    assert kinds["sources"].value_type.names == ["shard", "line", "part"]
    for field in table.schema:
        assert pa.types.is_list(field.type)
        assert not field.nullable
        assert not field.type.value_field.nullable
    assert b"huggingface" not in pq.read_metadata(report.out).metadata


def test_rows_agree_with_their_report(packed):
    report, table = packed
    rows = table.to_pylist()
    lengths = [len(row["input_ids"]) for row in rows]
    assert report.rows == len(rows)
    assert report.samples == sum(len(row["seq_lengths"]) for row in rows)
    assert report.tokens.out == sum(lengths)
    assert report.trained_tokens.out == sum(sum(row["loss_mask"]) for row in rows)
    assert (report.shortest_row, report.longest_row) == (min(lengths), max(lengths))
    assert report.fill == pytest.approx(sum(lengths) / (2048 * len(rows)))
    for row in rows:
        assert len(row["input_ids"]) <= 2048
        assert sum(row["seq_lengths"]) == len(row["input_ids"])
        assert min(row["seq_lengths"]) >= 1
        assert row["labels"] == [
            id_ if trained else -100 for id_, trained in zip(row["input_ids"], row["loss_mask"], strict=True)
        ]


def adds_up(records):
    return records.read == (
        records.packed
        + records.rejected
        + records.nothing_to_train
        + records.filtered
        + records.duplicate
        + records.over_length
    )


def test_the_ledger_adds_up_in_total_and_per_shard(packed, shards):
    report, _ = packed
    lines = {path.name: len(path.read_bytes().splitlines()) for path in shards.iterdir()}
    assert report.records.read == sum(lines.values())
    assert adds_up(report.records)
    assert {Path(shard.name).name: shard.records.read for shard in report.shards} == lines
    assert all(adds_up(shard.records) for shard in report.shards)
    for tokens in (report.tokens, report.trained_tokens):
        assert tokens.out == tokens.in_ + tokens.added + tokens.repeated - sum(tokens.dropped.values())
    assert report.records.rejected == len(BAD_LINES)
    assert report.records.nothing_to_train == 1


def test_every_sample_is_the_record_that_its_source_names(packed, shards):
    _, table = packed
    shard_paths = sorted(shards.iterdir())
    checked = 0
    for row in table.to_pylist()[:3]:
        start = 0
        for length, source in zip(row["seq_lengths"], row["sources"], strict=True):
            record = shard_paths[source["shard"]].read_bytes().splitlines()[source["line"] - 1]
            rendered = tt.render(record)
            if source["part"] == 0 and len(rendered.input_ids) == length:
                assert row["input_ids"][start : start + length] == rendered.input_ids
                assert row["loss_mask"][start : start + length] == rendered.loss_mask
                checked += 1
            start += length
    assert checked > 5


def test_rejects_keep_the_line_and_say_where_and_why(packed, shards):
    report, _ = packed
    rejects = [json.loads(line) for line in Path(report.rejects).read_bytes().splitlines()]
    assert len(rejects) == len(BAD_LINES)
    assert stat.S_IMODE(Path(report.rejects).stat().st_mode) == 0o600
    kept = {one["raw"].encode() if "raw" in one else base64.b64decode(one["raw_base64"]) for one in rejects}
    assert kept == set(BAD_LINES)
    places = [(one["file"], one["line"]) for one in rejects]
    assert places == sorted(places)
    for one in rejects:
        path = next(path for path in shards.iterdir() if one["file"].endswith(path.name))
        content = path.read_bytes()
        line = content.splitlines()[one["line"] - 1]
        assert line in BAD_LINES
        assert content[one["offset"] :].startswith(line)
        assert {"code", "pointer", "message", "hint"} <= set(one)


def test_findings_name_first_places(packed):
    report, _ = packed
    errors = [finding for finding in report.findings if finding.severity == "error"]
    assert sum(finding.count for finding in errors) >= len(BAD_LINES)
    assert "invalid_json" in {finding.code for finding in errors}
    assert "invalid_utf8" in {finding.code for finding in errors}
    assert all(finding.first.line >= 1 and finding.first.message for finding in errors)


def test_the_report_stands_beside_the_output(packed):
    report, _ = packed
    written = json.loads(Path(report.report).read_text())
    assert written == json.loads(report.to_json())
    assert Path(report.report).name == "packed.parquet.report.json"


def test_the_footer_says_how_the_file_was_made_and_nothing_of_this_machine(packed, tmp_path):
    report, _ = packed
    text = pq.read_metadata(report.out).metadata[b"tooltrain_fast"].decode()
    footer = json.loads(text)
    assert footer["options"]["max_length"] == 2048
    assert footer["tokenizer"]["sha256"] == tt.Tokenizer("qwen3").digest
    assert footer["mask_alignment"] == "token"
    assert footer["ignore_index"] == -100
    assert footer["counts"]["rows"] == report.rows
    assert str(tmp_path) not in text
    assert "threads" not in footer["options"]


def test_verify_agrees(packed):
    report, _ = packed
    found = tt.verify(report.out)
    assert found.ok, found
    assert (found.rows, found.tokens, found.trained_tokens) == (
        report.rows,
        report.tokens.out,
        report.trained_tokens.out,
    )


def test_polars_and_datasets_read_it(packed, tmp_path, monkeypatch):
    report, table = packed
    assert pl.read_parquet(report.out)["input_ids"].to_list() == table["input_ids"].to_pylist()
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    loaded = load_dataset("parquet", data_files=report.out, split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded["labels"][0] == table["labels"][0].as_py()
    assert loaded.num_rows == report.rows


def test_the_same_records_in_every_container_give_the_same_rows(tmp_path):
    plain = (write_shards(tmp_path / "plain", shards=1) / "chats-0.jsonl").read_bytes()
    lines = plain.splitlines()
    half = len(lines) // 2
    forms = {
        "bom.jsonl": b"\xef\xbb\xbf" + plain,
        "crlf.jsonl": b"\r\n".join(lines) + b"\r\n",
        "blank.jsonl": b"\n\n".join(lines) + b"\n\n",
        "open.jsonl": b"\n".join(lines),
        "one.jsonl.gz": gzip.compress(plain),
        "members.jsonl.gz": b"".join(
            gzip.compress(b"\n".join(part) + b"\n") for part in (lines[:half], lines[half:])
        ),
        "one.jsonl.zst": pa.compress(plain, "zstd", asbytes=True),
        "frames.jsonl.zst": b"".join(
            pa.compress(b"\n".join(part) + b"\n", "zstd", asbytes=True)
            for part in (lines[:half], lines[half:])
        ),
    }
    expected = pa.table(tt.stream(tmp_path / "plain")).select(["input_ids", "loss_mask", "seq_lengths"])
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        rows = pa.table(tt.stream(tmp_path / name)).select(["input_ids", "loss_mask", "seq_lengths"])
        assert rows.equals(expected), name


@pytest.mark.parametrize("name", ["cut.jsonl.gz", "flipped.jsonl.gz", "cut.jsonl.zst"])
def test_a_damaged_shard_is_an_error_and_no_short_file(tmp_path, name):
    plain = (write_shards(tmp_path / "plain", shards=1) / "chats-0.jsonl").read_bytes()
    squeezed = gzip.compress(plain) if name.endswith("gz") else pa.compress(plain, "zstd", asbytes=True)
    if name.startswith("cut"):
        squeezed = squeezed[: len(squeezed) * 2 // 3]
    else:
        squeezed = squeezed[:-6] + bytes([squeezed[-6] ^ 1]) + squeezed[-5:]
    (tmp_path / name).write_bytes(squeezed)
    with pytest.raises(tt.DamagedShardError, match=name):
        tt.pack(tmp_path / name, out=tmp_path / "packed.parquet", **QUIET)
    assert not (tmp_path / "packed.parquet").exists()


def test_a_stream_knows_at_once_what_it_cannot_do(shards):
    with pytest.raises(tt.InputNotFoundError):
        tt.stream("nothing-here/*.jsonl")
    with pytest.raises(tt.TokenizerError):
        tt.stream(shards, tokenizer="no-such-tokenizer")
    stream = tt.stream(shards)
    with pytest.raises(tt.OptionsError, match="before its end"):
        stream.report()
    pa.table(stream)
    with pytest.raises(tt.OptionsError, match="read already"):
        pa.table(stream)


def test_a_stream_that_fails_says_why_in_its_report(shards):
    stream = tt.stream(shards, on_error="raise")
    with pytest.raises(Exception, match=r"chats-\d\.jsonl:\d+"):
        pa.table(stream)
    with pytest.raises(tt.RejectedRecordError, match=r"chats-\d\.jsonl:\d+"):
        stream.report()


def test_stream_gives_the_rows_that_pack_writes(packed, shards):
    report, table = packed
    stream = tt.stream(shards, max_length=2048)
    rows = pl.DataFrame(stream)
    assert rows["input_ids"].to_list() == table["input_ids"].to_pylist()
    assert rows["labels"].to_list() == table["labels"].to_pylist()
    assert stream.report().records == report.records
    assert stream.report().tokens == report.tokens


def test_tokenize_writes_one_conversation_a_row(shards, tmp_path):
    report = tt.tokenize(shards, out=tmp_path / "tokenized.parquet", columns="axolotl", **QUIET)
    table = pq.read_table(tmp_path / "tokenized.parquet")
    assert table.column_names == ["input_ids", "attention_mask", "labels"]
    assert report.rows == report.samples == table.num_rows
    assert table.schema.field("attention_mask").type.value_type == pa.int8()
    assert tt.verify(tmp_path / "tokenized.parquet").ok
    assert "sample_packing: true" in tt.how_to_train(tmp_path / "tokenized.parquet", "axolotl")


def test_columns_can_be_chosen_by_name(shards, tmp_path):
    tt.pack(shards, out=tmp_path / "packed.parquet", columns=["labels", "input_ids"], **QUIET)
    assert pq.read_table(tmp_path / "packed.parquet").column_names == ["labels", "input_ids"]
    with pytest.raises(tt.OptionsError, match="lables"):
        tt.pack(shards, out=tmp_path / "other.parquet", columns=["input_ids", "lables"], **QUIET)


def test_a_directory_gets_part_files_and_a_manifest(shards, tmp_path):
    report = tt.pack(shards, out=tmp_path / "packed", max_length=2048, **QUIET)
    written = PackedFile(tmp_path / "packed")
    assert [part.name for part in written.parts] == [file.name for file in report.files]
    found = tt.verify(tmp_path / "packed")
    assert found.ok, found
    assert found.rows == report.rows
    assert not (tmp_path / "packed.partial").exists()


def test_arrow_files_hold_the_same_rows(packed, shards, tmp_path):
    _, table = packed
    tt.pack(shards, out=tmp_path / "packed.arrow", max_length=2048, **QUIET)
    rows = pl.read_ipc(tmp_path / "packed.arrow")
    assert rows["input_ids"].to_list() == table["input_ids"].to_pylist()
    assert tt.verify(tmp_path / "packed.arrow").ok
    assert PackedFile(tmp_path / "packed.arrow").row(-1) == PackedFile(packed[0].out).row(-1)


def test_an_existing_output_is_not_touched_unless_asked(shards, tmp_path):
    out = tmp_path / "packed.parquet"
    out.write_bytes(b"precious")
    with pytest.raises(tt.OutputExistsError, match=r"packed\.parquet"):
        tt.pack(shards, out=out, **QUIET)
    assert out.read_bytes() == b"precious"
    tt.pack(shards, out=out, if_exists="overwrite", **QUIET)
    assert tt.verify(out).ok


def test_a_second_run_over_the_folder_does_not_eat_its_own_files(tmp_path):
    folder = write_shards(tmp_path / "shards", bad=True)
    first = tt.pack(folder, out=folder / "packed.parquet", **QUIET)
    second = tt.pack(folder, out=folder / "packed.parquet", if_exists="overwrite", **QUIET)
    assert second.records == first.records
    assert [shard.name for shard in second.shards] == [shard.name for shard in first.shards]
    assert second.files[0].sha256 == first.files[0].sha256


def test_the_first_bad_record_can_stop_the_run(shards, tmp_path):
    with pytest.raises(tt.RejectedRecordError, match=r"chats-\d\.jsonl:\d+"):
        tt.pack(shards, out=tmp_path / "packed.parquet", on_error="raise", **QUIET)
    assert not (tmp_path / "packed.parquet").exists()


@pytest.mark.parametrize(("most", "stops"), [(5, True), (6, False), (0.01, True), (0.5, False), (0, True)])
def test_too_many_rejected_records_are_an_error(shards, tmp_path, most, stops):
    if stops:
        with pytest.raises(tt.TooManyRejectedError, match="max_rejected"):
            tt.pack(shards, out=tmp_path / "packed.parquet", max_rejected=most, **QUIET)
        assert not (tmp_path / "packed.parquet").exists()
    else:
        tt.pack(shards, out=tmp_path / "packed.parquet", max_rejected=most, **QUIET)


@pytest.mark.parametrize("policy", ["split", "truncate", "drop"])
def test_long_conversations_follow_their_policy(shards, tmp_path, policy):
    whole = tt.pack(shards, out=tmp_path / "whole.parquet", **QUIET)
    report = tt.pack(shards, out=tmp_path / "short.parquet", max_length=400, over_length=policy, **QUIET)
    assert report.longest_row <= 400
    assert tt.verify(tmp_path / "short.parquet").ok
    assert adds_up(report.records)
    assert report.tokens.out == report.tokens.in_ + report.tokens.repeated - sum(
        report.tokens.dropped.values()
    )
    if policy == "split":
        assert report.records.over_length == 0 or report.trained_tokens.dropped
        lost = sum(report.trained_tokens.dropped.values())
        assert report.trained_tokens.out == whole.trained_tokens.out + report.trained_tokens.added - lost
    else:
        assert report.trained_tokens.out < whole.trained_tokens.out
    if policy == "drop":
        assert report.records.over_length > 0


def test_a_long_conversation_can_be_an_error(shards, tmp_path):
    with pytest.raises(tt.OverLengthError, match="400"):
        tt.pack(shards, out=tmp_path / "short.parquet", max_length=400, over_length="error", **QUIET)


@pytest.mark.parametrize("packing", ["best_fit", "bfd", "wrapped", "none"])
def test_every_packing_keeps_every_token(shards, tmp_path, packing):
    report = tt.pack(shards, out=tmp_path / "packed.parquet", packing=packing, max_length=4096, **QUIET)
    tokenized = tt.tokenize(shards, out=tmp_path / "tokenized.parquet", max_length=4096, **QUIET)
    packed_ids = pl.read_parquet(tmp_path / "packed.parquet")["input_ids"].explode()
    tokenized_ids = pl.read_parquet(tmp_path / "tokenized.parquet")["input_ids"].explode()
    assert report.tokens.out == tokenized.tokens.out
    assert packed_ids.sort().equals(tokenized_ids.sort())
    assert tt.verify(tmp_path / "packed.parquet").ok


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(tt.InputNotFoundError, match="nothing-here"):
        tt.pack(tmp_path / "nothing-here" / "*.jsonl", out=tmp_path / "packed.parquet", **QUIET)
    with pytest.raises(FileNotFoundError):
        tt.pack(tmp_path / "nothing.jsonl", out=tmp_path / "packed.parquet", **QUIET)


def test_live_tokenizers_and_folders_give_the_same_rows(shared, shards, tmp_path):
    from tokenizers import Tokenizer

    folder = shared / "tokenizers" / "qwen3"
    expected = pl.DataFrame(tt.stream(shards))["input_ids"]
    live = Tokenizer.from_file(str(folder / "tokenizer.json"))
    template = tt.Tokenizer("qwen3").chat_template
    rows = pa.RecordBatchReader.from_stream(
        tt.stream(shards, tokenizer=live, chat_template=template)
    ).read_all()
    assert rows["input_ids"].to_pylist() == expected.to_list()
    assert pl.DataFrame(tt.stream(shards, tokenizer=folder))["input_ids"].equals(expected)
    tt.pack(shards, out=tmp_path / "packed.parquet", tokenizer=folder, **QUIET)
    assert tt.verify(tmp_path / "packed.parquet", model=folder).ok
    assert tt.show(tmp_path / "packed.parquet").trained_tokens > 0


def test_pack_ends_by_saying_what_was_rejected_and_how_to_train(shards, tmp_path, capsys):
    report = tt.pack(shards, out=tmp_path / "packed.parquet")
    said = capsys.readouterr()
    assert f"{len(BAD_LINES)} of {report.records.read} records REJECTED" in said.err
    assert report.rejects in said.err
    assert str(tt.how_to_train(report.out, "trl")) in said.err
    assert said.out == ""


def test_progress_is_told_while_it_runs(shards, tmp_path):
    seen = []
    report = tt.pack(shards, out=tmp_path / "packed.parquet", progress=seen.append)
    assert seen
    assert seen[-1].records == report.records.read
    assert seen[-1].rejected == report.records.rejected
    assert [one.bytes for one in seen] == sorted(one.bytes for one in seen)


def test_what_a_progress_callable_raises_ends_the_run(shards, tmp_path):
    def stop(progress):
        msg = "enough"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="enough"):
        tt.pack(shards, out=tmp_path / "packed.parquet", progress=stop)
    assert not (tmp_path / "packed.parquet").exists()
