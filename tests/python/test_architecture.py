"""Dependency rules of the Rust crates, as ARCHITECTURE.md states them."""

import tomllib

import pytest
from places import ROOT
from rust_rooms import broken_rules, imports, reached

RUST = ROOT / "rust"
CORE = RUST / "core" / "src"

# From the ground up. A module knows modules on lower floors only, itself and through others.
FLOORS = [
    {"visible"},
    {
        "compression",
        "cpu_time",
        "digest",
        "error",
        "error_codes",
        "field",
        "finding_codes",
        "layout_spec",
        "nearest",
        "sample",
        "unread",
    },
    {"finding"},
    {"conversation", "finding_counts", "options", "progress", "rejected", "whole_file"},
    {"ledger", "loss"},
    {"read"},
    {"parse"},
    {"validate"},
    {"render"},
    {"mask"},
    {"pieces"},
    {"tokenize"},
    {"self_check"},
    {"prepare"},
    {"pack"},
    {"write"},
    {"audit", "convert", "report"},
    {"metadata"},
    {"run"},
]
STAGES = ["read", "parse", "validate", "render", "tokenize", "pack", "write"]

# Crates, from the ground up. Those beside the workspace compare and are known to nobody.
CRATES = [{"bpe", "json"}, {"jinja"}, {"core"}, {"py", "rivals"}]


def test_a_module_knows_lower_floors_only():
    assert not broken_rules(CORE, FLOORS)


def test_the_stages_are_on_ascending_floors():
    floors = [next(number for number, floor in enumerate(FLOORS) if stage in floor) for stage in STAGES]
    assert floors == sorted(set(floors))


def test_only_run_sees_every_stage():
    graph = imports(CORE)
    assert reached(graph, "run").keys() >= set(STAGES)
    others = [module for module in graph if module != "run" and reached(graph, module).keys() >= set(STAGES)]
    assert not others


MADE_FLOORS = [{"error", "counts"}, {"ledger"}, {"read"}, {"parse"}, {"pack"}, {"run"}]
MADE_FILES = {
    "lib.rs": "mod run;",
    "error.rs": "",
    "counts.rs": "/// Not an import: crate::run\n",
    "ledger/mod.rs": "use crate::counts::Counts;",
    "read/mod.rs": "mod lines;\nuse crate::error::{Error, Result};",
    "read/lines.rs": "use super::Read;",
    "parse.rs": "use crate::{error::Error, read::Line};",
    "pack/mod.rs": "use crate::ledger::Ledger;",
    "pack/pool.rs": "",
    "pack/pool_tests.rs": "use crate::run::run;",
    "run/mod.rs": "use crate::{pack, parse};",
}


@pytest.fixture
def made(tmp_path):
    for name, text in MADE_FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert not broken_rules(tmp_path, MADE_FLOORS)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "way"),
    [
        ("read/lines.rs", "use crate::pack::Packer;", "read -> pack"),
        ("read/lines.rs", "fn f() { crate::run::pack(); }", "read -> run"),
        ("parse.rs", "use crate::{error::Error, pack::Packer};", "parse -> pack"),
        ("parse.rs", "use crate::{\n    error::Error,\n    pack::Packer,\n};", "parse -> pack"),
        ("parse.rs", "use super::pack::Packer;", "parse -> pack"),
        ("pack/pool.rs", "use super::super::run;", "pack -> run"),
        ("pack/mod.rs", "use super::{error::Error, run::Verb};", "pack -> run"),
        ("error.rs", "#[cfg(test)]\nuse crate::counts::Counts;\nuse crate::read::Line;", "error -> read"),
        (
            "ledger/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::run;\n}\nuse crate::pack;",
            "ledger -> pack",
        ),
        # Everyone who stands on a module that looks up looks up as well.
        ("counts.rs", "use crate::read::Line;", "ledger -> counts -> read"),
        # Neighbors on one floor do not know each other.
        ("error.rs", "use crate::counts::Counts;", "error -> counts"),
    ],
)
def test_a_planted_upward_import_is_found(made, file, line, way):
    (made / file).write_text(f"{line}\n{MADE_FILES[file]}", encoding="utf-8")
    found = broken_rules(made, MADE_FLOORS)
    assert any(rule.startswith(f"{way} (by {file if way.count('>') == 1 else ''}") for rule in found), found


@pytest.mark.parametrize("text", ["use crate::run::pack;", "    use super::super::run::pack;"])
def test_what_only_tests_import_breaks_no_rule(made, text):
    (made / "pack/pool.rs").write_text(f"#[cfg(test)]\nmod tests {{\n{text}\n}}\n", encoding="utf-8")
    assert not broken_rules(made, MADE_FLOORS)


def test_a_module_without_a_floor_is_found(made):
    (made / "attic.rs").write_text("", encoding="utf-8")
    (made / "error.rs").unlink()
    assert broken_rules(made, MADE_FLOORS) == [
        "attic is on no floor",
        "error is on a floor, and not in the crate",
    ]


def test_a_crate_knows_lower_crates_only():
    floor = {crate: number for number, crates in enumerate(CRATES) for crate in crates}
    manifests = sorted(RUST.glob("*/Cargo.toml"))
    assert manifests
    for manifest in manifests:
        own = manifest.parent.name
        dependencies = tomllib.loads(manifest.read_text(encoding="utf-8")).get("dependencies", {})
        for name in dependencies:
            other = name.removeprefix("tooltrain-")
            if other != name:
                assert floor[other] < floor[own], f"{own} -> {other}"


def test_the_core_knows_no_python():
    assert "pyo3" not in (ROOT / "rust" / "core" / "Cargo.toml").read_text()
