"""Every difference from the masks of tagged templates over real conversations has a rule, and the page counts them."""

import pytest
from golden_masks import REPORT, RULES, report, rule_of


def test_the_page_is_what_the_comparison_says(shared):
    text, found = report(shared)
    assert {name: one.unlisted for name, one in found.items() if one.unlisted} == {}
    assert text == REPORT.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "token", "rule"),
    [
        ("hi<|im_end|>", "\n", "line end"),
        ("hi", "\n", None),
        ("<|im_start|>assistant", "\n", "header"),
        ("<|im_start|>assistant", "\n\n", "two line ends"),
        ("<|im_start|>assistant\n", "<think>", "think block"),
        ("<|im_start|>assistant\n<think>", "\n\n", "think block"),
        ("<|start|>", "assistant", "header"),
        ("hi", "assistant", None),
        ("hi", "<|end|>", "terminator"),
        ("hi", "<|return|>", None),
    ],
)
def test_each_rule_names_its_tokens(before, token, rule):
    assert rule_of(before, token) == rule
    assert rule is None or rule in RULES
