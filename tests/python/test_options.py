"""Options: the settled names and defaults, every lenient spelling, every refusal with its hint."""

import datetime as dt
import inspect
import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest
from chats import write_shards

import tooltrain_fast as tt
from tooltrain_fast import _core
from tooltrain_fast._options.documented import option_defaults, option_descriptions
from tooltrain_fast._options.resolve import allowed_values, byte_size, core_json, option_types, resolved
from tooltrain_fast._options.table import Options

SETTLED = {
    "tokenizer": "qwen3",
    "chat_template": None,
    "template_kwargs": None,
    "stop_tokens": None,
    "thinking": None,
    "date": None,
    "dialect": None,
    "tools": None,
    "layout": None,
    "verdict": "refuse",
    "repair": True,
    "validation": "mask",
    "on_error": "quarantine",
    "max_rejected": None,
    "loss": None,
    "samples": "conversation",
    "history": "mask",
    "on_inexact": "reject",
    "boundary": "prompt",
    "max_length": 8192,
    "over_length": "split",
    "packing": "best_fit",
    "sample_multiple": 1,
    "shuffle_window": 0,
    "seed": 0,
    "columns": "trl",
    "if_exists": "error",
    "threads": None,
    "memory_limit": None,
    "max_line_bytes": 64 * 1024 * 1024,
    "max_depth": 256,
    "tokenizer_backend": "auto",
}
INTERNAL = {"block_bytes", "row_group_bytes", "part_bytes"}


def options(**keywords):
    with resolved(keywords) as chosen:
        return chosen


def test_names_and_defaults_are_the_settled_ones():
    assert option_defaults() == SETTLED


def test_a_caller_may_write_the_words_of_a_choice():
    def words(kind):
        inner = get_args(kind)
        return {one for one in inner if isinstance(one, str)} | {w for one in inner for w in words(one)}

    keywords = get_type_hints(tt.pack)
    for name in set(SETTLED) - {"loss", "thinking"}:
        assert set(allowed_values(name)) == words(keywords[name]), name


def test_every_option_is_described():
    assert list(option_descriptions()) == list(SETTLED)
    assert all(
        description.endswith(".") or "..." in description for _, description in option_descriptions().values()
    )


def test_the_core_has_the_same_options_and_defaults():
    core = json.loads(_core.default_options())
    assert set(core) - INTERNAL == set(SETTLED)
    ours = json.loads(core_json(Options(date="")))
    assert {name: core[name] for name in SETTLED} == ours


@pytest.mark.parametrize("verb", [tt.pack, tt.tokenize, tt.stream, tt.render, tt.show])
def test_signatures_and_docstrings_list_every_option(verb):
    parameters = inspect.signature(verb).parameters
    for name, default in {**SETTLED, "progress": None}.items():
        assert parameters[name].default == default
        assert parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        assert f"\n    {name}: " in inspect.getdoc(verb)


def test_date_is_today_in_utc_unless_given():
    before = dt.datetime.now(dt.UTC).date().isoformat()
    chosen = options().date
    assert before <= chosen <= dt.datetime.now(dt.UTC).date().isoformat()
    assert options(date="2024-02-29").date == "2024-02-29"
    assert options(date=dt.date(2024, 2, 29)).date == "2024-02-29"
    assert options(date=dt.datetime(2024, 2, 29, 23, 59, tzinfo=dt.UTC)).date == "2024-02-29"


@pytest.mark.parametrize(
    ("given", "resolved_to"), [(None, None), (True, True), (False, False), ("on", True), ("off", False)]
)
def test_thinking_is_a_switch(given, resolved_to):
    assert options(thinking=given).thinking is resolved_to


@pytest.mark.parametrize(
    ("given", "size"),
    [(5, 5), ("5", 5), ("64 MiB", 64 << 20), ("2GB", 2 * 10**9), ("1.5 kib", 1536), ("3 T", 3 * 10**12)],
)
def test_sizes_have_units(given, size):
    assert byte_size("memory_limit", given) == size
    assert options(memory_limit=given).memory_limit == size


