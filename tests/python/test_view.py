"""show draws what is trained and why, of a hand-made conversation and of hand-made packed rows."""

import json
from types import SimpleNamespace

import msgspec
import pytest
from chats import WEATHER, call, calls, chat, result, says, user
from made_files import footer_of, row, write
from places import ROOT
from small_tokenizer import write_model

import tooltrain_fast as tt
from tooltrain_fast._files.packed_file import PackedFile
from tooltrain_fast._views.of_conversation import pieces_of_conversation, view_of_rendered
from tooltrain_fast._views.of_row import pieces_of_row
from tooltrain_fast._views.rendered import read_rendered
from tooltrain_fast._views.view import View

PARTS = [
    ("<|im_start|>system\n", "system", 0, "header", False, 0),
    ("Être bref.", "system", 0, "system", False, 0),
    ("<|im_end|>\n<|im_start|>user\n", "user", 1, "header", False, 0),
    ("<b>Hi</b>" + " there" * 200, "user", 1, "user", False, 0),
    ("<|im_end|>\n<|im_start|>assistant\n", "assistant", 2, "header", False, 0),
    ("Wrong.", "assistant", 2, "text", True, 0),
    ("<|im_end|>", "assistant", 2, "stop", True, 0),
    ("\n<|im_start|>assistant\n", "assistant", 3, "header", False, 0),
    ("<think>\n\n</think>\n\n", "assistant", 3, "reasoning", False, 0),
    ('<tool_call>\n{"name": "', "assistant", 3, "call_syntax", True, 1),
    ("get_weather", "assistant", 3, "call_name", True, 1),
    ('", "arguments": ', "assistant", 3, "call_syntax", True, 1),
    ('{"city": "Ōsaka"}', "assistant", 3, "call_arguments", True, 2),
    ("}\n</tool_call>", "assistant", 3, "call_syntax", True, 1),
    ("<|im_end|>", "assistant", 3, "stop", True, 1),
    ("\n", None, None, "header", False, 0),
]


def made_render(findings=(), serving="prompt_differs"):
    """A render result in which each part is one token."""
    spans, ends, at = [], [], 0
    for text, role, turn, field, sampled, weight in PARTS:
        end = at + len(text.encode())
        spans.append(
            {
                "start": at,
                "end": end,
                "role": role,
                "turn": turn,
                "field": field,
                "origin": "template",
                "sampled": sampled,
                "weight": weight,
            }
        )
        ends.append(end)
        at = end
    made = {
        "text": "".join(part[0] for part in PARTS),
        "spans": spans,
        "turns": [
            {
                "turn": 2,
                "start": spans[5]["start"],
                "end": spans[6]["end"],
                "serving": serving,
                "reasoning": False,
            },
            {
                "turn": 3,
                "start": spans[9]["start"],
                "end": spans[14]["end"],
                "serving": "consistent",
                "reasoning": False,
            },
        ],
        "input_ids": list(range(len(PARTS))),
        "loss_mask": [int(part[5] > 0) for part in PARTS],
        "weights": [float(part[5]) for part in PARTS],
        "token_ends": ends,
        "findings": list(findings),
        "family": "qwen3",
    }
    return read_rendered(msgspec.json.encode(made))


def reasons(record=None, findings=(), serving="prompt_differs", **options):
    pieces = pieces_of_conversation(made_render(findings, serving), record, options)
    return {piece.text: piece.reason for piece in pieces}


def test_the_supervised_text_is_the_trained_bytes():
    assert made_render().supervised_text == [
        '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Ōsaka"}}\n</tool_call><|im_end|>'
    ]
    assert made_render().trained_tokens == 6


def test_pieces_keep_text_tokens_and_weights():
    pieces = pieces_of_conversation(made_render(), None, {})
    assert "".join(piece.text for piece in pieces) == made_render().text
    assert [piece.tokens for piece in pieces] == [1] * len(PARTS)
    assert {piece.weight for piece in pieces if piece.field == "call_arguments"} == {2.0}


