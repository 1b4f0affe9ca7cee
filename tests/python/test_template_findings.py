"""Every finding that a chat template gives rise to, by name: a conversation that has it, and one that has not."""

import json

import pytest
from chats import WEATHER, call, calls, chat, result, says, user

import tooltrain_fast as tt
from tooltrain_fast import _core

HEAD = "{%- for m in messages %}<|im_start|>{{ m.role }}\n"
TAIL = "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
CHATML = HEAD + "{{ m.content or '' }}<|im_end|>\n" + TAIL
RAISES = "{{ raise_exception('no system here') if messages[0].role == 'system' }}" + CHATML
WITHOUT_STOP = HEAD + "{{ m.content }}\n" + TAIL
DOUBLES = (
    "{%- set ns = namespace(t='xxxxxxxx') %}{% if messages | length > 2 %}{% for n in range(30) %}"
    "{% set ns.t = ns.t + ns.t %}{% endfor %}{{ ns.t }}{% endif %}" + CHATML
)

NINE = (
    HEAD + "{{ m.content or '' }}{% for c in m.tool_calls or [] %}"
    "{% if c.id | length != 9 %}{{ raise_exception('ids have nine characters') }}{% endif %}"
    "{{ c.function.name }} {{ c.function.arguments | tojson }}{% endfor %}<|im_end|>\n" + TAIL
)

WITH_A_SEPARATOR = (
    HEAD + "{{ m.content or '' }}{% for c in m.tool_calls or [] %}"
    "<|tool_sep|>{{ c.function.name }} {{ c.function.arguments | tojson }}{% endfor %}<|im_end|>\n" + TAIL
)

PLAIN = chat(user("hi"), says("hello"))
TWO_CALLS = calls(call("a", "get_time", {"city": "Oslo"}), call("b", "get_weather", {"city": "Oslo"}))
ONE_CALL = calls(call("a", "get_time", {"city": "Oslo"}))
ANSWERED = (result("a", "9"), result("b", "rain"), says("9, and rain"))

# code: options, a record that has it, a record that has not
EXAMPLES = {
    "call_ids_renamed": (
        {"chat_template": NINE},
        chat(user("hi"), ONE_CALL, tools=WEATHER),
        chat(user("hi"), calls(call("abcdef123", "get_time", {"city": "Oslo"})), tools=WEATHER),
    ),
    "cannot_render": (
        {"chat_template": RAISES},
        chat({"role": "system", "content": "x"}, user("hi"), says("x")),
        PLAIN,
    ),
    "control_token_missing": (
        {"chat_template": WITH_A_SEPARATOR},
        chat(user("hi"), ONE_CALL, result("a", "9"), says("9"), tools=WEATHER),
        PLAIN,
    ),
    "field_not_printed": (
        {"chat_template": CHATML},
        chat(user("hi"), says("x", reasoning_content="hm")),
        PLAIN,
    ),
    "spans_not_provable": ({"chat_template": WITHOUT_STOP}, PLAIN, None),
    "template_limit": ({"chat_template": DOUBLES}, chat(user("hi"), says("x"), user("hi"), says("y")), PLAIN),
    "parallel_calls": (
        {"tokenizer": "gpt-oss"},
        chat(user("hi"), TWO_CALLS, tools=WEATHER),
        chat(user("hi"), ONE_CALL, tools=WEATHER),
    ),
    "parallel_calls_split": (
        {"tokenizer": "gpt-oss"},
        chat(user("hi"), TWO_CALLS, *ANSWERED, tools=WEATHER),
        chat(user("hi"), ONE_CALL, result("a", "9"), says("9"), tools=WEATHER),
    ),
}


def codes(record, folder, **options):
    path = folder / "one.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    report = tt.pack(path, folder / "one.parquet", date="2026-01-01", progress=False, **options)
    return {(one.code, one.severity) for one in report.findings}


def table():
    return {row["name"]: row for row in json.loads(_core.finding_codes()) if row["family"] == "template"}


def test_every_code_of_the_family_has_an_example():
    assert set(EXAMPLES) == set(table())


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_record_that_has_it_and_one_that_has_not(code, tmp_path):
    options, fails, passes = EXAMPLES[code]
    (tmp_path / "fails").mkdir()
    assert (code, table()[code]["severity"]) in codes(fails, tmp_path / "fails", **options)
    if passes is None:  # the template is at fault, not the record
        options, passes = {"chat_template": CHATML}, fails
    (tmp_path / "passes").mkdir()
    assert code not in {name for name, _ in codes(passes, tmp_path / "passes", **options)}
