"""`validate`: what it counts, what it keeps, how it prints, and how soon it can be stopped."""

import json
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from chats import WEATHER, call, calls, chat, result, says, tool, user, write_shards
from places import ROOT

import tooltrain_fast as tt
from tooltrain_fast import _core
from tooltrain_fast._reports.findings_terminal import listing

GOOD = chat(
    user("hi"), calls(call("a", "get_time", {"city": "Oslo"})), result("a", "9"), says("9"), tools=WEATHER
)
UNDECLARED = chat(
    user("hi"),
    calls(call("a", "get_tyme", {})),
    result("a", "9"),
    says("9"),
    user("x"),
    says("y"),
    tools=WEATHER,
)
WRONG_TYPE = chat(
    user("hi"), calls(call("a", "get_time", {"city": 9}), call("b", "get_time", {})), tools=WEATHER
)
NO_ROLE = chat({"content": "hi"}, says("hi"))
COLUMNS = ["file", "line", "offset", "pointer", "code", "severity", "message", "hint"]


def write(folder, **shards):
    for name, lines in shards.items():
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        (folder / f"{name}.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def shards(tmp_path):
    return write(tmp_path, a=[GOOD, '{"messages": [}', UNDECLARED], b=[WRONG_TYPE, NO_ROLE, GOOD, GOOD])


@pytest.fixture
def found(shards):
    return tt.validate(shards, progress=False)


def test_the_frame_has_every_finding_in_the_order_of_shard_and_line(found):
    frame = found.frame
    assert frame.columns == COLUMNS
    assert frame.schema["line"] == frame.schema["offset"] == pl.Int64
    assert frame.select("file", "line", "code", "severity").rows() == [
        ("a.jsonl", 2, "invalid_json", "error"),
        ("a.jsonl", 3, "undeclared_tool", "masked"),
        ("b.jsonl", 1, "arguments_against_schema", "masked"),
        ("b.jsonl", 1, "only_wrong_calls", "warning"),
        ("b.jsonl", 2, "role_missing", "error"),
    ]
    assert frame["pointer"][2] == "/messages/1/tool_calls/0/function/arguments/city"
    assert found.kept == found.total == len(frame)


def test_an_offset_leads_to_the_byte_in_the_shard(found, shards):
    text = (shards / "a.jsonl").read_bytes()
    offset = found.frame["offset"][0]
    assert text[offset : offset + 1] == b"}"
    assert text[found.frame["offset"][1] :].startswith(b'{"messages": [{"role": "user"')


def test_other_libraries_read_the_findings_too(found):
    assert pa.table(found).column_names == COLUMNS
    assert pa.table(found).num_rows == pl.DataFrame(found).height == found.total


def test_counts_by_code_and_severity(found):
    assert found.counts == {
        "invalid_json": {"error": 1},
        "role_missing": {"error": 1},
        "undeclared_tool": {"masked": 1},
        "arguments_against_schema": {"masked": 1},
        "only_wrong_calls": {"warning": 1},
    }
    records = found.records
    assert (records.read, records.accepted, records.rejected, records.nothing_to_train) == (7, 4, 2, 1)
    assert (records.only_wrong_calls, records.with_masked_turns) == (1, 1)
    assert [(shard.name, shard.findings.error, shard.findings.masked) for shard in found.shards] == [
        ("a.jsonl", 1, 1),
        ("b.jsonl", 1, 1),
    ]
    assert not found.ok


def test_tool_use(found):
    use = found.tool_use
    assert (use.conversations, use.calls, use.wrong_calls, use.results) == (5, 6, 2, 4)
    assert use.calls_per_tool == {"get_time": 5, "get_tyme": 1}
    assert use.never_called == ["get_weather"]
    assert use.calls_per_conversation == {1: 4, 2: 1}
    assert use.mean_calls == pytest.approx(6 / 5)
    assert use.parallel_share == pytest.approx(1 / 5)
    assert use.without_call_share == 0
    assert use.tools["get_tyme"].wrong_calls == 1


def test_an_example_marks_the_offending_piece(found):
    pieces = {one.code: one.excerpt.text[one.excerpt.start : one.excerpt.end] for one in found.examples}
    assert pieces["invalid_json"] == "}"
    assert pieces["arguments_against_schema"] == "9"
    assert pieces["role_missing"] == '{"content": "hi"}'


def test_findings_are_counted_without_bound_and_kept_within_one(shards):
    bounded = tt.validate(shards, findings_per_code=1, examples_per_code=0, progress=False)
    everything = tt.validate(shards, progress=False)
    assert bounded.counts == everything.counts
    assert bounded.examples == []
    more = write(shards, c=[NO_ROLE, NO_ROLE])
    bounded = tt.validate(more, findings_per_code=1, examples_per_code=1, progress=False)
    assert bounded.counts["role_missing"] == {"error": 3}
    assert bounded.kept == 5 < bounded.total
    assert [one.line for one in bounded.examples if one.code == "role_missing"] == [2]
    assert "5 of 7 findings are in .frame" in repr(bounded)


def test_threads_do_not_matter(tmp_path):
    folder = write_shards(tmp_path / "many", shards=3, records=200, bad=True)
    frames = [tt.validate(folder, threads=threads, progress=False).frame for threads in (1, 2, 7)]
    assert frames[0].equals(frames[1])
    assert frames[0].equals(frames[2])


def test_it_finds_what_pack_finds(tmp_path):
    folder = write_shards(tmp_path / "many", shards=2, records=100, bad=True)
    write(folder, more=[UNDECLARED, WRONG_TYPE, NO_ROLE])
    found = tt.validate(folder, progress=False)
    report = tt.pack(folder, tmp_path / "packed.parquet", date="2026-01-01", progress=False)
    assert report.records.rejected == found.records.rejected
    assert report.records.nothing_to_train == found.records.nothing_to_train
    assert report.records.only_wrong_calls == found.records.only_wrong_calls == 1
    of_template = {row["name"] for row in json.loads(_core.finding_codes()) if row["family"] == "template"}
    packed = {(one.code, one.severity): one.count for one in report.findings if one.code not in of_template}
    assert {(one.code, one.severity): one.count for one in found.findings} == packed


@pytest.mark.parametrize(
    ("options", "severity", "accepted"),
    [
        ({}, {"masked": 1}, 1),
        ({"validation": "reject"}, {"error": 1}, 0),
        ({"validation": "warn"}, {"warning": 1}, 1),
        ({"validation": "off"}, None, 1),
        ({"loss": "last_turn"}, {"warning": 1}, 1),
    ],
)
def test_severity_follows_options_and_loss(tmp_path, options, severity, accepted):
    found = tt.validate(write(tmp_path, a=[UNDECLARED]), progress=False, **options)
    assert found.counts.get("undeclared_tool") == severity
    assert found.records.accepted == accepted


def test_repairs_are_errors_where_they_are_off(tmp_path):
    record = chat(user("hi"), calls(call("a", "get_time", {}), call("a", "get_time", {})), tools=WEATHER)
    record["messages"][1]["tool_calls"][0].pop("id")
    folder = write(tmp_path, a=[record])
    assert tt.validate(folder, progress=False).counts["call_id_missing"] == {"fixed": 1}
    assert tt.validate(folder, repair=False, progress=False).counts["call_id_missing"] == {"error": 1}


def test_a_shared_tool_list_is_checked_against(tmp_path):
    folder = write(tmp_path, a=[chat(user("hi"), calls(call("a", "f", {"n": "1"})))])
    assert "no_tools_declared" in tt.validate(folder, progress=False).counts
    found = tt.validate(folder, tools=[tool("f", n="integer")], progress=False)
    assert found.counts["arguments_against_schema"] == {"masked": 1}


def test_a_clean_set_has_an_empty_frame(tmp_path):
    found = tt.validate(write(tmp_path, a=[GOOD]), progress=False)
    assert found.ok
    assert found.frame.columns == COLUMNS
    assert found.frame.is_empty()
    assert "findings: none" in repr(found)


def test_the_summary_names_the_worst(found):
    text = repr(found)
    assert text.startswith(f"tooltrain_fast {tt.__version__} validate | 7 records of 2 shards")
    assert "!! 2 of 7 records would be REJECTED (28.57%)" in text
    assert re.search(r"^worst tools +calls +wrong", text, flags=re.MULTILINE)
    assert re.search(r"^  get_tyme +1 +1 +100.0% +0 conversations$", text, flags=re.MULTILINE)
    assert re.search(r"^  a.jsonl +3 +1 +33.3% +1$", text, flags=re.MULTILINE)
    assert "never called, 1 of 2 declared tools: get_weather" in text


def test_names_out_of_data_do_nothing_to_a_terminal_or_a_page(tmp_path):
    name = "\x1b[31m<script>"
    folder = write(tmp_path, a=[chat(user("hi"), calls(call("a", name, {})), tools=WEATHER)])
    found = tt.validate(folder, progress=False)
    assert "\x1b" not in repr(found)
    assert "<script" not in found._repr_html_()


def test_the_page_is_well_formed(found):
    class Balanced(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag != "br":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balanced()
    parser.feed(found._repr_html_())
    assert parser.open == []


def test_json_has_everything_but_the_frame(found):
    facts = json.loads(found.to_json())
    assert facts["records"]["rejected"] == 2
    assert facts["tool_use"]["tools"]["get_tyme"] == {"declared": 0, "calls": 1, "wrong_calls": 1}
    assert [kind["code"] for kind in facts["findings"]] == list(found.counts)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"packing": "bfd"}, "packing: there is no such option"),
        ({"findings_per_code": -1}, "findings_per_code=-1"),
        ({"examples_per_code": True}, "examples_per_code=True"),
        ({"layout": "no_such"}, "unknown layout"),
    ],
)
def test_options_that_cannot_be_used(shards, options, said):
    with pytest.raises(tt.OptionsError, match=said):
        tt.validate(shards, progress=False, **options)


