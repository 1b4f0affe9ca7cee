"""Records of benchmark runs: none replaces another, the newest is found, and commands name no folder of a machine."""

import json
import re
import sys

import pytest
from places import ROOT

sys.path.insert(0, str(ROOT / "benches"))

import measure

RUNS = ROOT / "benches" / "runs"


def test_a_record_is_named_by_its_time(tmp_path):
    record = measure.keep(tmp_path / "runs", "stages", {"rows": 1}, "# Stages\n")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{4}-stages\.json", record.name)
    assert json.loads(record.read_text()) == {"rows": 1}
    assert record.with_suffix(".md").read_text() == "# Stages\n"
    assert measure.newest(record.parent, "stages") == record


def test_the_newest_record_of_a_slug_is_found(tmp_path):
    for name in (
        "2026-11-21-stages",
        "2026-11-21-0905-stages",
        "2026-11-21-1432-stages",
        "2026-11-21-1500-tokenization",
        "2026-11-20-2359-stages",
        "2026-11-22-more-stages",
    ):
        (tmp_path / f"{name}.json").write_text("{}")
    assert measure.newest(tmp_path, "stages").name == "2026-11-21-1432-stages.json"
    (tmp_path / "2026-11-22-stages.json").write_text("{}")
    assert measure.newest(tmp_path, "stages").name == "2026-11-22-stages.json"
    with pytest.raises(FileNotFoundError, match="no run of end-to-end"):
        measure.newest(tmp_path, "end-to-end")


def test_a_command_is_shown_without_folders(monkeypatch):
    words = ["/a/b/benches/stages.py", "../c/file.jsonl", "--out=/home/me/runs", "--repeats", "5"]
    monkeypatch.setattr(sys, "argv", words)
    assert measure.shown_command() == "python benches/stages.py .../file.jsonl --out=.../runs --repeats 5"


def test_records_name_no_folder_of_a_machine():
    records = sorted(RUNS.iterdir())
    assert records
    for record in records:
        assert not re.search(r'[" `(=](/|~/)\w+/', record.read_text(encoding="utf-8")), record.name
