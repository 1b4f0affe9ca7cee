"""Empty think blocks: prompt of serving without thinking, sampled where the run serves with thinking."""

import pytest
from chats import chat, says, user
from small_tokenizer import write_model

import tooltrain_fast as tt

BLOCK = "<think>\n\n</think>\n\n"
OPENS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n"
    "{% if enable_thinking is defined and not enable_thinking %}{{ '\n</think>\n\n' }}{% endif %}{% endif %}"
)
TALK = chat(user("hi"), says("No."))


@pytest.mark.parametrize("mode", [None, False])
def test_an_empty_block_is_prompt_by_default_and_without_thinking(mode):
    assert tt.render(TALK, thinking=mode).supervised_text == ["No.<|im_end|>"]


def test_an_empty_block_is_sampled_in_thinking_mode(tmp_path):
    assert tt.render(TALK, thinking=True).supervised_text == [f"{BLOCK}No.<|im_end|>"]
    model = write_model(
        tmp_path / "model",
        OPENS,
        bos="<s>",
        eos="<|im_end|>",
        special=["<|im_start|>"],
        markers=["<think>", "</think>"],
    )
    assert tt.render(TALK, tokenizer=model, thinking=True).supervised_text == ["\n</think>\n\nNo.<|im_end|>"]
    assert tt.render(TALK, tokenizer=model).supervised_text == ["No.<|im_end|>"]


def test_the_block_counts_as_reasoning():
    kept = tt.render(TALK, thinking=True, loss="no_reasoning")
    assert kept.supervised_text == ["No.<|im_end|>"]
