"""A conversation too long for a row is split, and each of its answers is trained exactly once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from made_chats import chats
from written import samples, write_shard

import tooltrain_fast as tt

RUN = {"progress": False, "if_exists": "overwrite"}


@st.composite
def long_chats(draw):
    """Twelve rounds whose answers are all different."""
    record = draw(chats(rounds=3))
    messages = [message for message in record["messages"] if message["role"] == "system"]
    rounds = [message for message in record["messages"] if message["role"] != "system"]
    for number in range(12):
        for message in rounds:
            numbered = {**message}
            if message["role"] == "assistant":
                numbered["content"] = f"{message['content'] or ''} answer {number}-{len(messages)}".strip()
            if "tool_calls" in message:
                numbered["tool_calls"] = [
                    {**call, "id": f"{call['id']}_{number}"} for call in message["tool_calls"]
                ]
            if "tool_call_id" in message:
                numbered["tool_call_id"] = f"{message['tool_call_id']}_{number}"
            messages.append(numbered)
    return {**record, "messages": messages}


@given(records=st.lists(long_chats(), min_size=1, max_size=3), max_length=st.integers(450, 1500))
def test_each_answer_is_trained_once(tmp_path, records, max_length):
    shard = write_shard(tmp_path / "shard.jsonl", records)
    whole, pieces = tmp_path / "whole.parquet", tmp_path / "pieces.parquet"
    tt.tokenize(shard, out=whole, max_length=200_000, **RUN)
    report = tt.tokenize(shard, out=pieces, max_length=max_length, **RUN)
    trained_whole = Counter(run for sample in samples(whole) for run in sample.trained_runs)
    trained_pieces = Counter(run for sample in samples(pieces) for run in sample.trained_runs)
    assert max(trained_whole.values()) == 1
    missing = trained_whole - trained_pieces
    assert not trained_pieces - trained_whole
    assert sum(len(run) for run in missing) == sum(report.trained_tokens.dropped.values())
    assert report.trained_tokens.repeated == 0
    for line in range(1, len(records) + 1):
        parts = [sample.source[2] for sample in samples(pieces) if sample.source[1] == line]
        assert parts == sorted(set(parts))
    assert all(len(sample.ids) <= max_length and any(sample.mask) for sample in samples(pieces))
    assert len(samples(pieces)) > len(records) or all(
        len(sample.ids) <= max_length for sample in samples(whole)
    )