def test_progress_is_told(tmp_path):
    folder = write_shards(tmp_path / "many", shards=2, records=50)
    told = []
    tt.validate(folder, progress=told.append)
    assert told[-1].stage == "done"
    assert told[-1].records == 100
    line = tt.Progress(
        stage="validating",
        records=1,
        bytes=1,
        total_bytes=2,
        tokens=0,
        trained_tokens=0,
        rejected=0,
        seconds=1.0,
    ).line()
    assert "tokens" not in line


FOREVER = """
import sys, time
import tooltrain_fast as tt
print("ready", flush=True)
try:
    while True:
        tt.validate(sys.argv[1], progress=False)
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_is_answered_within_a_quarter_of_a_second(tmp_path):
    shard = write_shards(tmp_path / "many", shards=1, records=2000) / "chats-0.jsonl"
    large = tmp_path / "large.jsonl"
    large.write_bytes(shard.read_bytes() * 40)
    command = [sys.executable, "-W", "ignore", "-c", FOREVER, str(large)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.7)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        answered = float(process.stdout.readline())
    assert answered - sent < 0.25


def test_the_example_shards_are_what_the_page_says():
    found = tt.validate(ROOT / "examples" / "shards", progress=False)
    printed = next(text.plain for text in listing(found) if text.plain.startswith("error[invalid_json]"))
    shown = "".join(f"    {line}\n" for line in printed.splitlines())
    assert shown in (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    assert found.counts == {
        "invalid_json": {"error": 1},
        "undeclared_tool": {"masked": 1},
        "nothing_to_train": {"warning": 1},
    }


def test_fix_writes_the_records_with_their_repairs(tmp_path):
    missing = chat(
        user("hi"), calls(call("a", "get_time", {"city": "Oslo"})), result("a", "9"), says("9"), tools=WEATHER
    )
    missing["messages"][1]["tool_calls"][0].pop("id")
    missing["messages"][2].pop("tool_call_id")
    spelled = json.dumps(GOOD).replace('"Oslo"', '"\\u004fslo"') + "  "
    folder = write(
        tmp_path, a=[spelled, NO_ROLE, missing, UNDECLARED, chat(user("hi"), says("ho"), user("bye"))]
    )
    found = tt.validate(folder / "a.jsonl", fix=tmp_path / "fixed.jsonl", progress=False)
    assert (found.fixed.written, found.fixed.mended, found.fixed.left) == (4, 2, 0)
    assert "4 records, 2 of them mended" in repr(found)
    lines = (tmp_path / "fixed.jsonl").read_text(encoding="utf-8").splitlines()
    assert lines[0] == spelled.strip()
    assert json.loads(lines[2]) == UNDECLARED
    assert json.loads(lines[3]) == chat(user("hi"), says("ho"))
    rejects = [json.loads(line) for line in Path(found.fixed.rejects).read_bytes().splitlines()]
    assert [one["line"] for one in rejects] == [2]
    assert json.loads((tmp_path / "fixed.jsonl.report.json").read_bytes())["records"]["rejected"] == 1
    again = tt.validate(tmp_path / "fixed.jsonl", progress=False)
    assert {code: kinds for code, kinds in again.counts.items() if "fixed" in kinds} == {}
    assert again.records.accepted == found.records.accepted
    with pytest.raises(tt.OutputExistsError):
        tt.validate(folder / "a.jsonl", fix=tmp_path / "fixed.jsonl", progress=False)
    with pytest.raises(tt.OptionsError):
        tt.validate(folder / "a.jsonl", fix=folder / "a.jsonl", if_exists="overwrite", progress=False)
    tt.validate(folder / "a.jsonl", fix=tmp_path / "fixed.jsonl", if_exists="overwrite", progress=False)


def test_fixed_records_of_real_files_make_the_same_rows(shared, tmp_path):
    names = (
        "swe_agent_demonstrations",
        "tau_bench_airline_gpt4o",
        "toolbench_legacy_function_call",
        "toolalpaca_eval",
    )
    source = [shared / "corpus" / f"{name}.jsonl.gz" for name in names]
    found = tt.validate(source, fix=tmp_path / "fixed.jsonl", progress=False)
    assert found.fixed.mended == found.records.repaired > 250
    assert found.fixed.left == 0
    again = tt.validate(tmp_path / "fixed.jsonl", progress=False)
    assert [code for code, kinds in again.counts.items() if "fixed" in kinds] == []
    rows = [
        pl.DataFrame(tt.stream(one, packing="none", date="2026-01-01")).drop("sources")
        for one in (source, tmp_path / "fixed.jsonl")
    ]
    assert rows[0].equals(rows[1])


def test_rejects_can_be_mended_and_fed_back(tmp_path):
    (tmp_path / "in").mkdir()
    folder = write(tmp_path / "in", a=[GOOD, NO_ROLE, UNDECLARED])
    report = tt.pack(folder, tmp_path / "packed.parquet", date="2026-01-01", progress=False)
    rejects = [json.loads(line) for line in Path(report.rejects).read_bytes().splitlines()]
    again = tt.validate(report.rejects, progress=False)
    assert (again.records.read, again.records.rejected) == (1, 1)
    assert again.counts == {"role_missing": {"error": 1}}
    for one in rejects:
        one["raw"] = one["raw"].replace('{"content": "hi"}', '{"role": "user", "content": "hi"}')
    mended = tmp_path / "mended.jsonl"
    mended.write_text("".join(json.dumps(one) + "\n" for one in rejects), encoding="utf-8")
    assert tt.validate(mended, progress=False).ok
    report = tt.pack(mended, tmp_path / "mended.parquet", date="2026-01-01", progress=False)
    assert (report.records.read, report.records.packed) == (1, 1)
