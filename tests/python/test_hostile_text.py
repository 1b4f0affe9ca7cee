"""Nothing that a terminal or a page obeys leaves raw, wherever it came from: one test over every text that leaves."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tooltrain_fast as tt
from tooltrain_fast._cli.commands import main
from tooltrain_fast._reports.printed import html_text, visible, visible_json

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mRED\x9b31m\u202eevil\u2066x\u2028y\x1b]8;;http://evil\x1b\\\x7f\ufeff"
)
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def chat(said):
    return {"messages": [{"role": "user", "content": said}, {"role": "assistant", "content": said + "!"}]}


@pytest.fixture
def hostile(tmp_path, monkeypatch):
    """A folder with hostile content in a shard of a hostile name, and a template of such a name."""
    monkeypatch.chdir(tmp_path)
    shard = HOSTILE.replace("/", "") + ".jsonl"
    wrong = {**chat("q"), HOSTILE: 1, "tools": [{"type": "function", "function": {"name": HOSTILE}}]}
    wrong["messages"][1]["tool_calls"] = [
        {"id": HOSTILE, "function": {"name": HOSTILE + "2", "arguments": "{}"}}
    ]
    lines = [json.dumps(chat(HOSTILE)), json.dumps(wrong), '{"broken' + HOSTILE]
    (tmp_path / shard).write_text("\n".join(lines) + "\n", encoding="utf-8")
    template = HOSTILE.replace("/", "") + ".jinja"
    (tmp_path / template).write_text(TEMPLATE, encoding="utf-8")
    return shard, template


def command(capfd, *words):
    with pytest.raises(SystemExit):
        main([str(word) for word in words])
    out, err = capfd.readouterr()
    return out + err


def test_no_text_of_the_command_line_is_raw(hostile, capfd):
    shard, template = hostile
    runs = [
        ("pack", shard, "--out", "a.parquet", "--chat-template", "./" + template),
        ("pack", shard, "--out", "a.parquet"),
        ("pack", shard, "--out", "b.parquet", "--json"),
        ("pack", shard, "--out", "c.parquet", "--on-error", "raise"),
        ("pack", "none" + shard, "--out", "d.parquet"),
        ("pack", shard, "--out", "none/" + shard + ".parquet"),
        ("validate", shard),
        ("validate", shard, "--json"),
        ("convert", shard, "--out", "c.jsonl", "--to", "sharegpt"),
        ("show", shard),
        ("show", shard, "--line", "2"),
        ("show", shard, "--line", "3"),
        ("show", shard, "--json"),
        ("show", "a.parquet"),
        ("verify", "a.parquet"),
        ("verify", "a.parquet", "--json"),
        ("verify", shard),
        ("explain-template", "./" + template),
        ("how-to-train", "a.parquet"),
    ]
    escaped = 0
    for run in runs:
        said = command(capfd, *run)
        assert said
        assert not RAW.search(said), (run, RAW.search(said), said)
        escaped += "\\x1b" in said or "\\u001b" in said
        if "--json" in run:
            json.loads(said[said.index("{") :])
    assert escaped > len(runs) / 2


def test_no_view_and_no_error_is_raw(hostile):
    shard, _ = hostile
    view = tt.show(shard, line=1)
    report = tt.pack(shard, out="a.parquet", progress=False)
    found = tt.validate(shard, progress=False)
    row = tt.show("a.parquet")
    rendered = tt.render(chat(HOSTILE))
    texts = [repr(view), view.to_html(), view._repr_html_(), repr(row), row.to_html(), repr(report)]
    texts += [report._repr_html_(), repr(found), found._repr_html_(), rendered._repr_html_()]
    assert not RAW.search(repr(tt.verify("a.parquet")))
    for given in (shard, "none" + shard):
        with pytest.raises(tt.TooltrainError) as caught:
            tt.pack(given, out="b.parquet", on_error="raise", progress=False)
        texts.append(str(caught.value))
    for text in texts:
        assert not RAW.search(text), RAW.search(text)
        assert "\\x1b" in text


def test_colors_are_those_of_the_view_and_none_of_the_data(hostile):
    shard, _ = hostile
    colored = tt.show(shard, line=1).to_text(color=True)
    assert set(re.findall("\x1b(.)", colored)) == {"["}
    assert not re.search("\x1b\\[[0-9;]*[^0-9;m]", colored)
    assert "\\x1b]0;owned" in colored


def test_progress_of_a_run_is_not_raw(hostile):
    shard, _ = hostile
    code = "import sys, tooltrain_fast as tt; tt.pack(sys.argv[1], out='e.parquet')"
    run = subprocess.run([sys.executable, "-c", code, shard], capture_output=True, text=True, check=True)
    assert not re.search(RAW, run.stderr.replace("\r", ""))


def test_json_keeps_its_meaning():
    value = {HOSTILE: [HOSTILE, "\U000e0041", "zażółć 😀"]}
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert not RAW.search(text)
    assert "zażółć 😀" in text


def test_html_is_visible_and_escaped():
    assert html_text('<b>"\x1b\u202e') == "&lt;b&gt;&quot;\\x1b\\u202e"


def test_good_text_is_left_alone():
    for text in ("", "a\tb\n", "zażółć 😀 👩\u200d🚀", "עברית العربية", "\\x1b"):
        assert visible(text) == text


def test_a_lone_surrogate_of_a_file_name_is_printed(tmp_path):
    if sys.platform == "darwin":
        pytest.skip("names are UTF-8 there")
    path = os.fsencode(tmp_path) + b"/a\xff.jsonl"
    Path(os.fsdecode(path)).write_text(json.dumps(chat("q")) + "\n", encoding="utf-8")
    report = tt.pack(os.fsdecode(path), out=tmp_path / "a.parquet", progress=False)
    assert [shard.name for shard in report.shards] == ["a\\xff.jsonl"]
    assert tt.pack(tmp_path, out=tmp_path / "b.parquet", progress=False).records.read == 1
    assert tt.show(os.fsdecode(path)).tokens
