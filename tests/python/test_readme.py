"""The first screen of the README is what the program really prints."""

import re

import pyarrow as pa
from places import ROOT

import tooltrain_fast as tt

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_placeholder_is_left():
    assert not re.search(r"^@[A-Z]+@$", README, flags=re.MULTILINE)


def test_its_first_example_prints_its_report(tmp_path, monkeypatch, capsys):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    code = README.split("```python\n")[1].split("```")[0]
    exec(compile(code, "README.md", "exec"), {})
    printed, _time_and_pace = capsys.readouterr().out.rsplit("\n\n", 1)
    assert printed in README
    assert str(tt.how_to_train("packed.parquet", "trl")).rstrip() in README
    assert tt.show("packed.parquet", row=0).trained_tokens > 0


def test_the_turns_that_each_history_trains_are_as_many_as_it_says():
    def trained(history):
        stream = tt.stream(ROOT / "examples" / "shards", thinking=False, history=history)
        pa.table(stream)
        turns = stream.report().turns
        return turns.trained, turns.assistant

    assert trained("mask") == (14, 35)
    assert trained("inline") == trained("expand") == (29, 35)
    told = " ".join(README.split())
    assert "14 of the 35 assistant turns" in told
    assert "Either way 29 of 35 are trained" in told
