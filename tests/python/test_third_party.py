"""The licenses of linked crates are in the wheel."""

import importlib.util
import shutil
import subprocess
import sys

import pytest
from places import ROOT

SCRIPT = ROOT / "docs" / "third_party.py"
needs_cargo = pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo is not installed")


def check() -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, "--check"], check=False, capture_output=True, text=True)


@needs_cargo
def test_every_linked_crate_is_listed_with_its_licence():
    found = check()
    assert found.returncode == 0, found.stderr


@needs_cargo
@pytest.mark.parametrize("line", ["memchr 0.0.1: MIT", "not-linked 1.0.0: MIT"])
def test_a_crate_that_is_not_linked_is_noticed(tmp_path, monkeypatch, capsys, line):
    spec = importlib.util.spec_from_file_location("third_party", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = script.FILE.read_text(encoding="utf-8")
    changed = tmp_path / "licenses.txt"
    changed.write_text(text.replace("\n\n", f"\n\n{line}\n", 1), encoding="utf-8")
    monkeypatch.setattr(script, "FILE", changed)
    monkeypatch.setattr(sys, "argv", ["third_party.py", "--check"])
    with pytest.raises(SystemExit, match=line.split()[0]):
        script.main()


def test_texts_follow_the_list():
    text = (ROOT / "THIRD_PARTY_LICENSES.txt").read_text(encoding="utf-8")
    for sentence in (
        "Permission is hereby granted, free of charge",
        "Apache License",
        "Redistribution and use in source and binary forms",
    ):
        assert sentence in text
