"""The tests that may be skipped, from `tests/skips.toml`; a pytest plugin that fails a run with any other skip."""

import tomllib
from collections.abc import Iterable
from typing import Any

import pytest
from places import ROOT, shared_folder

LIST = ROOT / "tests" / "skips.toml"
WHOLE_RUN = 300
"""A run of so many tests is one of the whole suite: the share of skips counts there."""


def listed() -> dict[str, Any]:
    """The list as it is written."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


def objections(skipped: Iterable[str], tests: int, known: dict[str, Any], *, has_shared: bool) -> list[str]:
    """Why a run of so many tests with these skips is not accepted; empty if it is."""
    skipped = list(skipped)
    found = []
    for test in skipped:
        entries = [entry for entry in known["python"] if test.startswith(entry["test"])]
        if not entries:
            found.append(f"{test}: skipped, and not listed in tests/skips.toml")
        elif has_shared and all(entry["needs"] == "shared" for entry in entries):
            found.append(f"{test}: skipped although the shared data are there")
    share = 100 * len(skipped) / max(tests, 1)
    if tests >= WHOLE_RUN and share > known["most_percent"]:
        found.append(f"{len(skipped)} of {tests} tests are skipped ({share:.1f} %)")
    return found


class Skips:
    """What a run skipped."""

    def __init__(self) -> None:
        self.tests = 0
        self.skipped: list[str] = []

    def objections(self) -> list[str]:
        return objections(self.skipped, self.tests, listed(), has_shared=shared_folder().is_dir())


KEY = pytest.StashKey[Skips]()


def pytest_configure(config: pytest.Config) -> None:
    found = config.stash[KEY] = Skips()
    config.pluginmanager.register(Recorder(found))


class Recorder:
    """Writes down each skipped test, and each module that is skipped as a whole."""

    def __init__(self, found: Skips) -> None:
        self.found = found

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.found.tests += report.when == "setup"
        if report.skipped and not hasattr(report, "wasxfail"):
            self.found.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.found.skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and session.config.stash[KEY].objections():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    found = config.stash[KEY]
    terminalreporter.write_line(f"{len(found.skipped)} of {found.tests} tests skipped")
    for line in found.objections():
        terminalreporter.write_line(f"FAILED {line}", red=True)
