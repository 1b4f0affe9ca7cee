"""The page on validation: its table of JSON that the standard leaves open is what happens."""

import re

import pytest
from places import ROOT

import tooltrain_fast as tt

PAGE = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## JSON that the standard leaves open\n")[1].split("\n## ")[0]
ROW = re.compile(r"^\| (i_\S+) \| .* \| (?:taken|`(\w+)`) \|$", re.MULTILINE)
VERDICTS = {name: code or None for name, code in ROW.findall(SECTION)}
GOOD = b'{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'


@pytest.fixture
def suite(shared):
    return shared / "suites" / "JSONTestSuite" / "test_parsing"


def codes_beside_a_good_line(text, folder, **options):
    path = folder / "lines.jsonl"
    path.write_bytes(GOOD + text.translate(None, b"\r\n") + b"\n")
    frame = tt.validate(path, progress=False, **options).frame
    assert set(frame["line"]) == {2}
    return set(frame["code"])


def test_it_has_the_files_of_the_suite(suite):
    assert sorted(VERDICTS) == sorted(path.stem for path in suite.glob("i_*.json"))
    assert len(VERDICTS) == 35


@pytest.mark.parametrize("name", VERDICTS)
def test_what_happens_is_what_it_says(name, suite, tmp_path):
    found = codes_beside_a_good_line((suite / f"{name}.json").read_bytes(), tmp_path)
    # JSON that is taken is then no record, for the suite has lists.
    assert found == {VERDICTS[name] or "not_an_object"}


def test_depth_follows_its_option(suite, tmp_path):
    text = (suite / "i_structure_500_nested_arrays.json").read_bytes()
    assert codes_beside_a_good_line(text, tmp_path, max_depth=500) == {"not_an_object"}


def test_a_byte_order_mark_is_taken_off_at_the_beginning(tmp_path):
    path = tmp_path / "marked.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD)
    assert tt.validate(path, progress=False).ok
