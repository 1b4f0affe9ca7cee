"""One live line on a terminal, a plain line now and then elsewhere, nothing, or a callable."""

import io

import msgspec
import pytest

import tooltrain_fast as tt
from tooltrain_fast.progress import (
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
