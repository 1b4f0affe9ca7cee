"""Models with several chat templates: each record is printed by the one that `apply_chat_template` takes."""

import json

import pytest
from chats import WEATHER, chat, says, user
from small_tokenizer import write_model

import tooltrain_fast as tt

DEFAULT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOL_USE = "<|im_start|>tools\n{{ tools | tojson }}<|im_end|>\n" + DEFAULT
SPECIAL = ("<|im_start|>", "<|endoftext|>")
WITHOUT = chat(user("hi"), says("One."))
WITH = chat(user("hi"), says("One."), tools=WEATHER)


def in_a_list(folder):
    named = [{"name": "default", "template": DEFAULT}, {"name": "tool_use", "template": TOOL_USE}]
    return write_model(folder, named, bos="<s>", eos="<|im_end|>", special=SPECIAL)


def in_files(folder):
    write_model(folder, "overridden", bos="<s>", eos="<|im_end|>", special=SPECIAL)
    (folder / "chat_template.jinja").write_text(DEFAULT)
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").write_text(TOOL_USE)
    return folder


@pytest.mark.parametrize("written", [in_a_list, in_files])
def test_a_record_with_tools_is_printed_by_the_template_for_tools(written, tmp_path):
    model = written(tmp_path / "model")
    plain, with_tools = tt.render(WITHOUT, tokenizer=model), tt.render(WITH, tokenizer=model)
    assert plain.text.startswith("<|im_start|>user")
    assert with_tools.text.startswith("<|im_start|>tools\n[")
    assert plain.supervised_text == with_tools.supervised_text == ["One.<|im_end|>"]


def test_one_of_them_can_be_asked_for(tmp_path):
    model = in_a_list(tmp_path / "model")
    assert tt.render(WITHOUT, tokenizer=model, chat_template="tool_use").text.startswith("<|im_start|>tools")


def test_special_tokens_map_counts_where_the_config_lists_no_added_tokens(tmp_path):
    model = write_model(
        tmp_path / "model", DEFAULT, bos="<s>", eos="<|endoftext|>", special=("<|im_start|>", "<|im_end|>")
    )
    (model / "special_tokens_map.json").write_text(json.dumps({"eos_token": {"content": "<|im_end|>"}}))
    assert [stop.text for stop in tt.explain_template(model).stops] == ["<|im_end|>"]
    config = json.loads((model / "tokenizer_config.json").read_text())
    (model / "tokenizer_config.json").write_text(json.dumps({**config, "added_tokens_decoder": {}}))
    assert tt.explain_template(model).certificate.stops_found
