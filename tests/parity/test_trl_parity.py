"""Every difference from the masks of TRL's training templates has a name, and the page says how many there are."""

import importlib.metadata
import importlib.util

import pytest
from trl_parity import REPORT, RULES, Tokens, differences, report, rule_of_the_end

TOKENS = Tokens("<s>", "</s>", special=("<|end|>",))


@pytest.mark.skipif(
    any(importlib.util.find_spec(package) is None for package in ("trl", "transformers")),
    reason="trl and transformers are not installed",
)
def test_the_page_is_what_the_comparison_says():
    text, found = report()
    assert {name: one.unlisted for name, one in found.items() if one.unlisted} == {}
    assert all(one.turns >= one.equal for one in found.values())
    written = REPORT.read_text(encoding="utf-8")
    if f"TRL {importlib.metadata.version('trl')} ships" not in written:
        pytest.skip("the page is of another version of TRL; write it again to compare")
    assert text == written


@pytest.mark.parametrize(
    ("spans", "rules"),
    [
        ([(6, 13)], set()),
        ([(6, 14)], {"line end"}),
        ([(0, 13)], {"header"}),
        ([(6, 9)], {"stop left out"}),
        ([(7, 13)], {"beginning left out"}),
        ([(6, 8), (9, 13)], {"between left out"}),
        ([(14, 20)], {"no span"}),
        ([(3, 14)], {"header", "line end"}),
    ],
)
def test_each_rule_names_its_difference(spans, rules):
    text = b"<says>yes</s>\n<next>"
    assert differences(text, (6, 13), spans, TOKENS) == rules
    assert rules <= set(RULES)


def test_what_no_rule_names_is_told():
    assert rule_of_the_end("<|end|>", TOKENS) == "terminator"
    assert rule_of_the_end("<next>", TOKENS) not in RULES
