"""The stub of the compiled module says what the module has."""

import ast
import inspect

import pytest
from places import ROOT

import tooltrain_fast
from tooltrain_fast import _core

TREE = ast.parse((ROOT / "python" / "tooltrain_fast" / "_core.pyi").read_text())
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}
CLASSES = {node.name: node for node in TREE.body if isinstance(node, ast.ClassDef)}


def test_both_have_the_same_names():
    public = {name for name in dir(_core) if not name.startswith("_")}
    assert public == {*FUNCTIONS, *CLASSES}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_same_parameters(name):
    written = [argument.arg for argument in FUNCTIONS[name].args.args]
    assert list(inspect.signature(getattr(_core, name)).parameters) == written


@pytest.mark.parametrize("name", CLASSES)
def test_classes_have_the_same_members_and_bases(name):
    node, found = CLASSES[name], getattr(_core, name)
    for one in node.body:
        member = getattr(one, "name", None) or getattr(getattr(one, "target", None), "id", None)
        assert member is None or hasattr(found, member), member
    if node.bases and issubclass(found, Exception):
        bases = [base.id for base in node.bases]
        assert [base.__name__ for base in found.__mro__[1 : len(bases) + 1]] or bases
        assert all(base in {one.__name__ for one in found.__mro__} for base in bases)


def test_everything_in_the_stub_is_documented():
    for node in [*FUNCTIONS.values(), *CLASSES.values()]:
        assert ast.get_docstring(node), node.name


def test_every_error_is_public():
    errors = {name for name in CLASSES if name.endswith("Error")}
    assert errors <= set(tooltrain_fast.__all__)
