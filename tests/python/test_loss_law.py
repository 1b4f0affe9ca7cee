"""One law of loss: whoever reads it (validation, rows, counts, what is shown) agrees on what is trained."""

import itertools
import json

import pyarrow.parquet as pq
import pytest
from chats import chat, says, user

import tooltrain_fast as tt

WEIGHTS = [None, 0, 1]
LOSSES = [None, "last_turn", "final_answer", "no_reasoning", {"text": 1.0}, {"stop": 1.0}, {"reasoning": 1.0}]


def weighed(message, weight):
    return message if weight is None else {**message, "weight": weight}


def part(text, weight):
    return weighed({"type": "text", "text": text}, weight)


def records():
    """Two turns, the first in two parts: every weight of the turn, of the parts, and of the last turn."""
    for turn, first, second, last in itertools.product(WEIGHTS, WEIGHTS, WEIGHTS, [None, 0]):
        parts = [part("Lemons", first), part(" and plums.", second)]
        yield chat(user("hi"), weighed(says(parts), turn), user("and?"), weighed(says("Figs."), last))


def expected(record, loss):
    """The texts that are trained, by hand: a part before its turn before the policy, times the field."""
    fields = loss if isinstance(loss, dict) else {"text": 1, "stop": 1}
    texts = []
    for number, message in enumerate(message for message in record["messages"] if message["role"] != "user"):
        chosen = number == 1 or loss != "last_turn"
        chosen = chosen and (not isinstance(loss, dict) or bool(fields.keys() & {"text", "stop"}))
        unit = message.get("weight", chosen)
        if isinstance(loss, dict) and not chosen:
            unit = 0
        parts = message["content"]
        parts = [{"text": parts}] if isinstance(parts, str) else parts
        texts += [one["text"] for one in parts if one.get("weight", unit) and fields.get("text")]
        if unit and fields.get("stop"):
            texts.append("<|im_end|>")
    return texts


@pytest.fixture(scope="module")
def shard(tmp_path_factory):
    path = tmp_path_factory.mktemp("law") / "records.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records()), encoding="utf-8")
    return path


@pytest.mark.parametrize("loss", LOSSES, ids=str)
@pytest.mark.parametrize("samples", ["conversation", "turn", "round"])
def test_everyone_agrees_on_what_is_trained(shard, tmp_path, loss, samples):
    options = {"tokenizer": "qwen2.5", "loss": loss, "progress": False}
    out = tmp_path / "rows.parquet"
    report = tt.tokenize(shard, out, samples=samples, **options)
    tokenizer = tt.Tokenizer("qwen2.5")
    found = {}
    for row in pq.read_table(out).to_pylist():
        (source,) = row["sources"]
        pairs = zip(row["input_ids"], row["loss_mask"], strict=True)
        found.setdefault(source["line"], []).append(tokenizer.decode([id_ for id_, mask in pairs if mask]))
    trained_turns = 0
    for line, record in enumerate(records(), start=1):
        texts = expected(record, loss)
        assert "".join(found.get(line, [])) == "".join(texts), record
        first, second = ({"Lemons", " and plums."} & set(texts), "Figs." in texts)
        stops = texts.count("<|im_end|>")
        trained_turns += max(bool(first) + second, stops)
    assert report.turns.trained == trained_turns
    if samples == "conversation":
        records_of = tt.validate(shard, loss=loss, progress=False).records
        assert (records_of.accepted, records_of.nothing_to_train) == (
            report.records.packed,
            report.records.nothing_to_train,
        )
    else:
        assert report.records.packed == len(found)


@pytest.mark.parametrize("loss", [None, "last_turn", {"text": 1.0}], ids=str)
def test_what_is_shown_is_what_is_packed(loss):
    for record in records():
        texts = expected(record, loss)
        try:
            shown = "".join(tt.render(record, tokenizer="qwen2.5", loss=loss).supervised_text)
        except tt.RejectedRecordError:
            shown = ""
        assert shown == "".join(texts), record


def test_prompts_weigh_what_a_dict_gives_them():
    record = chat({"role": "system", "content": "Be kind."}, user("hi"), says("Figs."))
    rendered = tt.render(record, tokenizer="qwen2.5", loss={"user": 0.25, "text": 1.0})
    weights = {(span.field, span.weight) for span in rendered.spans if span.weight}
    assert weights == {("user", 0.25), ("text", 1.0)}


def test_parts_of_a_prompt_weigh_under_all():
    hello = {"role": "user", "content": [part("hello ", 0), part("there", None)]}
    rendered = tt.render(chat(hello, says("Figs.")), tokenizer="qwen2.5", loss="all")
    text = rendered.encoded
    untrained = [text[span.start : span.end] for span in rendered.spans if not span.weight]
    assert untrained == [b"hello "]
