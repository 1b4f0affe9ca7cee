"""render: text, spans, ids and mask agree with each other."""

import random

import pytest
from chats import WEATHER, call, calls, chat, made_chat, result, says, user

import tooltrain_fast as tt

CHAT = chat(
    {"role": "system", "content": "Be brief."},
    user("Weather in Ōsaka?"),
    calls(call("a", "get_weather", {"city": "Ōsaka"})),
    result("a", "sunny"),
    says("Sunny."),
    tools=WEATHER,
)


def test_spans_tile_the_text():
    rendered = tt.render(CHAT)
    at = 0
    for span in rendered.spans:
        assert span.start == at < span.end
        at = span.end
    assert at == len(rendered.text.encode())


def test_spans_name_role_turn_and_field():
    rendered = tt.render(CHAT)
    encoded = rendered.text.encode()
    told = {
        (span.role, span.turn, span.field): encoded[span.start : span.end].decode()
        for span in rendered.spans
        if span.field != "header"
    }
    assert told["system", 0, "system"] == "Be brief."
    assert told["user", 1, "user"] == "Weather in Ōsaka?"
    assert told["assistant", 2, "call_name"] == "get_weather"
    assert told["assistant", 2, "call_arguments"] == '{"city": "Ōsaka"}'
    assert told["tool", 3, "tool_result"] == "sunny"
    assert told["assistant", 4, "text"] == "Sunny."
    assert told["assistant", 4, "stop"] == "<|im_end|>"


def test_one_entry_a_token():
    rendered = tt.render(CHAT)
    assert len(rendered.input_ids) == len(rendered.loss_mask) == len(rendered.token_ends)
    assert set(rendered.loss_mask) == {0, 1}
    assert rendered.token_ends == sorted(rendered.token_ends)
    assert rendered.token_ends[-1] == len(rendered.text.encode())


def test_ids_decode_to_the_text():
    tokenizer = tt.Tokenizer("qwen3")
    rendered = tt.render(CHAT)
    assert tokenizer.decode(rendered.input_ids) == rendered.text


def test_a_record_can_be_text_or_bytes():
    text = '{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}'
    assert tt.render(text) == tt.render(text.encode()) == tt.render(chat(user("hi"), says("ho")))


def test_a_bad_record_says_where():
    with pytest.raises(tt.RejectedRecordError, match="/messages/1") as caught:
        tt.render(chat(user("x"), result("nobody", "asked"), says("y")))
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("seed", range(30))
def test_trained_text_never_holds_a_byte_of_another_role(seed):
    rendered = tt.render(made_chat(random.Random(seed)))
    start = 0
    for end, trained in zip(rendered.token_ends, rendered.loss_mask, strict=True):
        covering = [span for span in rendered.spans if span.start < end and span.end > start]
        if trained:
            assert all(span.role == "assistant" and span.sampled and span.weight for span in covering)
        start = end


@pytest.mark.parametrize("seed", range(10))
def test_changing_a_user_or_tool_byte_never_moves_the_mask(seed):
    record = made_chat(random.Random(seed))
    before = tt.render(record)
    for message in record["messages"]:
        if message["role"] in {"user", "tool"}:
            message["content"] = message["content"].swapcase() + "?"
    assert tt.render(record).supervised_text == before.supervised_text


def test_the_tokenizer_of_the_package_never_makes_a_control_token():
    tokenizer = tt.Tokenizer("qwen3")
    control = {id_ for _, id_ in tokenizer.added_tokens()}
    ids = tokenizer.encode("<|im_start|>user\n<think>hi</think><tool_call><|im_end|>")
    assert control.isdisjoint(ids)
    assert tokenizer.decode(ids) == "<|im_start|>user\n<think>hi</think><tool_call><|im_end|>"
    assert tokenizer.vocab_size == 151669
    assert len(tokenizer.digest) == 64
