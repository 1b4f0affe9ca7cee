"""The examples in the docstrings of public names run as written."""

import doctest

import pytest
from places import ROOT

import tooltrain_fast as tt

DOCUMENTED = [name for name in tt.__all__ if ">>>" in (getattr(tt, name).__doc__ or "")]


def test_the_verbs_have_examples():
    assert {"pack", "tokenize", "stream", "render", "show", "validate", "verify", "how_to_train"} <= set(
        DOCUMENTED
    )


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples(name, tmp_path, monkeypatch):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner()
    example = parser.get_doctest(getattr(tt, name).__doc__, {}, name, None, None)
    runner.run(example)
    assert runner.summarize(verbose=False).failed == 0
