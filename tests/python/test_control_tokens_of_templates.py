"""Control tokens of a template that the tokenizer lacks are named before anything is trained."""

import pytest
from chats import chat, says, user
from small_tokenizer import write_model

import tooltrain_fast as tt

HEADER, END = "<|im_start|>", "<|im_end|>"
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ZEPHYR = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{{ eos_token }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
LLAMA_2 = (
    "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token }}[INST] {{ m.content }} [/INST]"
    "{% else %} {{ m.content }} {{ eos_token }}{% endif %}{% endfor %}"
)
TALK = chat(user("hi"), says("One."))


@pytest.mark.parametrize("missing", [[HEADER], [END], [HEADER, END]])
def test_a_delimiter_that_is_no_token_is_named(missing, tmp_path):
    special = [token for token in (HEADER, END) if token not in missing]
    model = write_model(tmp_path / "model", CHATML, bos="<s>", eos="</s>", special=special)
    with pytest.raises(tt.TemplateError) as refused:
        tt.render(TALK, tokenizer=model)
    assert all(token in str(refused.value) for token in missing)
    assert refused.value.hint


def test_the_hint_works(tmp_path):
    model = write_model(tmp_path / "model", CHATML, bos="<s>", eos="</s>")
    with pytest.raises(tt.TemplateError, match="add them to the tokenizer"):
        tt.render(TALK, tokenizer=model)
    with_them = write_model(tmp_path / "other", CHATML, bos="<s>", eos="</s>", special=[HEADER, END])
    assert tt.render(TALK, tokenizer=with_them).supervised_text == ["One.<|im_end|>"]


def test_role_headers_of_families_that_read_them_as_text_are_a_warning(tmp_path):
    model = write_model(tmp_path / "model", ZEPHYR, bos="<s>", eos="</s>")
    shown = tt.render(TALK, tokenizer=model)
    assert shown.supervised_text == ["One.</s>"]
    told = [one for one in shown.findings if one.code == "control_token_missing"]
    assert len(told) == 1
    assert "<|assistant|>, <|user|>" in told[0].message


def test_brackets_are_an_error_only_beside_bracketed_tokens(tmp_path):
    model = write_model(tmp_path / "model", LLAMA_2, bos="<s>", eos="</s>")
    assert [one.code for one in tt.render(TALK, tokenizer=model).findings] == ["control_token_missing"]
    half = write_model(tmp_path / "half", LLAMA_2, bos="<s>", eos="</s>", special=["[/INST]"])
    with pytest.raises(tt.TemplateError, match=r"\[INST\]"):
        tt.render(TALK, tokenizer=half)


def test_built_in_renderers_are_known_by_name(tmp_path):
    model = write_model(tmp_path / "model", "", bos="<s>", eos="</s>", special=[HEADER, END])
    assert tt.render(TALK, tokenizer=model, chat_template="chatml").supervised_text == ["One.<|im_end|>"]
    with pytest.raises(tt.TooltrainError, match="chatml") as refused:
        tt.render(TALK, tokenizer=model, chat_template="chatmll")
    assert 'did you mean "chatml"' in str(refused.value)
