"""Every trained turn ends in a stop token: named by the model, by the run, or found in the template."""

import json

import pytest
from chats import chat, says, user
from small_tokenizer import write_model

import tooltrain_fast as tt

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
NEXT_HEADER = (
    "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' and not m.content %}</think>{% endif %}"
    "{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
TALK = chat(user("hi"), says("One."), user("and?"), says("Two."))


def base_model(folder, template=CHATML, special=("<|im_start|>", "<|im_end|>"), **more):
    """A base model: its end token is not the one that the template ends turns with."""
    return write_model(folder, template, bos="<|begin|>", eos="<|endoftext|>", special=special, **more)


def test_stop_tokens_that_end_no_turn_are_replaced_by_those_of_the_template(tmp_path):
    model = base_model(tmp_path / "model")
    assert tt.render(TALK, tokenizer=model).supervised_text == ["One.<|im_end|>", "Two.<|im_end|>"]
    shards = tmp_path / "chats.jsonl"
    shards.write_text(json.dumps(TALK) + "\n")
    report = tt.pack(shards, out=tmp_path / "packed.parquet", tokenizer=model, progress=False)
    assert report.template.certificate.stops_found
    assert "stop tokens <|im_end|>, <|endoftext|>; found in the template" in repr(report)
    assert "found in the template" in repr(tt.explain_template(model))


def test_headers_of_the_next_message_are_found_as_stop_tokens(tmp_path):
    model = base_model(tmp_path / "model", NEXT_HEADER, special=("<|user|>", "<|assistant|>", "<|tool|>"))
    assert tt.render(TALK, tokenizer=model).supervised_text == ["One.<|user|>", "Two."]


def test_stop_tokens_that_are_named_are_the_only_ones(tmp_path):
    model = base_model(tmp_path / "model")
    with pytest.raises(tt.RejectedRecordError):
        tt.render(TALK, tokenizer=model, stop_tokens=["<|endoftext|>"])
    masked = tt.render(TALK, tokenizer=model, stop_tokens=["<|endoftext|>"], on_inexact="mask_turn")
    assert masked.supervised_text == []
    assert tt.render(TALK, tokenizer=model, stop_tokens="<|im_end|>").supervised_text[0] == "One.<|im_end|>"


def test_a_refusal_names_the_token_that_closes_turns_and_its_hint_works(tmp_path):
    model = base_model(tmp_path / "model")
    with pytest.raises(tt.RejectedRecordError, match=r"<\|im_end\|> closes it") as refused:
        tt.render(TALK, tokenizer=model, stop_tokens=["<|endoftext|>"])
    hint = str(refused.value).split("stop_tokens=")[1]
    named = json.loads(hint[: hint.index("]") + 1])
    assert named == ["<|endoftext|>", "<|im_end|>"]
    assert tt.render(TALK, tokenizer=model, stop_tokens=named).supervised_text[1] == "Two.<|im_end|>"


def test_a_stop_token_that_is_no_token_is_refused(tmp_path):
    model = base_model(tmp_path / "model")
    with pytest.raises(tt.OptionsError, match=r"<\|im_ned\|>") as refused:
        tt.render(TALK, tokenizer=model, stop_tokens=["<|im_ned|>"])
    assert refused.value.option == "stop_tokens"
    assert "<|im_end|>" in refused.value.hint
    with pytest.raises(tt.OptionsError, match="stop_tokens"):
        tt.render(TALK, tokenizer=model, stop_tokens=[])


def test_native_renderers_keep_their_stop_tokens_or_leave_the_template_to_the_engine():
    named = tt.render(TALK, stop_tokens=["<|im_end|>", "<|endoftext|>"])
    assert named.supervised_text == tt.render(TALK).supervised_text
    with pytest.raises(tt.RejectedRecordError, match="no stop token"):
        tt.render(TALK, stop_tokens=["<|endoftext|>"])


def test_the_text_of_an_empty_message_is_no_part_of_the_turn_before(tmp_path):
    control = ("<|user|>", "<|assistant|>", "</think>")
    model = base_model(tmp_path / "model", NEXT_HEADER, special=control, stops=("<|user|>",))
    talk = chat(user("hi"), says("one"), says(""), user("more"), says("two"))
    trained = tt.render(talk, tokenizer=model, on_inexact="mask_turn").supervised_text
    assert "one" not in "".join(trained)
    assert not any("<|assistant|>" in text for text in trained)
