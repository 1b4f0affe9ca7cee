"""Who may know whom, as ARCHITECTURE.md says."""

import ast
import re

import pytest
from places import ROOT

CORE = ROOT / "rust" / "core" / "src"
PYTHON = ROOT / "python" / "tooltrain_fast"
STAGES = ["read", "parse", "validate", "render", "tokenize", "pack", "write"]
VOCABULARY = ["conversation", "finding", "finding_codes", "sample", "options", "error"]
PYTHON_DOORS = {
    "pyarrow": {"packed_file.py", "row_checks.py"},
    "rich": {"findings_terminal.py", "view.py", "view_terminal.py"},
    "polars": {"findings.py"},
    "click": {"cli.py", "cli_options.py"},
    "huggingface_hub": {"tokenizer_source.py"},
}


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


def imported(path):
    """The packages that a Python file imports when it is run, not only for the type checker."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_each_python_dependency_has_its_door():
    for path in PYTHON.glob("*.py"):
        for package in imported(path) & set(PYTHON_DOORS):
            assert path.name in PYTHON_DOORS[package], f"{path.name} imports {package}"


def test_no_module_has_the_name_of_a_public_function():
    text = (PYTHON / "__init__.py").read_text(encoding="utf-8")
    public = re.findall(r'^    "(\w+)",$', text, flags=re.MULTILINE)
    assert "pack" in public
    assert not {path.stem for path in PYTHON.glob("*.py")} & set(public)


def test_every_file_that_the_map_names_is_there():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.split("Python, in the order")[1].split("No module")[0]
    named = set(re.findall(r"`(\w+\.py)`", table))
    assert named <= {path.name for path in PYTHON.glob("*.py")}
    unnamed = {path.name for path in PYTHON.glob("*.py")} - named
    assert unnamed == {"__init__.py", "__main__.py", "errors.py"}
