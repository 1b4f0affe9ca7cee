"""Ids of calls pair results with calls and do nothing else: where a template prints none, they change no token."""

import gzip
import json
import random

import polars as pl
import pytest
from chats import made_chat

import tooltrain_fast as tt

TOKENIZERS = ["qwen3", "qwen3-instruct-2507", "qwen2.5", "gpt-oss"]
REAL = {
    "bfcl_multi_turn": 150,
    "glaive_en_llamafactory": 150,
    "sgd_dev": 300,
    "swe_agent_demonstrations": 22,
    "tau_bench_airline_gpt4o": 60,
    "toolalpaca_eval": 150,
}
PRINTS_IDS = (
    "{%- for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content or '' }}"
    "{%- for c in m.tool_calls or [] %}[{{ c.id }}]{% endfor %}<|im_end|>\n{% endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def renamed(record, seed):
    """The same record with another id for every id."""
    random_ = random.Random(seed)
    names = {}

    def other(old):
        return names.setdefault(old, f"{random_.choice('abcxyz')}{random_.getrandbits(64):x}")

    record = json.loads(json.dumps(record))
    for message in record.get("messages", []):
        for one in message.get("tool_calls") or []:
            if isinstance(one.get("id"), str):
                one["id"] = other(one["id"])
        if isinstance(message.get("tool_call_id"), str):
            message["tool_call_id"] = other(message["tool_call_id"])
        if message.get("tool_call_ids"):
            message["tool_call_ids"] = [other(old) for old in message["tool_call_ids"]]
    return record


def rows(folder, name, records, **options):
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    options = {"packing": "none", "history": "keep", "date": "2026-01-01", **options}
    stream = tt.stream(path, **options)
    return pl.DataFrame(stream), stream.report()


def assert_ids_change_nothing(folder, records, **options):
    before, report = rows(folder, "before", records, **options)
    after, report_after = rows(folder, "after", [renamed(one, n) for n, one in enumerate(records)], **options)
    assert report.records.packed > 0.75 * len(records)
    assert before.equals(after)
    counted = [(one.code, one.severity, one.count) for one in report.findings]
    assert counted == [(one.code, one.severity, one.count) for one in report_after.findings]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
def test_renaming_ids_of_made_chats_changes_no_token(tokenizer, tmp_path):
    random_ = random.Random(11)
    assert_ids_change_nothing(tmp_path, [made_chat(random_) for _ in range(200)], tokenizer=tokenizer)


def test_renaming_ids_of_real_chats_changes_no_token(shared, tmp_path):
    records = []
    for name, most in REAL.items():
        with gzip.open(shared / "corpus" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            records += [json.loads(line) for line, _ in zip(lines, range(most), strict=False)]
    assert any(
        call["id"] for one in records for m in one.get("messages", []) for call in m.get("tool_calls") or []
    )
    for tokenizer in TOKENIZERS:
        assert_ids_change_nothing(tmp_path, records, tokenizer=tokenizer)


def test_a_template_that_prints_ids_shows_the_difference(tmp_path):
    random_ = random.Random(11)
    records = [made_chat(random_) for _ in range(20)]
    before, _ = rows(tmp_path, "before", records, chat_template=PRINTS_IDS)
    after, _ = rows(
        tmp_path, "after", [renamed(one, n) for n, one in enumerate(records)], chat_template=PRINTS_IDS
    )
    assert before.height == after.height == 20
    assert not before.equals(after)
