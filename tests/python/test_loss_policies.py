"""What each loss policy trains, for a family with its own renderer and for one that the engine runs."""

from collections import Counter

import pyarrow.parquet as pq
import pytest
from chats import WEATHER, call, calls, chat, result, says, user
from places import ROOT
from written import samples, write_shard

import tooltrain_fast as tt

CALL = '<tool_call>\n{"name": "get_time", "arguments": {"city": "Rome"}}\n</tool_call>'
NAME, ARGUMENTS = "get_time", '{"city": "Rome"}'
STOP = "<|im_end|>"
TALK = [
    user("Hi"),
    says("Hello!"),
    user("Time in Rome?"),
    calls(call("a", NAME, {"city": "Rome"}), content="Let me look.", reasoning_content="A tool."),
    result("a", "noon"),
    says("Noon.", reasoning_content="It says so."),
]
THOUGHTS = ["<think>\nA tool.\n</think>\n\n", "<think>\nIt says so.\n</think>\n\n"]
TURNS = [f"Hello!{STOP}", f"{THOUGHTS[0]}Let me look.\n{CALL}{STOP}", f"{THOUGHTS[1]}Noon.{STOP}"]


@pytest.fixture(scope="module", params=["its own renderer", "the engine"])
def family(request):
    """Options of Qwen3; a trailing comment makes its template one that no renderer knows."""
    if request.param == "its own renderer":
        return {}
    source = (ROOT / "rust/core/assets/qwen3/qwen3.jinja").read_text(encoding="utf-8")
    return {"chat_template": source + "{# the same text, another digest #}"}


def shown(family, *messages, **options):
    return tt.render(chat(*(messages or TALK), tools=WEATHER), **family, **options)


def test_the_engine_is_another_renderer(family):
    assert tt.explain_template(family.get("chat_template", "qwen3")).certificate.native is (not family)


@pytest.mark.parametrize(
    ("loss", "trained"),
    [
        (None, TURNS),
        ("assistant", TURNS),
        ("last_turn", TURNS[2:]),
        ("last_round", TURNS[1:]),
        ("tool_calls", [f"{CALL}{STOP}"]),  # the line end before it is one token with the full stop
        ("final_answer", [TURNS[0], TURNS[2]]),
        ("no_reasoning", [TURNS[0], f"Let me look.\n{CALL}{STOP}", f"Noon.{STOP}"]),
    ],
)
def test_presets(family, loss, trained):
    assert shown(family, loss=loss).supervised_text == trained


def test_all_trains_every_token(family):
    assert set(shown(family, loss="all").loss_mask) == {1}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("reasoning", THOUGHTS),
        ("text", ["Hello!", "Let me look.", "Noon."]),
        ("call_name", [NAME]),
        ("call_arguments", [ARGUMENTS]),
        ("call_syntax", ['\n<tool_call>\n{"name": "', '", "arguments": ', "}\n</tool_call>"]),
        ("stop", [STOP] * 3),
    ],
)
def test_a_weight_for_one_kind_of_span(family, field, said):
    rendered = shown(family, loss={field: 0.5})
    weighed = [span for span in rendered.spans if span.weight]
    assert {(span.field, span.weight) for span in weighed} <= {(field, 0.5)}
    assert runs_of(weighed, rendered) == said


def runs_of(spans, rendered):
    """The texts of spans that stand beside each other, joined."""
    runs, end = [], None
    for span in spans:
        text = rendered.encoded[span.start : span.end].decode()
        runs = [*runs[:-1], runs[-1] + text] if span.start == end else [*runs, text]
        end = span.end
    return runs


def test_weights_for_all_kinds_reach_the_tokens(family):
    weights = {
        "reasoning": 0.25,
        "text": 1.0,
        "call_name": 2.0,
        "call_arguments": 2.0,
        "call_syntax": 0.5,
        "stop": 1,
    }
    rendered = shown(family, loss=weights)
    whole = shown(family)
    assert rendered.input_ids == whole.input_ids
    assert rendered.loss_mask == whole.loss_mask
    by_span = {span.start: weights[span.field] for span in rendered.spans if span.weight}
    assert set(rendered.weights) <= {0.0, *by_span.values()}
    start = 0
    for end, weight in zip(rendered.token_ends, rendered.weights, strict=True):
        over = [span.weight for span in rendered.spans if span.start < end and start < span.end]
        assert weight == min(over)
        start = end


