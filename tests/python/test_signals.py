"""Signals end a run soon and leave nothing behind, on the command line and from Python."""

import os
import signal
import subprocess
import sys
import time

import pytest
from chats import write_shards

import tooltrain_fast as tt
from tooltrain_fast._verbs.guarded import ends_cleanly

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

NOT_IGNORED = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""What a test under nohup would hand down to its processes is taken back."""

FROM_PYTHON = """
import sys, tooltrain_fast as tt
print("ready", flush=True)
while True:
    tt.pack(sys.argv[1], out=sys.argv[2], if_exists="overwrite", date="2026-01-01", progress=False)
"""
FROM_THE_COMMAND_LINE = """
import sys
from tooltrain_fast._cli import commands
import tooltrain_fast._verbs.packing
print("ready", flush=True)
commands.main(["pack", sys.argv[1], "--out", sys.argv[2], "--if-exists", "overwrite", "--quiet"])
"""


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return write_shards(tmp_path_factory.mktemp("many") / "shards", shards=4, records=1500, bad=True)


def ended_by(number, code, shards, out, after):
    process = subprocess.Popen(
        [sys.executable, "-c", NOT_IGNORED + code, str(shards), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(after)
    process.send_signal(number)
    sent = time.monotonic()
    _, err = process.communicate(timeout=60)
    return process.returncode, time.monotonic() - sent, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("code", [FROM_PYTHON, FROM_THE_COMMAND_LINE], ids=["python", "command line"])
def test_a_signal_ends_the_run_and_leaves_nothing(shards, tmp_path, number, code):
    for after in (0.05, 0.4, 0.9):
        out = tmp_path / "packed.parquet"
        returned, _seconds, err = ended_by(number, code, shards, out, after)
        if returned == 0:
            continue
        if code == FROM_PYTHON and number == signal.SIGINT:
            assert "KeyboardInterrupt" in err
        else:
            assert returned == 128 + number, err
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_command_line_says_that_it_was_interrupted(shards, tmp_path):
    returned, _, err = ended_by(
        signal.SIGTERM, FROM_THE_COMMAND_LINE, shards, tmp_path / "packed.parquet", after=0.2
    )
    if returned:
        assert "interrupted; existing output was left unchanged" in err


def test_a_handler_of_the_caller_stays_and_the_default_comes_back(tmp_path, shards):
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: seen.append(number))
    try:
        with ends_cleanly():
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with pytest.raises(SystemExit) as left, ends_cleanly():
            signal.raise_signal(signal.SIGTERM)
        assert left.value.code == 128 + signal.SIGTERM
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_killed_first_run_does_not_stand_in_the_way(shards, tmp_path):
    out = tmp_path / "packed.parquet"
    for after in (0.1, 0.5):
        ended_by(signal.SIGKILL, FROM_PYTHON, shards, out, after)
        for path in tmp_path.glob("packed.parquet*"):
            path.unlink()
    report = tt.pack(shards, out=out, date="2026-01-01", progress=False)
    assert report.rows
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
