"""The flags of the command line are made from the table of options."""

import json

import click
import pytest
from click.testing import CliRunner

from tooltrain_fast import _core, errors
from tooltrain_fast._cli.commands import exit_code, main
from tooltrain_fast._cli.flags import given_options, option_flags
from tooltrain_fast._cli.spelling import as_flags, flag
from tooltrain_fast._options.resolve import option_types, resolved


def parsed(*arguments):
    """The options that flags stand for, resolved."""
    seen = {}

    @click.command()
    @option_flags
    def command(**flags):
        seen.update(given_options(flags))

    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    if result.exit_code:
        raise click.UsageError(result.output)
    return seen


def test_no_flag_means_no_option():
    assert parsed() == {}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--max-length", "4096"), {"max_length": 4096}),
        (("--thinking", "off"), {"thinking": "off"}),
        (("--no-repair",), {"repair": False}),
        (("--repair",), {"repair": True}),
        (("--max-rejected", "0.01"), {"max_rejected": 0.01}),
        (("--memory-limit", "2 GiB"), {"memory_limit": "2 GiB"}),
        (("--max-line-bytes", "1000"), {"max_line_bytes": 1000}),
        (("--loss", "tool_calls"), {"loss": "tool_calls"}),
        (("--loss", '{"stop": 0.5}'), {"loss": {"stop": 0.5}}),
        (("--columns", "axolotl"), {"columns": "axolotl"}),
        (("--columns", "input_ids,labels"), {"columns": ["input_ids", "labels"]}),
        (("--template-kwargs", '{"a": [1, null]}'), {"template_kwargs": {"a": [1, None]}}),
        (("--packing", "bfd", "--seed", "7"), {"packing": "bfd", "seed": 7}),
    ],
)
def test_flags_become_options_that_resolve(arguments, expected):
    assert parsed(*arguments) == expected
    with resolved(expected):
        pass


@pytest.mark.parametrize(
    "arguments",
    [
        ("--packing", "tight"),
        ("--max-length", "long"),
        ("--loss", "tools"),
        ("--loss", "[1]"),
        ("--thinking", "1"),
    ],
)
def test_bad_flags_are_usage_errors(arguments):
    with pytest.raises(click.UsageError, match=arguments[0]):
        parsed(*arguments)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("pack", "x", "-o", "y", "--over-length", "splt"), "split"),
        (("pack", "x", "-o", "y", "--loss", "asistant"), "assistant"),
        (("convert", "x", "-o", "y", "--to", "opnai"), "openai"),
        (("explain-template", "--thinking", "onn"), "on"),
    ],
)
def test_a_misspelled_word_of_a_flag_is_told_what_was_meant(arguments, meant):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert f'Did you mean "{meant}"?' in result.output


def test_every_option_has_a_flag_on_every_verb_that_takes_options():
    flags = {"--" + name.replace("_", "-") for name in option_types()}
    for verb in ("pack", "tokenize", "show"):
        output = CliRunner().invoke(main, [verb, "--help"]).output
        assert not [flag for flag in flags if flag not in output]


def test_every_error_has_an_exit_code_that_the_help_names():
    text = CliRunner().invoke(main, ["--help"]).output
    for row in json.loads(_core.error_codes()):
        if row["exception"] != "KeyboardInterrupt":
            assert exit_code(getattr(errors, row["exception"])("wrong", code=row["name"])) == row["exit_code"]
        assert f"\n    {row['exit_code']} " in text


@pytest.mark.parametrize(
    ("arguments", "new"),
    [(("--rows", "turn"), "--samples"), (("--segment-multiple", "8"), "--sample-multiple")],
)
def test_a_former_flag_is_refused_with_the_new_one(arguments, new):
    result = CliRunner().invoke(main, ["pack", "x", "-o", "y", *arguments])
    assert result.exit_code == 2
    assert f"this flag is called {new}" in result.output


@pytest.mark.parametrize(
    ("name", "value", "spelled"),
    [
        ("max_length", 0, "--max-length 0"),
        ("thinking", False, "--thinking off"),
        ("repair", False, "--no-repair"),
        ("repair", True, "--repair"),
        ("loss", None, "--loss"),
        ("memory_limit", "2 GiB", "--memory-limit '2 GiB'"),
        ("source", None, "SOURCES"),
    ],
)
def test_an_option_is_spelled_from_its_name_and_value(name, value, spelled):
    assert flag(name, value) == spelled


@pytest.mark.parametrize("verb", ["pack", "tokenize", "validate", "show", "verify", "how-to-train"])
def test_every_verb_has_json_and_help(verb):
    result = CliRunner().invoke(main, [verb, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.output
    assert "Exit codes:" in result.output


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        ('if_exists="overwrite" replaces it', "--if-exists overwrite replaces it"),
        ("or set validation=", "or set --validation"),
        ("look at loss=, or at samples=.", "look at --loss, or at --samples."),
        ('thinking=False with history="inline"', "--thinking off with --history inline"),
        ("max_rejected=0.01: too many; max_rejected=3.", "--max-rejected 0.01: too many; --max-rejected 3."),
        ("repair=False", "--no-repair"),
        ("give what pack() wrote", "give what pack wrote"),
        ('convert() and to="messages"', "convert and --to messages"),
        ('memory_limit="2 GiB"', "--memory-limit '2 GiB'"),
    ],
)
def test_hints_are_spelled_as_flags(said, spelled):
    assert as_flags(said) == spelled


@pytest.mark.parametrize(
    "text",
    [
        "data/date=2026-01-01/a.jsonl: no such file",
        "date=2026-01-01/a.jsonl: no such file",
        'no declared tool is called `loss="x"`',
        "/messages/0/samples=",
        "packing, history and loss",
    ],
)
def test_paths_and_what_is_quoted_stay_as_they_are(text):
    assert as_flags(text) == text