@pytest.mark.parametrize("key", ["weight", "train", "loss"])
def test_flags_of_a_message_win_over_presets(family, key):
    off = [TALK[0], {**TALK[1], key: False}, *TALK[2:]]
    assert shown(family, *off).supervised_text == TURNS[1:]
    on = [TALK[0], {**TALK[1], key: 1}, *TALK[2:]]
    assert shown(family, *on, loss="last_turn").supervised_text == [TURNS[0], TURNS[2]]
    off_at_last = [*TALK[:-1], {**TALK[-1], key: 0}]
    with pytest.raises(tt.RejectedRecordError, match="nothing_to_train"):
        shown(family, *off_at_last, loss="last_turn")


@pytest.mark.parametrize(
    ("loss", "turn", "trained"),
    [
        ("tool_calls", 1, [TURNS[0], f"{CALL}{STOP}"]),
        ("final_answer", 3, TURNS),
        ("last_round", 1, TURNS),
        ("no_reasoning", 5, [TURNS[0], f"Let me look.\n{CALL}{STOP}", f"Noon.{STOP}"]),
    ],
)
def test_a_turn_that_a_flag_takes_in_is_trained_whatever_the_preset_chooses(family, loss, turn, trained):
    talk = [*TALK[:turn], {**TALK[turn], "weight": 1}, *TALK[turn + 1 :]]
    assert shown(family, *talk, loss=loss).supervised_text == trained


@pytest.mark.parametrize("loss", ["tool_calls", "last_turn", "last_round", "final_answer"])
def test_a_flag_alone_gives_a_record_something_to_train(family, loss):
    said = {**says("Hello!"), "weight": 1}
    last = {
        **(says("Yes?") if loss != "tool_calls" else calls(call("a", NAME, {"city": "Rome"}))),
        "weight": 0,
    }
    assert shown(family, user("Hi"), said, user("Time?"), last, loss=loss).supervised_text == [TURNS[0]]
    part = {"role": "assistant", "content": [{"type": "text", "text": "Hello!", "weight": 1}]}
    trained = TURNS[0] if loss == "final_answer" else "Hello!"
    assert shown(family, user("Hi"), part, user("Time?"), last, loss=loss).supervised_text == [trained]


def test_flags_win_over_all_too(family):
    rendered = shown(family, {**user("Secret."), "weight": 0}, says("Hello!"), loss="all")
    assert "Secret." not in "".join(rendered.supervised_text)
    assert f"Hello!{STOP}" in "".join(rendered.supervised_text)


def test_flags_of_a_part_win_over_those_of_the_message(family):
    parts = [{"type": "text", "text": "Wrong.\n"}, {"type": "text", "text": "Right.", "weight": 1}]
    talk = [user("Hm?"), {"role": "assistant", "content": parts, "weight": 0}]
    assert shown(family, *talk).supervised_text == ["Right."]
    parts = [{"type": "text", "text": "Wrong.\n", "train": False}, {"type": "text", "text": "Right."}]
    talk = [user("Hm?"), {"role": "assistant", "content": parts}]
    assert shown(family, *talk).supervised_text == [f"Right.{STOP}"]


DROPPED = [
    user("2+2?"),
    says("4", reasoning_content="Two and two."),
    user("3+3?"),
    says("6", reasoning_content="Three."),
    user("4+4?"),
    says("8"),
]


def packed(folder, family, records, **options):
    """The supervised texts of each sample of the file, and the report."""
    shard = write_shard(folder / "shard.jsonl", records)
    out = folder / "packed.parquet"
    report = tt.pack(shard, out=out, progress=False, if_exists="overwrite", **family, **options)
    tokenizer = tt.Tokenizer("qwen3")
    return [[tokenizer.decode(list(run)) for run in sample.trained_runs] for sample in samples(out)], report


def test_history_mask_trains_what_serving_would_show(tmp_path, family):
    texts, report = packed(tmp_path, family, [chat(*DROPPED)])
    assert texts == [[f"8{STOP}"]]
    assert (report.turns.assistant, report.turns.trained, report.turns.field_dropped) == (3, 1, 2)
    assert report.turns.trained_without_reasoning == 1


@pytest.mark.parametrize("history", ["mask", "expand", "inline"])
@pytest.mark.parametrize("thinking", [None, False])
def test_no_turn_is_trained_without_the_reasoning_that_it_has(tmp_path, family, history, thinking):
    (supervised, *more), _ = packed(tmp_path, family, [chat(*DROPPED)], history=history, thinking=thinking)
    texts = [text for row in (supervised, *more) for text in row]
    assert f"8{STOP}" in texts
    assert f"4{STOP}" not in texts
    assert f"6{STOP}" not in texts
    assert any("Two and two." in text for text in texts) is (history != "mask" and thinking is None)


