"""The first screen of the README is what the program really prints."""

import re

from places import ROOT

import tooltrain_fast as tt

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_no_placeholder_is_left():
    assert not re.search(r"^@[A-Z]+@$", README, flags=re.MULTILINE)


def test_its_first_example_prints_its_report(tmp_path, monkeypatch, capsys):
    (tmp_path / "shards").symlink_to(ROOT / "examples" / "shards")
    monkeypatch.chdir(tmp_path)
    code = README.split("```python\n")[1].split("```")[0]
    exec(compile(code, "README.md", "exec"), {})
    printed, _time_and_pace = capsys.readouterr().out.rsplit("\n\n", 1)
    assert printed in README
    assert str(tt.how_to_train("packed.parquet", "trl")).rstrip() in README
