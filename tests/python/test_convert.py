"""`convert`: rows of another dialect, with a ledger, rejects, losses, and nothing half written."""

import gzip
import hashlib
import json
import random
from pathlib import Path

import pyarrow as pa
import pytest
from chats import chat, made_chat, says, user, write_lines
from click.testing import CliRunner

import tooltrain_fast as tt
from tooltrain_fast._cli.commands import main

ROOT = Path(__file__).parents[2]
SHARDS = str(ROOT / "examples" / "shards" / "*.jsonl")
HELLO = chat(user("hi"), says("hello"))


def zstd_text(data):
    with pa.input_stream(pa.py_buffer(data), compression="zstd") as stream:
        return stream.read()


def rows_of(path):
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("to", ["openai", "messages", "sharegpt", "distil"])
def test_every_record_is_accounted_for(tmp_path, to):
    report = tt.convert(SHARDS, tmp_path / "rows.jsonl", to, progress=False)
    assert report.records.read == report.records.written + report.records.rejected == 18
    assert report.rows == len(rows_of(report.out)) > 0
    assert sum(shard.records.read for shard in report.shards) == 18
    assert len(rows_of(report.rejects)) == report.records.rejected
    assert json.loads(Path(report.report).read_text()) == json.loads(report.to_json())
    losses = rows_of(report.losses) if report.losses else []
    assert len({(loss["file"], loss["line"]) for loss in losses}) == report.records.lossy
    assert all(loss["pointer"].startswith("/") or not loss["pointer"] for loss in losses)


def test_openai_rows_are_what_the_hosted_api_takes(tmp_path):
    report = tt.convert(SHARDS, tmp_path / "rows.jsonl", "openai", progress=False)
    for row in rows_of(report.out):
        assert set(row) <= {"messages", "tools", "parallel_tool_calls"}
        open_calls = set()
        for message in row["messages"]:
            known = {"role", "content", "name", "tool_calls", "tool_call_id", "weight"}
            assert set(message) <= known
            assert message.get("weight", 1) in {0, 1}
            assert isinstance(message.get("content"), str) or message.get("tool_calls")
            for call in message.get("tool_calls", []):
                assert set(call) == {"id", "type", "function"}
                assert isinstance(json.loads(call["function"]["arguments"]), dict)
                open_calls.add(call["id"])
            if message["role"] == "tool":
                open_calls.remove(message["tool_call_id"])
        assert row["messages"][-1]["role"] == "assistant"


def test_few_rows_are_warned_of_only_where_the_service_minds(tmp_path):
    shard = write_lines(tmp_path / "a.jsonl", [HELLO])
    few = tt.convert(shard, tmp_path / "few.jsonl", "openai", progress=False)
    assert ["10" in warning for warning in few.warnings] == [True]
    assert tt.convert(shard, tmp_path / "m.jsonl", "messages", progress=False).warnings == []
    write_lines(tmp_path / "b.jsonl", [HELLO] * 10)
    enough = tt.convert(tmp_path / "b.jsonl", tmp_path / "enough.jsonl", "openai", progress=False)
    assert enough.warnings == []


def test_the_same_bytes_whatever_the_threads(tmp_path):
    shards = [
        write_lines(tmp_path / f"{name}.jsonl", [chat(user(str(n)), says("ok")) for n in range(300)])
        for name in "ab"
    ]
    digests = set()
    for threads in (1, 2, 5):
        report = tt.convert(shards, tmp_path / f"{threads}.jsonl", threads=threads, progress=False)
        assert report.rows == 600
        digests.add(report.sha256)
    assert len(digests) == 1


def test_nothing_is_replaced_unless_it_may_be(tmp_path):
    shard = write_lines(tmp_path / "a.jsonl", [HELLO])
    out = tmp_path / "out.jsonl"
    first = tt.convert(shard, out, "sharegpt", progress=False)
    with pytest.raises(tt.OutputExistsError):
        tt.convert(shard, out, "sharegpt", progress=False)
    with pytest.raises(tt.OptionsError, match="replace the input"):
        tt.convert(shard, shard, if_exists="overwrite", progress=False)
    second = tt.convert(shard, out, "messages", if_exists="overwrite", progress=False)
    assert second.sha256 != first.sha256
    assert rows_of(out) == [HELLO]


def test_losses_of_an_earlier_run_do_not_stay_behind(tmp_path):
    thinking = chat(user("hi"), says("hello", reasoning_content="Easy."))
    shard = write_lines(tmp_path / "a.jsonl", [thinking])
    out = tmp_path / "out.jsonl"
    lossy = tt.convert(shard, out, "openai", progress=False)
    loss = {"file": "a.jsonl", "line": 1, "pointer": "/messages/1", "message": "the reasoning"}
    assert rows_of(lossy.losses) == [loss]
    whole = tt.convert(shard, out, "messages", if_exists="overwrite", progress=False)
    assert whole.losses is None
    assert not Path(lossy.losses).exists()


