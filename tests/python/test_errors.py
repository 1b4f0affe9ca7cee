"""Errors are data: every code can be provoked, has its fields, and keeps them on the way to another process."""

import ast
import copy
import gzip
import importlib.util
import inspect
import json
import pickle
import re
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chats import chat, says, user
from made_files import row, write
from places import ROOT

import tooltrain_fast as tt
from tooltrain_fast import _core, errors

TABLE = {entry["name"]: entry for entry in json.loads(_core.error_codes())}
GOOD = chat(user("Hi"), says("Hello there, how are you?"))
ROWS = [row(([1, 2, 3], [0, 1, 1]))]


@pytest.fixture
def place(tmp_path):
    """A folder with a good and a bad shard, an empty folder, and a written file."""
    (tmp_path / "good.jsonl").write_text(json.dumps(GOOD) + "\n", encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text(json.dumps(GOOD) + "\nnot JSON\n", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "packed.parquet", ROWS)
    return tmp_path


def pack(place, shard="good.jsonl", **options):
    return tt.pack(place / shard, place / "out.parquet", progress=False, **options)


def damaged_shard(place):
    (place / "cut.jsonl.gz").write_bytes(gzip.compress(json.dumps(GOOD).encode() * 50)[:-20])
    pack(place, "cut.jsonl.gz")


def no_rows(place):
    (place / "nothing.jsonl").write_text(json.dumps(chat(user("Hi"))) + "\n", encoding="utf-8")
    pack(place, "nothing.jsonl")
    tt.how_to_train(place / "out.parquet")


def unsupported_columns(place):
    tt.pack(place / "good.jsonl", place / "out.parquet", columns=["input_ids"], progress=False)
    tt.how_to_train(place / "out.parquet", "trl")


def stream_used(place):
    rows = tt.stream(place / "good.jsonl")
    pa.table(rows)
    pa.table(rows)


def damaged_output(place):
    path = place / "packed.parquet"
    path.write_bytes(path.read_bytes()[:200])
    tt.verify(path)


def not_packed(place):
    pq.write_table(pa.table({"a": [1]}), place / "other.parquet")
    tt.verify(place / "other.parquet")


def output_exists(place):
    (place / "out.parquet").write_bytes(b"")
    pack(place)


def tokenizer_unusable(place):
    (place / "tokenizer.json").write_text("{}", encoding="utf-8")
    tt.Tokenizer(str(place / "tokenizer.json"))


PROVOKED = {
    "unknown_option": (lambda place: pack(place, max_lenght=4096), {"option": "max_lenght"}),
    "renamed_option": (lambda place: pack(place, rows="turn"), {"option": "rows"}),
    "invalid_option": (lambda place: pack(place, max_length=0), {"option": "max_length", "value": 0}),
    "conflicting_options": (
        lambda place: pack(place, max_length=100, sample_multiple=64),
        {"option": "max_length", "value": 100},
    ),
    "invalid_source": (lambda _: tt.stream(3), {"option": "source"}),
    "invalid_output": (lambda place: tt.pack(place, place / "x.foo"), {"option": "out"}),
    "output_is_input": (
        lambda place: tt.pack(place / "packed.parquet", place / "packed.parquet", if_exists="overwrite"),
        {"option": "out"},
    ),
    "unsupported_columns": (unsupported_columns, {"file"}),
    "no_rows": (no_rows, {"file"}),
    "stream_used": (stream_used, set()),
    "stream_not_finished": (lambda place: tt.stream(place / "good.jsonl").report(), set()),
    "input_not_found": (lambda place: pack(place, "missing.jsonl"), {"file"}),
    "no_input_matches": (lambda place: pack(place, "empty"), {"file"}),
    "read_failed": (lambda place: pack(place, "bad.jsonl/x.jsonl"), {"file"}),
    "unsupported_input": (
        lambda place: (place / "zip.jsonl").write_bytes(b"PK\x03\x04" * 20) and pack(place, "zip.jsonl"),
        {"file"},
    ),
    "not_packed": (not_packed, {"file"}),
    "damaged_output": (damaged_output, {"file"}),
    "damaged_shard": (damaged_shard, {"file"}),
    "write_failed": (lambda place: tt.pack(place / "good.jsonl", place / "no" / "x.parquet"), {"file"}),
    "output_exists": (output_exists, {"file"}),
    "record_rejected": (
        lambda place: pack(place, "bad.jsonl", on_error="raise"),
        {"file": "bad.jsonl", "line": 2},
    ),
    "too_many_rejected": (
        lambda place: pack(place, "bad.jsonl", max_rejected=0),
        {"option": "max_rejected", "value": 0},
    ),
    "over_length": (
        lambda place: pack(place, max_length=4, over_length="error"),
        {"option": "max_length", "value": 4, "file": "good.jsonl", "line": 1},
    ),
    "tokenizer_not_found": (
        lambda place: pack(place, tokenizer="qwen33"),
        {"option": "tokenizer", "value": "qwen33"},
    ),
    "tokenizer_unusable": (tokenizer_unusable, {"file"}),
    "hub_unavailable": (
        lambda place: pack(place, tokenizer="nobody-has/this-name"),
        {"option": "tokenizer", "value": "nobody-has/this-name"},
    ),
    "template_unusable": (lambda place: pack(place, chat_template="{% for %}"), {"file"}),
    "out_of_range": (lambda place: tt.show(place / "good.jsonl", 7), {"file"}),
}
ELSEWHERE = {
    "input_changed": "a shard that changes while it is read: rust/core/tests/files/shard_damage.rs",
    "output_in_use": "two runs at once write one directory: partial_directory.rs refuses the second",
    "template_not_found": "a model folder without a chat template: rust/core/src/run/resolve.rs",
    "interrupted": "raised as KeyboardInterrupt: test_robust.py",
    "internal": "a promise that does not hold cannot be provoked",
}


def provoked(code, place, monkeypatch):
    if code == "hub_unavailable":
        monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(tt.TooltrainError) as caught:
        PROVOKED[code][0](place)
    return caught.value


def test_every_code_is_provoked_or_named_elsewhere():
    assert {*PROVOKED, *ELSEWHERE} == set(TABLE)
    assert not {*PROVOKED} & {*ELSEWHERE}


@pytest.mark.parametrize("code", PROVOKED)
def test_a_provoked_error_has_its_fields(code, place, monkeypatch):
    error = provoked(code, place, monkeypatch)
    assert error.code == code
    assert type(error).__name__ == TABLE[code]["exception"]
    expected = PROVOKED[code][1]
    fields = error.fields()
    for name in expected:
        assert fields[name] is not None, name
        if isinstance(expected, dict):
            wanted = expected[name]
            assert fields[name] == wanted or (name == "file" and fields[name].endswith(wanted)), fields
    assert error.message
    assert error.message in str(error)
    assert "\n\nhint: " not in error.message
    assert str(error).endswith(f"\n\nhint: {error.hint}") or error.hint is None
    for name in ("file", "option"):
        assert fields[name] is None or str(fields[name]) in str(error)
        assert fields[name] is None or not error.message.startswith(f"{fields[name]}:")


@pytest.mark.parametrize("code", PROVOKED)
@pytest.mark.parametrize("way", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_copies_keep_type_text_and_fields(code, way, place, monkeypatch):
    error = provoked(code, place, monkeypatch)
    same = way(error)
    assert type(same) is type(error)
    assert (str(same), same.message, same.fields()) == (str(error), error.message, error.fields())


def test_errors_of_another_process_arrive_whole(place):
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(tt.InputNotFoundError) as caught:
        pool.apply(_core.expand, ([str(place / "none.jsonl")],))
    assert caught.value.file.endswith("none.jsonl")


def test_every_exception_is_a_class_of_the_table():
    named = {entry["exception"] for entry in TABLE.values()} - {"KeyboardInterrupt"}
    classes = {name for name in errors.__all__ if name != "TooltrainError"}
    assert named == classes
    for name in classes:
        kind = getattr(errors, name)
        assert issubclass(kind, tt.TooltrainError)
        assert len(kind.__mro__) > len(tt.TooltrainError.__mro__) + 1, "and of the nearest builtin"
        assert TABLE[kind.code]["exception"] == name


def test_every_code_that_python_raises_is_in_the_table():
    used = set()
    for path in (ROOT / "python" / "tooltrain_fast").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
                used.add(node.value.value)
    assert used - {None} <= set(TABLE)
    assert "renamed_option" in used


def test_a_message_never_repeats_an_option_that_has_its_field():
    """Options are named by fields: no source puts `name=` or `name:` at the start of a message."""
    names = "|".join(inspect.signature(tt.pack).parameters)
    pattern = re.compile(rf"""(?:Error\(\s*f?|Error::new\([^"]*?)"(?:{names})(?:=|:)""")
    places = [*(ROOT / "python").rglob("*.py"), *(ROOT / "rust").rglob("*.rs")]
    assert not [path for path in places if pattern.search(path.read_text(encoding="utf-8"))]


def test_the_command_line_spells_the_same_error_as_flags(place):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tooltrain_fast",
            "pack",
            place / "good.jsonl",
            "-o",
            place / "x.parquet",
            "--date",
            "x",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == TABLE["invalid_option"]["exit_code"]
    assert "error: --date x: not a date\n\nhint: " in done.stderr
    as_json = subprocess.run(
        [*done.args, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    fields = json.loads(as_json.stdout)["error"]
    assert (fields["kind"], fields["code"]) == ("OptionsError", "invalid_option")
    assert (fields["option"], fields["value"], fields["message"]) == ("date", "x", "not a date")


def test_the_page_is_made_from_the_table():
    spec = importlib.util.spec_from_file_location("errors_page", ROOT / "docs" / "errors.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run python docs/errors.py"
