"""The page on options: every keyword stands there with its default and its values."""

import inspect
import json
import re
from typing import get_args

import pytest
from places import ROOT

import tooltrain_fast as tt
from tooltrain_fast._options.documented import option_descriptions
from tooltrain_fast._options.resolve import allowed_values
from tooltrain_fast._options.table import LossField

PAGE = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
HEADING = re.compile(r"^(##|###) (.*)$", re.MULTILINE)


def keywords():
    parameters = inspect.signature(tt.pack).parameters.values()
    return [one for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY]


def section(name):
    return PAGE.split(f"\n### `{name}=")[1].split("\n##")[0]


def spelled(default):
    return json.dumps(default) if isinstance(default, str) else repr(default)


def test_it_has_every_keyword_with_its_default_in_the_order_of_the_table():
    expected = []
    groups = {name: group for name, (group, _) in option_descriptions().items()}
    for one in keywords():
        group = groups.get(one.name)
        if group and group not in expected:
            expected.append(group)
        expected.append(f"`{one.name}={spelled(one.default)}`")
    assert [title for _, title in HEADING.findall(PAGE)] == expected


@pytest.mark.parametrize("name", [one.name for one in keywords() if one.name != "progress"])
def test_it_names_every_value_of_a_choice(name):
    for word in allowed_values(name):
        assert f'`"{word}"`' in section(name), word


def test_it_names_every_field_that_can_be_weighed():
    assert all(f"`{field}`" in section("loss") for field in get_args(LossField))


def test_it_names_every_column():
    with pytest.raises(tt.OptionsError) as refused:
        tt.stream("shards", columns=["nothing"])
    names = refused.value.hint.rpartition(": ")[2].split(", ")
    assert len(names) == 8
    assert all(f"`{name}`" in section("columns") for name in names)
