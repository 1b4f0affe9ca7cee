"""The stub of the compiled module says what the module has."""

import ast
import inspect

import pytest
from places import ROOT

import tooltrain_fast
from tooltrain_fast import _core, errors

TREE = ast.parse((ROOT / "python" / "tooltrain_fast" / "_core.pyi").read_text())
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}


def test_both_have_the_same_names():
    public = {name for name in dir(_core) if not name.startswith("_")}
    assert public == {*FUNCTIONS, *CLASSES}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_same_parameters(name):
    written = [argument.arg for argument in [*FUNCTIONS[name].args.args, *FUNCTIONS[name].args.kwonlyargs]]
    assert list(inspect.signature(getattr(_core, name)).parameters) == written


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_the_same_members(name):
    node, found = CLASSES[name], getattr(_core, name)
    for one in node.body:
        member = getattr(one, "name", None) or getattr(getattr(one, "target", None), "id", None)
        assert member is None or hasattr(found, member), member


def test_everything_in_the_stub_is_documented():
    for node in [*FUNCTIONS.values(), *CLASSES.values()]:
        assert ast.get_docstring(node), node.name


def test_every_error_is_public():
    assert set(errors.__all__) <= set(tooltrain_fast.__all__)
