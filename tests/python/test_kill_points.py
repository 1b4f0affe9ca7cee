"""A short slice of tests/faults/kill_points.py: runs end at the calls that publish."""

import shutil
import sys

import pytest
from places import ROOT

sys.path.insert(0, str(ROOT / "tests" / "faults"))
import kill_points as points

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@needs_strace
@pytest.mark.timeout(600)
@pytest.mark.parametrize("form", ["file", "directory", "convert"])
def test_a_run_that_is_killed_at_a_rename_leaves_the_files_of_one_run(form):
    tried, wrong = points.carry_out(points.Trial(form, overwrite=True, call="rename", end="kill"), most=12)
    assert not wrong
    assert tried >= 3