def test_each_piece_says_why():
    told = reasons()
    assert told["Être bref."] == "context: the system prompt"
    assert told["<|im_start|>system\n"] == "never sampled: the chat template writes it"
    assert told["<think>\n\n</think>\n\n"] == "part of the prompt that serving shows"
    assert told["get_weather"] == "trained: the model would have sampled it"
    assert told['{"city": "Ōsaka"}'] == "trained: the model would have sampled it, at weight 2"


def test_a_turn_that_is_not_trained_says_which_rule_left_it_out():
    messages = [{}, {}, {"role": "assistant", "weight": 0}, {}]
    masked = {
        "code": "undeclared_tool",
        "severity": "masked",
        "pointer": "/messages/2/tool_calls/0",
        "message": "no x",
    }
    other = {**masked, "pointer": "/messages/20/tool_calls/0"}
    assert reasons({"messages": messages})["Wrong."] == "not trained: the record gives this turn weight 0"
    assert reasons(findings=[masked])["Wrong."].endswith(
        "validation masked this turn, no x [undeclared_tool]"
    )
    assert "validation" not in reasons(findings=[other])["Wrong."]
    assert (
        reasons(loss="tool_calls", serving="consistent")["Wrong."]
        == "not trained: loss='tool_calls' leaves it out"
    )
    assert reasons()["Wrong."] == 'not trained: serving would show this turn another prompt (history="mask")'
    dropped = reasons(serving="field_dropped")["Wrong."]
    assert dropped == 'not trained: the template drops a part of this turn (history="mask")'
    assert reasons(history="keep")["Wrong."] == "not trained: the layout trains other turns"