def test_history_keep_trains_every_turn_as_it_is_printed(tmp_path, family):
    texts, report = packed(tmp_path, family, [chat(*DROPPED)], history="keep")
    assert texts == [[f"4{STOP}", f"6{STOP}", f"8{STOP}"]]
    assert (report.turns.trained, report.turns.field_dropped) == (3, 2)
    assert report.turns.trained_without_reasoning == 3


def test_history_expand_gives_each_such_turn_a_row(tmp_path, family):
    texts, report = packed(tmp_path, family, [chat(*DROPPED)], history="expand")
    said = ["<think>\nTwo and two.\n</think>\n\n4", "<think>\nThree.\n</think>\n\n6", "8"]
    assert sorted(text for sample in texts for text in sample) == sorted(one + STOP for one in said)
    assert len(texts) == 3
    assert (report.turns.assistant, report.turns.trained) == (3, 3)
    assert report.turns.trained_without_reasoning == 1


@pytest.mark.parametrize(("samples", "count"), [("conversation", 1), ("turn", 3), ("round", 2)])
def test_samples_train_each_turn_once(tmp_path, family, samples, count):
    texts, report = packed(tmp_path, family, [chat(*TALK, tools=WEATHER)], samples=samples)
    assert len(texts) == count
    assert Counter(text for sample in texts for text in sample) == Counter(TURNS)
    assert report.turns.trained == report.turns.assistant == 3


def test_a_turn_of_its_own_row_shows_reasoning_that_history_drops(tmp_path, family):
    texts, report = packed(tmp_path, family, [chat(*DROPPED)], samples="turn")
    said = ["<think>\nTwo and two.\n</think>\n\n4", "<think>\nThree.\n</think>\n\n6", "8"]
    assert [text for sample in texts for text in sample] == [one + STOP for one in said]
    assert report.turns.field_dropped == 0


def test_a_round_is_trained_with_what_was_said_before_as_context(tmp_path, family):
    texts, _ = packed(tmp_path, family, [chat(*TALK, tools=WEATHER)], samples="round")
    assert texts == [TURNS[:1], TURNS[1:]]


@pytest.mark.parametrize("samples", ["conversation", "turn", "round"])
@pytest.mark.parametrize("loss", ["last_turn", "last_round"])
def test_last_keeps_its_meaning_in_samples(tmp_path, family, samples, loss):
    texts, _ = packed(tmp_path, family, [chat(*TALK, tools=WEATHER)], samples=samples, loss=loss)
    expected = TURNS[2:] if loss == "last_turn" else TURNS[1:]
    assert [text for sample in texts for text in sample] == expected


def test_the_report_says_when_most_trained_turns_do_not_reason(tmp_path, family):
    _, report = packed(tmp_path, family, [chat(user("Hi"), says("Hello!"))] * 3)
    assert "3 of 3 trained turns have no reasoning, but the data is prepared for thinking mode" in repr(
        report
    )
    _, report = packed(tmp_path, family, [chat(user("Hi"), says("Hello!"))] * 3, thinking=False)
    assert "have no reasoning" not in repr(report)


def test_a_weight_that_no_column_can_say_costs_its_record_only(tmp_path, family):
    records = [chat(user("Hi"), says("Hello!", weight=0.5)), chat(user("Hi"), says("Ho!"))]
    texts, report = packed(tmp_path, family, records)
    assert texts == [[f"Ho!{STOP}"]]
    (finding,) = [one for one in report.findings if one.severity == "error"]
    assert finding.code == "weight_without_column"
    assert finding.first.pointer == "/messages/1"
    assert "loss_weights" in finding.first.hint


def test_a_column_says_the_weights_of_the_record(tmp_path, family):
    records = [chat(user("Hi"), says("Hello!", weight=0.5))]
    shard = write_shard(tmp_path / "shard.jsonl", records)
    columns = ["input_ids", "labels", "loss_weights"]
    tt.pack(shard, out=tmp_path / "packed.parquet", columns=columns, progress=False, **family)
    weights = pq.read_table(tmp_path / "packed.parquet")["loss_weights"].to_pylist()[0]
    assert set(weights) == {0.0, 0.5}


def test_fractional_loss_weights_without_their_column_are_refused_before_anything_is_written(
    tmp_path, family
):
    shard = write_shard(tmp_path / "shard.jsonl", [chat(user("Hi"), says("Hello!"))])
    with pytest.raises(tt.OptionsError, match="no column has room for it"):
        tt.pack(
            shard, out=tmp_path / "p.parquet", loss={"text": 0.5}, columns="axolotl", progress=False, **family
        )
    assert not (tmp_path / "p.parquet").exists()