def test_distil_rows_share_a_job_description_or_say_why_not(tmp_path):
    def asks(name, system="Be quick."):
        call = {"id": "a", "type": "function", "function": {"name": name, "arguments": {"n": 1.0}}}
        return {
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": "", "tool_calls": [call]},
            ],
            "tools": [{"name": name, "parameters": {"type": "object"}}],
        }

    shard = write_lines(tmp_path / "a.jsonl", [asks("f"), asks("f", "Be slow.")])
    (tmp_path / "same").mkdir()
    same = tt.convert(shard, tmp_path / "same" / "rows.jsonl", "distil", progress=False)
    job = json.loads(Path(same.job_description).read_text())
    assert job["task_description"] == "Be quick."
    assert [tool["function"]["name"] for tool in job["tools"]] == ["f"]
    assert [(loss["line"], "system" in loss["message"]) for loss in rows_of(same.losses) if loss["line"] > 1][
        -1
    ] == (2, True)
    packed = tt.pack(tmp_path / "same" / "rows.jsonl", tmp_path / "packed.parquet", progress=False)
    assert (packed.records.packed, packed.turns.trained) == (2, 2)
    with pytest.raises(tt.OutputExistsError, match="job_description"):
        tt.convert(shard, tmp_path / "same" / "other.jsonl", "distil", progress=False)

    other = write_lines(tmp_path / "b.jsonl", [asks("f"), asks("g")])
    (tmp_path / "two").mkdir()
    two = tt.convert(other, tmp_path / "two" / "rows.jsonl", "distil", progress=False)
    assert two.job_description is None
    assert "other tools" in two.warnings[0]


@pytest.mark.parametrize(("suffix", "opened"), [(".gz", gzip.decompress), (".zst", zstd_text)])
def test_rows_are_compressed_as_the_name_says_and_the_same_every_time(tmp_path, suffix, opened):
    plain = tt.convert(SHARDS, tmp_path / "plain.jsonl", progress=False)
    first = tt.convert(SHARDS, tmp_path / f"rows.jsonl{suffix}", progress=False)
    second = tt.convert(SHARDS, tmp_path / f"again.jsonl{suffix}", progress=False)
    written = Path(first.out).read_bytes()
    assert opened(written) == Path(plain.out).read_bytes()
    assert hashlib.sha256(written).hexdigest() == first.sha256 == second.sha256
    assert first.bytes_out == len(written) < plain.bytes_out
    assert tt.validate(first.out, progress=False).records.read == first.rows


def test_rows_go_to_standard_output_and_the_report_to_standard_error(tmp_path):
    tt.convert(SHARDS, tmp_path / "rows.jsonl", progress=False)
    done = CliRunner().invoke(main, ["convert", SHARDS, "-o", "-", "--quiet"])
    assert done.exit_code == 0
    assert done.stdout_bytes == (tmp_path / "rows.jsonl").read_bytes()
    assert "records REJECTED" in done.stderr
    assert "not kept: only a file as output keeps them" in done.stderr
    refused = CliRunner().invoke(main, ["convert", SHARDS, "-o", "-", "--to", "distil"])
    assert refused.exit_code == 2
    assert "job description" in refused.stderr


def test_a_conversion_without_a_row_ends_with_1(tmp_path):
    shard = write_lines(tmp_path / "bad.jsonl", ["{}"])
    done = CliRunner().invoke(main, ["convert", str(shard), "-o", str(tmp_path / "rows.jsonl")])
    assert done.exit_code == 1
    assert "no row was written" in done.stderr


def test_bad_records_end_the_run_where_that_is_asked_for(tmp_path):
    with pytest.raises(tt.RejectedRecordError, match=r"files\.jsonl:3"):
        tt.convert(SHARDS, tmp_path / "a.jsonl", "messages", on_error="raise", progress=False)
    with pytest.raises(tt.TooManyRejectedError):
        tt.convert(SHARDS, tmp_path / "a.jsonl", max_rejected=0, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_wrong_words_are_refused_with_a_hint(tmp_path):
    with pytest.raises(tt.OptionsError, match="openai"):
        tt.convert(SHARDS, tmp_path / "a.jsonl", "alpaca", progress=False)
    with pytest.raises(tt.OptionsError, match="no such option"):
        tt.convert(SHARDS, tmp_path / "a.jsonl", max_length=3, progress=False)
    with pytest.raises(tt.OptionsError, match="JSON lines"):
        tt.convert(SHARDS, tmp_path / "a.parquet", progress=False)


def test_the_command_says_what_the_function_says(tmp_path):
    out = str(tmp_path / "rows.jsonl")
    run = CliRunner().invoke(main, ["convert", SHARDS, "-o", out, "--to", "sharegpt", "--json", "--quiet"])
    assert run.exit_code == 0, run.output
    told = json.loads(run.stdout)
    assert (told["to"], told["records"]["read"]) == ("sharegpt", 18)
    again = CliRunner().invoke(main, ["convert", SHARDS, "-o", out, "--quiet"])
    assert again.exit_code == 4
    shown = CliRunner().invoke(
        main, ["convert", SHARDS, "-o", out, "--to", "distil", "--if-exists", "overwrite", "--quiet"]
    )
    assert shown.exit_code == 0, shown.output
    assert "convert | to distil" in shown.stdout
    assert "REJECTED" in shown.stdout


@pytest.mark.parametrize("to", ["openai", "sharegpt"])
def test_made_conversations_come_there_and_back(tmp_path, to):
    made = [made_chat(random.Random(number)) for number in range(150)]
    shard = write_lines(tmp_path / "a.jsonl", made)
    straight = tt.convert(shard, tmp_path / "straight.jsonl", "messages", progress=False)
    there = tt.convert(shard, tmp_path / "there.jsonl", to, progress=False)
    back = tt.convert(there.out, tmp_path / "back.jsonl", "messages", progress=False)
    assert straight.records.written == there.records.written == back.records.written > 100
    assert straight.records.lossy == 0
    lossy = {loss["line"] for loss in rows_of(there.losses)} if there.losses else set()
    for number, (first, second) in enumerate(zip(rows_of(straight.out), rows_of(back.out), strict=True), 1):
        if number not in lossy:
            assert plain(second) == plain(first)


def plain(row):
    """The row with content that is empty, null or absent as one thing."""
    messages = [{**message, "content": message.get("content") or ""} for message in row["messages"]]
    return {**row, "messages": messages}
