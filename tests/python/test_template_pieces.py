"""Pieces of a conversation that a template prints only as part of the whole."""

import json

from chats import chat, says, user

import tooltrain_fast as tt

# The next question writes the stop token of an answer, so an empty answer at the end leaves no trace.
STOP_BEFORE_QUESTIONS = (
    "{%- for m in messages %}{% if m.role == 'user' and not loop.first %}<|im_end|>{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_piece_that_cannot_be_printed_costs_its_record_only(tmp_path):
    long = [turn for n in range(40) for turn in (user(f"question {n}"), says("" if n % 2 else f"answer {n}"))]
    long += [user("last"), says("done")]
    shard = tmp_path / "shard.jsonl"
    records = [chat(user("hi"), says("hello")), chat(*long), chat(user("bye"), says("see you"))]
    shard.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")

    report = tt.pack(
        shard, tmp_path / "out.parquet", chat_template=STOP_BEFORE_QUESTIONS, max_length=64, progress=False
    )

    assert report.records.packed == 2
    assert report.records.rejected == 1
    assert "spans_not_provable" in {finding.code for finding in report.findings}