def test_the_terminal_picture_marks_what_is_trained_without_color():
    text = view_of_rendered(made_render()).to_text(width=80)
    marked = [line for line in text.splitlines() if "┃" in line]
    assert any('{"name": "get_weather", "arguments": {"city": "Ōsaka"}}' in line for line in marked)
    assert len(marked) == 3 + 2  # the lines of the call and two of the legend
    assert all(line[10:11] == "┃" for line in marked)
    assert not any("Être bref." in line or "Wrong." in line for line in marked)
    assert "└ not trained: serving would show this turn another prompt" in text.replace("\n" + " " * 12, " ")
    assert "\x1b[" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_color_is_for_terminals(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    view = view_of_rendered(made_render())
    assert "\x1b[" in view.to_text(color=True)
    assert "\x1b[" not in repr(view)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in repr(view)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in repr(view)


def test_long_context_is_clipped_unless_asked_for():
    short, full = view_of_rendered(made_render()), view_of_rendered(made_render(), full=True)
    assert "characters …" in short.to_text()
    assert "characters …" not in full.to_text()
    assert short.to_json() == full.to_json()


def test_html_is_one_page_that_needs_nothing_else(tmp_path):
    view = view_of_rendered(made_render())
    html = view.to_html(tmp_path / "view.html")
    assert (tmp_path / "view.html").read_text(encoding="utf-8") == html
    assert "&lt;b&gt;Hi&lt;/b&gt;" in html
    assert "<b>Hi" not in html
    assert 'class="assistant call_name trained"' in html
    assert (
        'title="assistant | call_name | weight 1 | 1 tokens | trained: the model would have sampled it"'
        in html
    )
    assert "http" not in html
    assert "<script" not in html
    assert view._repr_html_() in html


def test_json_has_the_pieces():
    shown = json.loads(view_of_rendered(made_render()).to_json())
    assert shown["trained_tokens"] == 6
    assert [piece["field"] for piece in shown["pieces"]] == [part[3] for part in PARTS]


WORDS = ["<|im_start|>", "<|im_end|>", "\n", "user", "assistant", "system", "hello", "bye", "<tool_response>"]
ID = {word: place for place, word in enumerate(WORDS)}
LETTERS = SimpleNamespace(
    decode=lambda ids: "".join(WORDS[one] for one in ids),
    added_tokens=lambda: [("<|im_start|>", 0), ("<|im_end|>", 1), ("<tool_response>", 8)],
)


def sample(*turns):
    """Ids and mask of turns `(role, text, trained)` in ChatML."""
    ids, mask = [], []
    for role, text, trained in turns:
        ids += [
            ID["<|im_start|>"],
            ID[role],
            ID["\n"],
            *[ID[one] for one in text],
            ID["<|im_end|>"],
            ID["\n"],
        ]
        mask += [0, 0, 0, *[int(trained)] * (len(text) + 1), 0]
    return ids, mask


@pytest.fixture
def packed(tmp_path):
    first = sample(("user", ["hello"], False), ("assistant", ["bye"], True))
    second = sample(
        ("user", ["<tool_response>", "hello"], False),
        ("assistant", ["hello"], False),
        ("assistant", ["bye"], True),
    )
    rows = [row(first), row(first, second)]
    return PackedFile(
        write(tmp_path / "packed.parquet", rows, footer_of(rows, max_length=64), row_group_size=1)
    )


def test_a_packed_row_is_read_by_its_turn_delimiters(packed):
    pieces = pieces_of_row(packed.row(1), LETTERS)
    assert [(piece.sample, piece.role, piece.text, bool(piece.weight)) for piece in pieces] == [
        (0, "user", "<|im_start|>user\nhello<|im_end|>\n", False),
        (0, "assistant", "<|im_start|>assistant\n", False),
        (0, "assistant", "bye<|im_end|>", True),
        (0, "assistant", "\n", False),
        (1, "tool", "<|im_start|>user\n<tool_response>hello<|im_end|>\n", False),
        (1, "assistant", "<|im_start|>assistant\nhello<|im_end|>\n", False),
        (1, "assistant", "<|im_start|>assistant\n", False),
        (1, "assistant", "bye<|im_end|>", True),
        (1, "assistant", "\n", False),
    ]
    assert pieces[1].reason == "never sampled: the chat template writes it"
    assert pieces[4].reason == "context: a tool returned it"
    assert pieces[5].reason.startswith("not trained: ")
    assert sum(piece.tokens for piece in pieces) == len(packed.row(1).input_ids)


def test_rows_are_found_across_row_groups_and_from_the_end(packed):
    assert packed.rows == 2
    assert packed.row(-1) == packed.row(1)
    assert [one.line for one in packed.row(1).samples] == [1, 2]
    assert packed.row(1).samples[0].shard == "chats.jsonl"
    with pytest.raises(IndexError, match="there is no row 2, the file has 2"):
        packed.row(2)


def test_sample_borders_are_drawn(packed):
    row_ = packed.row(1)
    view = View("a row", pieces_of_row(row_, LETTERS), ["first sample", "second sample"])
    text = view.to_text(width=60)
    assert text.index("first sample") < text.index("bye") < text.index("second sample")
    assert "<h4>second sample</h4>" in view.to_html()


def test_a_row_whose_tokenizer_is_not_here_says_so(packed, monkeypatch):
    def missing(name, backend="auto"):
        msg = f"{name}: no such tokenizer"
        raise tt.TokenizerError(msg)

    monkeypatch.setattr("tooltrain_fast._core.Tokenizer", missing)
    with pytest.raises(tt.ReadError, match="was not found here unchanged"):
        tt.show(packed.path)


def test_other_things_cannot_be_shown():
    with pytest.raises(tt.OptionsError, match="cannot be shown"):
        tt.show(7)


def test_an_error_of_a_record_names_its_file_and_line():
    shard = ROOT / "examples" / "shards" / "files.jsonl"
    with pytest.raises(tt.RejectedRecordError) as caught:
        tt.show(shard, line=3)
    assert str(caught.value).startswith(f"{shard}:3 /messages/1/tool_calls/0: the string does not end")
    assert caught.value.hint.startswith("mend the line")


def test_a_row_and_a_line_together_are_refused(tmp_path):
    shard = tmp_path / "chats.jsonl"
    shard.write_text(json.dumps(chat(user("Hi"), says("Hello!"))) + "\n")
    with pytest.raises(tt.OptionsError, match="only one can be shown"):
        tt.show(shard, 0, line=1)


@pytest.mark.parametrize(
    ("name", "where"), [("w.csv", {}), ("w.csv", {"line": 2}), ("w.parquet", {"line": 2})]
)
def test_a_source_of_columns_is_not_shown_and_the_hint_says_what_is(tmp_path, name, where):
    with pytest.raises(tt.OptionsError, match="reads lines of JSON lines and rows of packed files") as caught:
        tt.show(tmp_path / name, **where)
    assert "render() takes one record" in caught.value.hint
    assert 'to="messages"' in caught.value.hint


def small_model(folder):
    template = (
        "{{ bos_token }}{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}"
        "{{ '<start_of_turn>' + role + '\n' + m.content }}"
        "{% if m.role == 'assistant' %}{{ eos_token }}{% else %}{{ '<end>' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
    )
    return write_model(folder, template, bos="<bos>", eos="<eos>", special=["<start_of_turn>", "<end>"])


def packed_with_a_model(folder, model):
    shard = folder / "shard.jsonl"
    shard.write_text(json.dumps(chat(user("Hi"), says("Hello!"))) + "\n")
    tt.pack(shard, out=folder / "packed.parquet", tokenizer=model, progress=False)
    return folder / "packed.parquet"


def test_a_row_finds_the_tokenizer_that_the_report_beside_it_names(tmp_path):
    packed = packed_with_a_model(tmp_path, small_model(tmp_path / "models" / "small"))
    view = tt.show(packed)
    assert [(piece.role, piece.text, bool(piece.weight)) for piece in view.pieces] == [
        (None, "<bos>", False),
        ("user", "<start_of_turn>user\nHi<end>", False),
        ("assistant", "<start_of_turn>model\n", False),
        ("assistant", "Hello!<eos>", True),
    ]
    report = packed.with_name("packed.parquet.report.json")
    report.unlink()
    with pytest.raises(tt.ReadError, match="was not found here unchanged"):
        tt.show(packed)
    assert tt.show(packed, tokenizer=tmp_path / "models" / "small").trained_tokens == view.trained_tokens


def test_a_relative_tokenizer_is_found_from_the_folder_of_the_file(tmp_path, monkeypatch):
    small_model(tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    packed = packed_with_a_model(tmp_path, "small")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tt.show(packed).trained_tokens == 7


def test_a_tokenizer_that_was_changed_is_not_taken(tmp_path):
    model = small_model(tmp_path / "small")
    packed = packed_with_a_model(tmp_path, model)
    write_model(model, "", bos="<bos>", eos="<eos>", special=["<other>"])
    with pytest.raises(tt.ReadError, match="was not found here unchanged"):
        tt.show(packed)


def test_the_nth_record_of_a_shard(tmp_path):
    shard = tmp_path / "shard.jsonl"
    records = [chat(user("Hi"), says(f"answer {number}")) for number in range(3)]
    shard.write_text("\n\n".join(json.dumps(record) for record in records))
    assert "answer 2<|im_end|>" in str(tt.show(shard, 2))
    assert tt.show(shard, 1).to_json() == tt.show(shard, line=3).to_json()
    with pytest.raises(IndexError, match="there is no record 3"):
        tt.show(shard, 3)


def test_a_turn_that_cannot_be_proved_says_so(tmp_path):
    model = small_model(tmp_path / "small")
    source = json.loads((model / "tokenizer_config.json").read_text())["chat_template"]
    broken = source.replace("{{ eos_token }}", "{{ eos_token if loop.last else '|' }}")
    talk = chat(user("Hi"), says("First."), user("And?"), says("Second."))
    view = tt.show(talk, tokenizer=model, chat_template=broken, on_inexact="mask_turn")
    told = {piece.text: piece.reason for piece in view.pieces}
    assert told["First."].startswith(
        "not trained: what the model would have sampled in this turn cannot be proved"
    )
    assert told["Second."] == "trained: the model would have sampled it"


def test_calls_that_were_split_point_at_their_message_in_the_record():
    first, second = (call(id_, "get_time", {"city": city}) for id_, city in (("a", "Rome"), ("b", "Bern")))
    talk = chat(
        user("Times?"),
        calls(first, second),
        result("a", "1"),
        result("b", "2"),
        says("One, two."),
        tools=WEATHER,
    )
    rendered = tt.render(talk, tokenizer="gpt-oss")
    assert [turn.turn for turn in rendered.turns] == [1, 1, 4]
    assert [span.turn for span in rendered.spans if span.field == "tool_result"] == [2, 3]
