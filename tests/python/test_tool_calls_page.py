"""The page on tool calls: its code runs, and prints what stands below it."""

import re

import pytest
from places import ROOT

PAGE = ROOT / "docs" / "tool_calls.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.DOTALL)


def blocks():
    """Pieces of code, each with the text that stands below it before the next."""
    pieces = []
    for kind, body in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "python":
            pieces.append((body, ""))
        else:
            pieces[-1] = (pieces[-1][0], body)
    return pieces


@pytest.fixture
def shards(tmp_path, monkeypatch):
    (tmp_path / "shards").symlink_to(ROOT / "examples" / "shards")
    monkeypatch.chdir(tmp_path)


def test_its_code_prints_what_the_page_says(shards, capsys):
    names = {}
    pieces = blocks()
    assert len(pieces) > 8
    for code, expected in pieces:
        exec(compile(code, str(PAGE), "exec"), names)
        assert capsys.readouterr().out == expected, code
