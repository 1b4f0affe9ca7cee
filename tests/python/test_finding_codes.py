"""The page of finding codes says what the table of the core says."""

import importlib.util
import json

from places import ROOT

from tooltrain_fast import _core


def generator():
    spec = importlib.util.spec_from_file_location("finding_codes", ROOT / "docs" / "finding_codes.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_made_from_the_table():
    made = generator()
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), "run python docs/finding_codes.py"


def test_the_page_has_every_code():
    text = generator().page()
    for code in json.loads(_core.finding_codes()):
        assert f"### `{code['name']}` ({code['severity']})" in text