def test_columns_and_weights_take_any_sequence_and_mapping():
    assert options(columns=("input_ids", "labels")).columns == ["input_ids", "labels"]
    assert options(loss={"call_arguments": 2, "stop": 0.5}).loss == {"call_arguments": 2.0, "stop": 0.5}


@pytest.mark.parametrize(
    ("keywords", "message", "hint"),
    [
        (
            {"validation": "rejct"},
            'validation="rejct": not one of "mask", "reject", "warn", "off"',
            '"reject"',
        ),
        ({"packing": "bestfit"}, 'not one of "best_fit", "bfd", "wrapped", "none"', '"best_fit"'),
        ({"loss": "toolcalls"}, 'not one of "assistant"', '"tool_calls"'),
        ({"loss": {"stopp": 1}}, "loss={'stopp': 1}: not one of", "call_arguments"),
        ({"columns": 3}, 'not one of "trl", "axolotl"', "list of column names"),
        ({"max_len": 4096}, "max_len: there is no such option", '"max_length"'),
        ({"frobnicate": 1}, "frobnicate: there is no such option", "the options are tokenizer,"),
        ({"rows": "turn"}, "rows: this option is called samples", "write samples="),
        (
            {"segment_multiple": 64},
            "segment_multiple: this option is called sample_multiple",
            "sample_multiple=",
        ),
        ({"max_length": "long"}, 'max_length="long": a whole number is needed', None),
        ({"max_length": 0}, "max_length=0: a whole number of at least 1 is needed", None),
        ({"threads": 0}, "threads=0: a whole number of at least 1 is needed", None),
        ({"seed": -1}, "seed=-1: a whole number of at least 0 is needed", None),
        ({"max_rejected": -0.5}, "max_rejected=-0.5: a number of at least 0 is needed", None),
        ({"max_rejected": True}, "max_rejected=True: not a number", "fraction"),
        ({"thinking": "maybe"}, 'thinking="maybe": not on, off or None', "thinking=False"),
        ({"date": "yesterday"}, 'date="yesterday": not a date', "YYYY-MM-DD"),
        ({"memory_limit": "2 parsecs"}, 'memory_limit="2 parsecs": not a size in bytes', "64 MiB"),
        ({"tokenizer": 3}, "tokenizer: cannot use a builtins.int", "qwen3"),
        ({"tools": 3}, "tools: an int is neither a path nor a list", "JSON list"),
        ({"repair": "yes"}, 'repair="yes": True or False is needed', None),
    ],
)
def test_a_bad_value_names_the_option_and_what_is_allowed(keywords, message, hint):
    with pytest.raises(tt.OptionsError) as caught:
        options(**keywords)
    assert message in str(caught.value)
    if hint is None:
        assert caught.value.hint is None
    else:
        assert hint in caught.value.hint
        assert str(caught.value).endswith(f"hint: {caught.value.hint}")


def test_a_bad_option_is_a_value_error_too():
    with pytest.raises(ValueError, match="no such option"):
        tt.pack("shards", out="packed.parquet", max_len=4096)


def test_tools_given_as_a_list_become_a_file_for_the_run():
    tools = [{"type": "function", "function": {"name": "f"}}]
    with resolved({"tools": tools}) as chosen:
        path = Path(chosen.tools)
        assert msgspec.json.decode(path.read_bytes()) == tools
    assert not path.exists()


def test_json_for_the_core_has_every_option_once():
    assert set(json.loads(core_json(options()))) == set(SETTLED)
    assert set(option_types()) == set(SETTLED)


@pytest.mark.parametrize("name", [name for name in option_types() if allowed_values(name)])
def test_the_description_of_a_choice_says_what_each_value_means(name):
    _, description = option_descriptions()[name]
    for word in allowed_values(name):
        assert re.search(rf"[( ]{word}[),]", description), word


@pytest.mark.parametrize(
    "name", ["enable_thinking", "thinking", "messages", "tools", "add_generation_prompt"]
)
def test_what_has_its_own_place_is_refused_among_template_arguments(name, tmp_path):
    shards = write_shards(tmp_path / "shards", shards=1, records=3)
    with pytest.raises(tt.OptionsError, match=f"template_kwargs: {name} is not for the template alone"):
        tt.pack(shards, out=tmp_path / "packed.parquet", template_kwargs={name: False}, progress=False)
