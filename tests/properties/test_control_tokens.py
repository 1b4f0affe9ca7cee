"""Control tokens come from the template, and from assistant and system text what serving would see there."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_chats import CONTROL_TEXTS, HARMLESS, PLACE, chats, chats_with_places, filled
from written import samples, write_shard

import tooltrain_fast as tt

DELIMITERS = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]


@pytest.fixture(scope="module")
def control_ids(tokenizer):
    return {id_: text for text, id_ in tokenizer.added_tokens()}


def control_tokens(folder, records, control_ids):
    """For each line how often each control token stands in its samples; and the report."""
    out = folder / "tokenized.parquet"
    shard = write_shard(folder / "shard.jsonl", records)
    report = tt.tokenize(shard, out=out, max_length=100_000, progress=False, if_exists="overwrite")
    counts = {}
    for sample in samples(out):
        found = counts.setdefault(sample.source[1], Counter())
        found.update(control_ids[token] for token in sample.ids if token in control_ids)
    return counts, report


@given(records=st.lists(chats_with_places(), min_size=1, max_size=4), text=st.sampled_from(CONTROL_TEXTS))
def test_data_of_others_never_makes_one(tmp_path, control_ids, records, text):
    hostile, report = control_tokens(tmp_path, [filled(record, text) for record in records], control_ids)
    harmless, _ = control_tokens(tmp_path, [filled(record, HARMLESS) for record in records], control_ids)
    assert report.records.packed == len(records)
    assert hostile == harmless


@given(records=st.lists(chats(), min_size=1, max_size=4), text=st.sampled_from(DELIMITERS))
def test_a_turn_is_never_ended_by_what_stands_in_it(tmp_path, control_ids, records, text):
    def said_by_the_model(text):
        return [
            {
                **record,
                "messages": [{"role": "system", "content": f"b {text} b"}]
                + [
                    {**message, "content": f"a {text} a"} if message["role"] == "assistant" else message
                    for message in record["messages"]
                    if message["role"] != "system"
                ],
            }
            for record in records
        ]

    hostile, report = control_tokens(tmp_path, said_by_the_model(text), control_ids)
    harmless, _ = control_tokens(tmp_path, said_by_the_model(HARMLESS), control_ids)
    assert report.records.packed == len(records)
    assert hostile == harmless


def test_the_places_are_where_the_test_says():
    record = {"messages": [{"role": "user", "content": f"a{PLACE}b"}], "tools": []}
    assert filled(record, 'x"y\n') == {"messages": [{"role": "user", "content": 'ax"y\nb'}], "tools": []}
