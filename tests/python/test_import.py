"""Importing the package is quick and brings in nothing heavy."""

import os
import subprocess
import sys

HEAVY = ("pyarrow", "polars", "rich", "click", "numpy", "tokenizers", "transformers")


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_heavy_packages_are_imported_when_they_are_needed():
    loaded = run("import sys, tooltrain_fast; print(*sys.modules)").split()
    assert "tooltrain_fast" in loaded
    assert not [name for name in HEAVY if name in loaded]


def test_the_import_takes_less_than_100_ms(tmp_path):
    """Of processor time, with modules compiled as they are after the first import of an installed package."""
    code = (
        "import time, sys; start = time.process_time(); import tooltrain_fast; "
        "print(time.process_time() - start)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(tmp_path)
    command = [sys.executable, "-c", code]
    times = [
        float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
        for _ in range(6)
    ]
    assert min(times) < 0.1


def test_names_are_functions_whatever_was_imported_before():
    code = (
        "import tooltrain_fast._views.view, tooltrain_fast._verbs.verifying, tooltrain_fast._verbs.training; "
        "import tooltrain_fast as tt; "
        "print(callable(tt.show), callable(tt.verify), callable(tt.how_to_train), tt.Verification.__name__)"
    )
    assert run(code).split() == ["True", "True", "True", "Verification"]


def test_everything_public_is_there():
    code = "import tooltrain_fast as tt; print(all(hasattr(tt, name) for name in tt.__all__), *dir(tt))"
    ok, *names = run(code).split()
    assert ok == "True"
    assert {"pack", "tokenize", "stream", "render", "show", "verify", "how_to_train", "Tokenizer"} <= set(
        names
    )


def test_an_unknown_name_is_an_attribute_error():
    assert "has no attribute 'pakc'" in run(
        "import tooltrain_fast as tt\ntry:\n    tt.pakc\nexcept AttributeError as error:\n    print(error)"
    )
