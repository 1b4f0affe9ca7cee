"""Skips are counted and listed."""

import re

import pytest
from places import ROOT
from skips import listed, objections

KNOWN = {
    "most_percent": 3,
    "python": [
        {"test": "tests/a.py::test_one", "needs": "shared"},
        {"test": "tests/b.py", "needs": "package"},
    ],
}


@pytest.mark.parametrize(
    ("skipped", "tests", "has_shared", "reason"),
    [
        ([], 500, False, None),
        (["tests/a.py::test_one"], 500, False, None),
        (["tests/a.py::test_one[x]", "tests/b.py::test_any"], 500, False, None),
        (["tests/b.py"], 500, True, None),
        (["tests/c.py::test_one"], 500, False, "not listed"),
        (["tests/a.py::test_two"], 5, False, "not listed"),
        (["tests/a.py::test_one"], 500, True, "although the shared data are there"),
        (["tests/b.py"] * 16, 500, False, "16 of 500 tests are skipped"),
        (["tests/b.py"] * 16, 20, False, None),
    ],
)
def test_what_fails_a_run(skipped, tests, has_shared, reason):
    found = objections(skipped, tests, KNOWN, has_shared=has_shared)
    assert len(found) == (reason is not None)
    assert reason is None or reason in found[0]


def test_every_listed_python_test_is_there():
    for entry in listed()["python"]:
        path, _, name = entry["test"].partition("::")
        source = (ROOT / path).read_text(encoding="utf-8")
        function = re.match(r"\w*", name).group()
        assert not function or f"def {function}(" in source, entry["test"]
        assert entry["reason"], entry["test"]
        assert entry["needs"] in {"shared", "package", "platform"}, entry["test"]


def test_every_listed_rust_test_is_there():
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in (ROOT / "rust").glob("*/tests")
        for path in folder.rglob("*.rs")
    )
    for entry in listed()["rust"]:
        assert f"fn {entry['test']}()" in sources, entry["test"]
        assert entry["reason"], entry["test"]
