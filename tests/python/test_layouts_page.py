"""The page on layouts: its records are recognized as it says, and come to what stands below them."""

import json
import re
from typing import NamedTuple

import pytest
from places import ROOT

import tooltrain_fast as tt
from tooltrain_fast import _core

PAGE = (ROOT / "docs" / "layouts.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```(json|text)\n(.*?)```", re.DOTALL)


class Example(NamedTuple):
    """A record of the page, with the layout in the heading above it and what stands below it."""

    layout: str
    record: str
    job_description: str | None
    expected: str


def examples():
    found = []
    for section in PAGE.split("\n## ")[1:]:
        layout = section.partition("\n")[0]
        given = []
        for kind, body in BLOCK.findall(section):
            if kind == "json":
                given.append(body)
            else:
                record, *side_file = given
                found.append(Example(layout, record, *(side_file or [None]), body))
                given = []
    return found


def findings(record, tmp_path, **options):
    path = tmp_path / "record.json"
    path.write_text(record, encoding="utf-8")
    return tt.validate(path, progress=False, **options).frame


def test_it_has_every_layout(tmp_path):
    hint = findings('{"instruction": ""}', tmp_path)["hint"][0]
    known = re.findall(r"(?:known layouts: |; )(\w+) \{", hint)
    assert len(known) == 8
    assert {example.layout for example in examples()} == set(known)
    order = PAGE.split("reads it: ")[1].split(".")[0]
    assert re.findall(r"`(\w+)`", order) == known


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.layout)
def test_its_records_are_recognized(example, tmp_path):
    other = "distil" if example.layout == "rejects" else "rejects"
    (found,) = findings(example.record, tmp_path, layout=other).iter_rows(named=True)
    assert found["code"] == "other_layout"
    assert f"the record has the layout {example.layout}, not {other}" in found["message"]
    assert "other_layout" not in findings(example.record, tmp_path, layout=example.layout)["code"]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.layout)
def test_its_records_come_to_what_stands_below_them(example, tmp_path):
    options = {}
    if example.job_description:
        options["tools"] = tmp_path / "job_description.json"
        options["tools"].write_text(example.job_description, encoding="utf-8")
    rendered = tt.render(json.loads(example.record), **options)
    lines = [repr(text) for text in rendered.supervised_text]
    lines += [f"{finding.code} ({finding.severity})" for finding in rendered.findings]
    assert "".join(line + "\n" for line in lines) == example.expected


def test_its_codes_exist():
    codes = {code["name"] for code in json.loads(_core.finding_codes())}
    named = set(re.findall(r"\(`([a-z_0-9]+)`\)", PAGE))
    assert len(named) > 8
    assert named <= codes
