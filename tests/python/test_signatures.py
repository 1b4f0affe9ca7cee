"""The signatures of the verbs are written out, agree with the table of options, and guide type checkers."""

import importlib.util
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

import tooltrain_fast as tt

SOURCE = ROOT / "python" / "tooltrain_fast" / "_verbs"
VERBS = ["pack", "tokenize", "stream", "render", "show", "validate", "convert"]
PROGRAM = """\
import tooltrain_fast as tt

report = tt.pack(
    ["a.jsonl", "b.jsonl"],
    out="packed.parquet",
    tokenizer="qwen3",
    loss={"call_arguments": 2, "stop": 0.5},
    thinking="off",
    memory_limit="2 GiB",
    columns=["input_ids", "labels"],
    progress=lambda progress: print(progress.records),
)
rows: int = report.rows
seconds: float = report.seconds
tt.tokenize("shards", "out/", columns="axolotl", samples="turn")
tt.convert("shards", "rows.jsonl", to="messages", validation="off")
found: bool = tt.validate("shards", fix="fixed.jsonl", max_depth=64).ok
try:
    tt.stream("shards", history="inline")
except tt.OptionsError as error:
    place: tuple[str | None, int | None, str] = (error.file, error.line, error.code)
"""
MISTAKES = [
    'tt.pack("a", "b", max_lenght=4096)',
    'tt.pack("a", "b", rows="turn")',
    'tt.pack("a", "b", packing="bestfit")',
    'tt.pack("a", "b", loss={"stopp": 1.0})',
    'tt.pack("a", "b", "qwen3")',
    'tt.validate("a", packing="none")',
    'tt.convert("a", "b.jsonl", to="alpaca")',
    'tt.stream("a", max_length="long")',
]


def generator():
    spec = importlib.util.spec_from_file_location("signatures", ROOT / "tools" / "signatures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_signatures_are_those_of_the_table():
    made = generator()
    marked = 0
    for path in SOURCE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert made.signed(text) == text, f"{path.name}: run python tools/signatures.py"
        marked += len(made.MARKED.findall(text))
    assert marked == len(VERBS)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("    max_length: int = 8192,\n", "    max_length: int = 4096,\n"),
        ("    seed: int = 0,\n", ""),
        ("        seed: Seed of the shuffle.\n", "        seed: Anything.\n"),
    ],
)
def test_a_signature_that_drifted_is_written_anew(right, wrong):
    text = (SOURCE / "rendering.py").read_text(encoding="utf-8")
    assert right in text
    assert generator().signed(text.replace(right, wrong)) == text


@pytest.mark.parametrize("verb", VERBS)
def test_every_parameter_is_typed_and_documented(verb):
    function = getattr(tt, verb)
    documented = set(re.findall(r"^    (\w+): ", inspect.getdoc(function).split("Args:")[1], re.MULTILINE))
    for name, one in inspect.signature(function).parameters.items():
        assert one.annotation is not inspect.Parameter.empty, name
        assert one.kind not in {inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL}, name
        assert name in documented


@pytest.mark.parametrize("verb", VERBS)
def test_a_keyword_that_no_verb_has_is_refused_by_name(verb):
    with pytest.raises(tt.OptionsError, match="frobnicate") as refused:
        getattr(tt, verb)("shards", frobnicate=1)
    assert (refused.value.code, refused.value.option) == ("unknown_option", "frobnicate")


CHECKERS = {
    "mypy": ["--strict", "--no-error-summary", "--no-incremental"],
    "basedpyright": ["--level", "error"],
}


def checked(checker, program, folder):
    """The lines of `program` in which the type checker finds an error."""
    tool = Path(sys.executable).with_name(checker)
    if not tool.exists():
        pytest.skip(f"{checker} is not installed")
    path = folder / "program.py"
    path.write_text(program, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text(
        f'{{"extraPaths": ["{ROOT / "python"}"], "typeCheckingMode": "strict"}}', encoding="utf-8"
    )
    done = subprocess.run(
        [str(tool), *CHECKERS[checker], str(path)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": str(tool.parent), "MYPYPATH": str(ROOT / "python"), "HOME": str(folder)},
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return {int(line) for line in re.findall(r"program\.py:(\d+)[:\d]*:? -? ?error", done.stdout)}


@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_pass_good_calls_and_find_each_mistake(checker, tmp_path):
    first = PROGRAM.count("\n") + 1
    found = checked(checker, PROGRAM + "\n".join(MISTAKES) + "\n", tmp_path)
    assert found == set(range(first, first + len(MISTAKES)))
