"""Dependency rules of the Python packages, as ARCHITECTURE.md states them."""

import ast
import graphlib
import re

import pytest
from places import ROOT

import tooltrain_fast as tt

SOURCE = ROOT / "python" / "tooltrain_fast"
NAME = "tooltrain_fast"
FLOORS = ["_core", "errors", "_reports", "_options", "_files", "_views", "_verbs", "", "_cli", "__main__"]
"""The packages and top-level modules from the bottom up; the empty name is the package itself."""
DOORS = {
    "pyarrow": {"_files/packed_file.py", "_files/row_checks.py"},
    "rich": {"_reports/findings_terminal.py", "_views/view.py", "_views/view_terminal.py"},
    "polars": {"_reports/findings.py"},
    "click": {"_cli/commands.py", "_cli/flags.py"},
    "huggingface_hub": {"_options/tokenizer_source.py"},
}


def read_sources():
    """The text of every module by its name below the package: `_options.table`; the package itself is empty."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = path.read_text(encoding="utf-8")
    return found


def is_type_check(node):
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def import_nodes(tree, *, types):
    """The import statements of a module, those inside functions too; those for type checkers if `types`."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        if types or not is_type_check(node):
            left += ast.iter_child_nodes(node)


def full_names(node):
    """What an import statement may load."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert not node.level, "imports are absolute"
    return [f"{node.module}.{alias.name}" for alias in node.names]


def own_imports(sources, *, types):
    """Which modules of the package each module imports directly."""
    known = {*sources, "_core"}
    graph = {}
    for module, text in sources.items():
        names = [name for node in import_nodes(ast.parse(text), types=types) for name in full_names(node)]
        own = [name.removeprefix(NAME).removeprefix(".") for name in names if name.split(".")[0] == NAME]
        found = {name if name in known else name.rpartition(".")[0] for name in own}
        graph[module] = found - {module}
    return graph


def reached(graph, module):
    """Every module that `module` imports, directly or through others."""
    found, left = set(), [module]
    while left:
        new = graph.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def floor(module):
    return FLOORS.index(module.split(".")[0])


def upward(sources):
    """Pairs of a module and one on a later floor that it reaches."""
    graph = own_imports(sources, types=True)
    return {
        (module, other)
        for module in graph
        for other in reached(graph, module)
        if floor(other) > floor(module)
    }


def circle(sources):
    """A circle of modules that import each other when they run; none if there is no such circle."""
    try:
        graphlib.TopologicalSorter(own_imports(sources, types=False)).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def test_every_module_is_on_a_floor():
    assert {module.split(".")[0] for module in read_sources()} == {*FLOORS} - {"_core"}


def test_no_module_reaches_a_later_floor():
    assert not upward(read_sources())


@pytest.mark.parametrize(
    "planted",
    [
        "import tooltrain_fast._verbs.packing",
        "from tooltrain_fast._views import view",
        "from tooltrain_fast import pack",
        "def late():\n    from tooltrain_fast._cli.flags import Word",
        "if TYPE_CHECKING:\n    from tooltrain_fast._files.footer import read_footer",
    ],
)
def test_a_planted_upward_import_is_found(planted):
    sources = read_sources()
    sources["_options.resolve"] += "\n" + planted + "\n"
    assert any(module == "_options.resolve" for module, _ in upward(sources))


def test_an_upward_import_is_found_through_other_modules():
    sources = read_sources()
    sources["_reports.figures"] += "\nimport tooltrain_fast._options.resolve\n"
    assert ("_reports.report_text", "_options.resolve") in upward(sources)
    assert ("_reports.report_text", "_options.table") in upward(sources)


def test_no_modules_import_each_other():
    assert circle(read_sources()) is None


def test_a_planted_circle_is_found():
    sources = read_sources()
    sources["_reports.figures"] += "\nimport tooltrain_fast._reports.report\n"
    assert "_reports.figures" in circle(sources)


def test_each_dependency_has_its_door():
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE).as_posix()
        nodes = import_nodes(ast.parse(path.read_text(encoding="utf-8")), types=False)
        packages = {name.split(".")[0] for node in nodes for name in full_names(node)}
        for package in packages & set(DOORS):
            assert place in DOORS[package], f"{place} imports {package}"


def test_every_door_is_used():
    for package, places in DOORS.items():
        for place in places:
            assert re.search(rf"\b(from|import) {package}\b", (SOURCE / place).read_text(encoding="utf-8")), (
                place
            )


def test_no_module_has_the_name_of_a_public_function():
    assert "pack" in tt.__all__
    assert not {path.stem for path in SOURCE.glob("*") if path.suffix != ".pyi"} & set(tt.__all__)


@pytest.mark.parametrize("name", [name for name in tt.__all__ if not name.startswith("__")])
def test_public_names_are_at_home_in_the_package_itself(name):
    assert getattr(tt, name).__module__ == NAME


def test_the_map_names_every_file():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.split("Python, from the bottom up")[1].split("No module")[0]
    named = set(re.findall(r"`(\w+\.py)`", table))
    there = {path.name for path in SOURCE.rglob("*.py")} - {"__init__.py", "__main__.py"}
    assert named == there
