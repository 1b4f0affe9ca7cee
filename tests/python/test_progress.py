"""One live line on a terminal, a plain line now and then elsewhere, nothing, or a callable."""

import io
import json

import msgspec
import pytest
from chats import WEATHER, call, calls, chat, user

import tooltrain_fast as tt
from tooltrain_fast._reports.progress import (
    Calls,
    LiveLine,
    PlainLines,
    Progress,
    Silent,
    as_core_callback,
    clock,
    reporter,
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def at(seconds, *, total=200_000_000):
    return Progress(
        stage="packing",
        records=12_345,
        bytes=50_000_000,
        total_bytes=total,
        tokens=10_000_000,
        trained_tokens=2_000_000,
        rejected=3,
        seconds=seconds,
    )


def test_the_line_says_pace_rejects_and_time_left():
    assert at(10.0).line() == (
        "packing   25%  12,345 records  5.0 MB/s  1,000,000 tokens/s  3 rejected  0:30 left"
    )


def test_without_a_total_there_is_no_time_left():
    assert at(10.0, total=None).fraction is None
    assert "left" not in at(10.0, total=None).line()
    assert "%" not in at(10.0, total=None).line()


def test_clock():
    assert [clock(one) for one in (0, 59.6, 3599, 3600, 36_061)] == [
        "0:00",
        "1:00",
        "59:59",
        "1:00:00",
        "10:01:01",
    ]


def test_a_terminal_gets_one_line_that_is_wiped_at_the_end():
    terminal = Terminal()
    live = reporter(None, terminal)
    assert isinstance(live, LiveLine)
    live(at(10.0))
    live(at(11.0))
    live.close()
    assert "\n" not in terminal.getvalue()
    assert terminal.getvalue().count("\r") == 4
    assert terminal.getvalue().endswith(" \r")


def test_a_log_gets_a_line_now_and_then():
    log = io.StringIO()
    plain = reporter(True, log)
    assert isinstance(plain, PlainLines)
    for second in range(100):
        plain(at(float(second)))
    plain.close()
    assert len(log.getvalue().splitlines()) == 3


def test_a_callable_gets_each_progress():
    seen = []
    calls = reporter(seen.append)
    assert isinstance(calls, Calls)
    as_core_callback(calls)(msgspec.json.encode(at(1.0)))
    assert seen == [at(1.0)]
    assert isinstance(seen[0], tt.Progress)


def test_silence_costs_no_callback():
    assert isinstance(reporter(False), Silent)
    assert as_core_callback(reporter(False)) is None


def test_what_a_callable_raises_is_raised():
    def stop(progress):
        raise RuntimeError(progress.stage)

    with pytest.raises(RuntimeError, match="packing"):
        as_core_callback(reporter(stop))(msgspec.json.encode(at(1.0)))


@pytest.mark.parametrize("make", [LiveLine, PlainLines])
def test_the_first_look_is_told_once(make):
    stream = io.StringIO()
    lines = make(stream)
    lines(at(1.0))
    assert "!!" not in stream.getvalue()
    for seconds in (2.0, 3.0):
        lines(msgspec.structs.replace(at(seconds), first_look="of the first 1000 records 60 are rejected"))
    assert stream.getvalue().count("!!  of the first 1000 records 60 are rejected\n") == 1


def test_a_run_tells_what_its_template_cannot_say(tmp_path):
    parallel = chat(
        user("two"),
        calls(call("a", "get_time", {"city": "Rome"}), call("b", "get_time", {"city": "Oslo"})),
        tools=WEATHER,
    )
    shard = tmp_path / "calls.jsonl"
    shard.write_text((json.dumps(parallel) + "\n") * 40_000)
    seen = []
    tt.pack(shard, out=tmp_path / "packed.parquet", tokenizer="gpt-oss", progress=seen.append)
    told = {one.first_look for one in seen if one.first_look}
    assert len(told) == 1
    assert "parallel_calls (error), first at calls.jsonl:1 /messages/1" in told.pop()
