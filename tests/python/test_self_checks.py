"""Sound rows of unusual templates pass the self-checks: what they refuse would be lost."""

import json

from places import ROOT
from small_tokenizer import write_model

import tooltrain_fast as tt

SHAPES = [
    json.loads(line)
    for line in (ROOT / "rust/core/tests/templates/shapes.jsonl").read_text(encoding="utf-8").splitlines()
]
NEXT_ROLE_STOPS = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SYSTEM_ONLY_WHEN_SERVING = (
    "{% for m in messages %}{% if m.role == 'user' %}[INST]"
    "{% if loop.last and messages[0].role == 'system' %}{{ messages[0].content + '\n\n' }}{% endif %}"
    "{{ m.content }}[/INST]{% elif m.role == 'assistant' %}{{ m.content }}</s>{% endif %}{% endfor %}"
)
NAME_TWICE = (
    "{% for m in messages %}<|{{ m.role }}|>{% if m.tool_calls %}{% for call in m.tool_calls %}"
    'to={{ call.function.name }} <invoke name="{{ call.function.name }}">'
    "{% for key, value in call.function.arguments.items() %}"
    "<{{ key }}>{{ value if value is string else value | tojson }}</{{ key }}>{% endfor %}"
    "</invoke>{% endfor %}{% else %}{{ m.content }}{% endif %}</s>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
OWN_ESCAPES = NAME_TWICE.replace(
    "value if value is string else value | tojson",
    'value | replace("\'", "\\\\\'") if value is string else value | tojson',
)


def alarms(folder, template, eos, **tokens):
    """What the self-checks say about every shape, and how many rows there are."""
    model = write_model(folder, template, bos="<s>", eos=eos, **tokens)
    said, rows = [], 0
    for shape in SHAPES:
        try:
            tt.render(json.dumps(shape), tokenizer=model, history="keep", on_inexact="mask_turn")
            rows += 1
        except tt.RejectedRecordError as error:
            said += [f"{shape['shape']}: {error}"] if "self-check" in str(error) else []
    return said, rows


def test_a_last_turn_that_ends_with_the_text(tmp_path):
    roles = ["<|assistant|>", "<|system|>", "<|tool|>"]
    said, rows = alarms(tmp_path / "model", NEXT_ROLE_STOPS, "<|user|>", special=roles)
    assert (said, rows > 8) == ([], True)


def test_a_prompt_that_differs_right_before_the_turn(tmp_path):
    said, rows = alarms(tmp_path / "model", SYSTEM_ONLY_WHEN_SERVING, "</s>", special=["[INST]", "[/INST]"])
    assert (said, rows > 8) == ([], True)


def test_names_and_values_one_by_one(tmp_path):
    for number, template in enumerate((NAME_TWICE, OWN_ESCAPES)):
        said, rows = alarms(tmp_path / str(number), template, "</s>", special=["<|assistant|>"])
        assert (said, rows > 15) == ([], True)
