"""What is trained is what the model would have sampled, whatever stands in the bytes of others."""

from hypothesis import given
from hypothesis import strategies as st
from made_chats import OTHER_LETTERS, answers, chats, with_other_texts
from written import samples, write_shard

import tooltrain_fast as tt

RUN = {"progress": False, "if_exists": "overwrite"}
FOREIGN = set(OTHER_LETTERS) - set(" ")
many_chats = st.lists(chats(), min_size=1, max_size=8)


def tokenized(folder, records, **options):
    """The samples by line, and the report."""
    shard = write_shard(folder / "shard.jsonl", records)
    out = folder / "tokenized.parquet"
    report = tt.tokenize(shard, out=out, **RUN, **options)
    by_line = {}
    for sample in samples(out):
        by_line.setdefault(sample.source[1], []).append(sample)
    return by_line, report


def is_subsequence(parts, whole):
    rest = iter(whole)
    return all(part in rest for part in parts)


@given(records=many_chats)
def test_every_trained_run_is_one_whole_answer(tmp_path, tokenizer, records):
    by_line, report = tokenized(tmp_path, records)
    trained_turns = 0
    for line, record in enumerate(records, 1):
        for sample in by_line.get(line, ()):
            said = [tokenizer.decode(list(run)) for run in sample.trained_runs]
            assert is_subsequence(said, answers(record))
            trained_turns += len(said)
    assert trained_turns == report.turns.trained
    assert report.records.rejected == 0
    assert len(by_line) == len(records)


@given(records=many_chats)
def test_history_keep_trains_every_answer(tmp_path, tokenizer, records):
    by_line, _ = tokenized(tmp_path, records, history="keep")
    for line, record in enumerate(records, 1):
        (sample,) = by_line[line]
        assert [tokenizer.decode(list(run)) for run in sample.trained_runs] == answers(record)


@given(drawn=st.data())
def test_trained_tokens_do_not_depend_on_other_roles(tmp_path, tokenizer, drawn):
    records = drawn.draw(many_chats)
    changed = [with_other_texts(record, drawn.draw) for record in records]
    one, _ = tokenized(tmp_path, records)
    other, _ = tokenized(tmp_path, changed)
    assert one.keys() == other.keys()
    for line, here in one.items():
        assert [sample.trained_runs for sample in here] == [sample.trained_runs for sample in other[line]]
        trained = tokenizer.decode([token for sample in here for run in sample.trained_runs for token in run])
        template = trained.replace('"name"', "").replace('"arguments"', "")
        assert not FOREIGN & set(answers_without_template(template))


def answers_without_template(text):
    for piece in ("<|im_end|>", "<tool_call>", "</tool_call>", ":"):
        text = text.replace(piece, "")
    for word in ("null", "true", "false"):
        text = text.replace(word, "")
    return text
