"""Kill, full disk, interrupts, forks: the output is the old file or the new one, and nobody hangs."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from chats import write_shards

import tooltrain_fast as tt

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals and limits")

FOREVER = """
import sys, time
import tooltrain_fast as tt
print("ready", flush=True)
try:
    while True:
        tt.pack(sys.argv[1], out=sys.argv[2], if_exists="overwrite", date="2026-01-01", progress=False)
        print("packed", flush=True)
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


READING = """
import sys, time
import polars as pl
import tooltrain_fast as tt
print("ready", flush=True)
try:
    while True:
        try:
            pl.DataFrame(tt.stream(sys.argv[1], date="2026-01-01"))
        except pl.exceptions.PolarsError:
            pass
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return write_shards(tmp_path_factory.mktemp("many") / "shards", shards=4, records=400, bad=True)


@pytest.fixture(scope="module")
def packing_seconds(shards, tmp_path_factory):
    out = tmp_path_factory.mktemp("timed") / "packed.parquet"
    started = time.monotonic()
    tt.pack(shards, out=out, date="2026-01-01", progress=False)
    return time.monotonic() - started, digest_of(out)


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def start(shards, out, code=FOREVER):
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(shards), str(out)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_kill_during_a_run_leaves_the_old_file_or_the_new_one(shards, packing_seconds, tmp_path):
    seconds, new = packing_seconds
    out = tmp_path / "packed.parquet"
    random_ = random.Random(3)
    for _ in range(10):
        out.write_bytes(b"the old file")
        process = start(shards, out)
        time.sleep(random_.uniform(0, 1.3 * seconds))
        process.kill()
        process.communicate()
        assert out.read_bytes() == b"the old file" or digest_of(out) == new
    report = tt.pack(shards, out=out, if_exists="overwrite", date="2026-01-01", progress=False)
    assert report.files[0].sha256 == new == digest_of(out)


def test_twenty_interrupts_are_answered_within_250_ms(shards, packing_seconds, tmp_path):
    seconds, new = packing_seconds
    out = tmp_path / "packed.parquet"
    random_ = random.Random(4)
    answered = []
    for _ in range(20):
        process = start(shards, out)
        time.sleep(random_.uniform(0, 1.3 * seconds))
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        answered.append(float(said.splitlines()[-1]) - sent)
        assert not out.exists() or digest_of(out) == new
        beside = {path.name for path in tmp_path.iterdir()}
        assert beside <= {out.name, f"{out.name}.report.json", f"{out.name}.rejects.jsonl"}
    assert max(answered) < 0.25, answered


def test_interrupts_are_answered_while_a_stream_is_read(shards, packing_seconds):
    seconds, _ = packing_seconds
    random_ = random.Random(5)
    answered = []
    for _ in range(8):
        process = start(shards, "nowhere", READING)
        time.sleep(random_.uniform(0, 1.3 * seconds))
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        answered.append(float(said.splitlines()[-1]) - sent)
    assert max(answered) < 0.25, answered


def test_a_full_disk_is_an_error_and_no_file(shards, tmp_path):
    code = f"""
import resource, tooltrain_fast as tt
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    tt.pack({str(shards)!r}, out={str(tmp_path / "packed.parquet")!r}, progress=False)
except tt.WriteError as error:
    print(type(error).__name__, isinstance(error, OSError))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["WriteError", "True"]
    assert not (tmp_path / "packed.parquet").exists()


def test_a_full_disk_leaves_the_old_file(shards, tmp_path):
    out = tmp_path / "packed.parquet"
    out.write_bytes(b"the old file")
    code = f"""
import resource, tooltrain_fast as tt
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    tt.pack({str(shards)!r}, out={str(out)!r}, if_exists="overwrite", progress=False)
except tt.WriteError as error:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"]
    assert out.read_bytes() == b"the old file"


def test_an_unwritable_folder_is_a_write_error(shards, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(tt.WriteError, match="file"):
        tt.pack(shards, out=blocked / "packed.parquet", progress=False)


def test_a_fork_after_use_works(shards, tmp_path):
    code = f"""
import os, signal, sys, warnings
import tooltrain_fast as tt
warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks is the point
first = tt.pack({str(shards)!r}, out={str(tmp_path / "a.parquet")!r}, date="2026-01-01", progress=False)
child = os.fork()
if child == 0:
    signal.alarm(60)
    second = tt.pack({str(shards)!r}, out={str(tmp_path / "b.parquet")!r}, date="2026-01-01", progress=False)
    os._exit(0 if second.files[0].sha256 == first.files[0].sha256 else 1)
_, status = os.waitpid(child, 0)
third = tt.pack({str(shards)!r}, out={str(tmp_path / "c.parquet")!r}, date="2026-01-01", progress=False)
print(os.waitstatus_to_exitcode(status), third.files[0].sha256 == first.files[0].sha256)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["0", "True"]


def test_several_threads_pack_at_once(shards, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    def one(number):
        return (
            tt.pack(shards, out=tmp_path / f"{number}.parquet", date="2026-01-01", progress=False)
            .files[0]
            .sha256
        )

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(one, range(3)))) == 1


def test_a_stream_can_be_dropped_early(shards):
    import pyarrow as pa

    reader = pa.RecordBatchReader.from_stream(tt.stream(shards, max_length=512))
    assert reader.read_next_batch().num_rows > 0
    del reader


def test_a_run_leaves_nothing_but_its_files(shards, tmp_path):
    report = tt.pack(shards, out=tmp_path / "packed.parquet", progress=False)
    names = {Path(path).name for path in (report.out, report.report, report.rejects)}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert json.loads(Path(report.report).read_text())["rows"] == report.rows


def test_an_interrupt_is_answered_while_a_frame_keeps_the_run_waiting(tmp_path):
    code = textwrap.dedent(
        """
        import sys, time
        import pyarrow as pa
        import tooltrain_fast as tt

        schema = pa.schema({"messages": pa.string()})

        def batches():
            print("waiting", flush=True)
            time.sleep(5)
            yield pa.record_batch({"messages": ["[]"]}, schema=schema)

        try:
            tt.pack(pa.RecordBatchReader.from_batches(schema, batches()), sys.argv[1], progress=False)
        except KeyboardInterrupt:
            print("interrupted", flush=True)
        """
    )
    out = tmp_path / "packed.parquet"
    command = [sys.executable, "-W", "ignore", "-c", code, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "waiting\n"
        begun = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.stdout.readline() == "interrupted\n"
        assert time.monotonic() - begun < 4, "the frame was waited for"
        run.communicate(timeout=60)
    assert not out.exists()
