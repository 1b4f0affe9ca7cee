"""Dependency rules of the Rust core, as ARCHITECTURE.md states them."""

import re

import pytest
from places import ROOT

CORE = ROOT / "rust" / "core" / "src"
STAGES = ["read", "parse", "validate", "render", "tokenize", "pack", "write"]
VOCABULARY = ["conversation", "finding", "finding_codes", "sample", "options", "error"]


def named_modules(path):
    """The modules of the crate that a file names, its own tests left out."""
    text = path.read_text(encoding="utf-8").split("#[cfg(test)]")[0]
    text = re.sub(r"//.*", "", text)
    names = set(re.findall(r"\bcrate::(\w+)", text))
    for group in re.findall(r"\bcrate::\{([^;]*)\}", text):
        names |= set(re.findall(r"(?:^|,|\{)\s*(\w+)", group))
    return names


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_no_later_stage(stage):
    files = [*(CORE / stage).rglob("*.rs")]
    assert files
    later = set(STAGES[STAGES.index(stage) + 1 :]) | {"pipeline"}
    for path in files:
        assert not named_modules(path) & later, path


@pytest.mark.parametrize("module", VOCABULARY)
def test_the_shared_vocabulary_knows_no_stage(module):
    assert not named_modules(CORE / f"{module}.rs") & {*STAGES, "pipeline", "report"}


def test_the_core_knows_no_python():
    assert "pyo3" not in (ROOT / "rust" / "core" / "Cargo.toml").read_text()
