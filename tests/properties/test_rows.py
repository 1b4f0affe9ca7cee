"""No token is lost or invented between samples and rows, and every sample is where its source says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_chats import chats
from written import fingerprints, rows, samples, write_shard

import tooltrain_fast as tt

RUN = {"progress": False, "if_exists": "overwrite"}
shards = st.lists(st.lists(chats(), min_size=1, max_size=5), min_size=1, max_size=3)


def written_shards(folder, drawn):
    return [str(write_shard(folder / f"shard-{number}.jsonl", chats)) for number, chats in enumerate(drawn)]


@given(drawn=shards, max_length=st.integers(300, 2000))
def test_packing_moves_samples_and_changes_none(tmp_path, drawn, max_length):
    sources = written_shards(tmp_path, drawn)
    single, packed = tmp_path / "single.parquet", tmp_path / "packed.parquet"
    tt.tokenize(sources, out=single, max_length=max_length, **RUN)
    expected = samples(single)
    assert [sample.source for sample in expected] == sorted({sample.source for sample in expected})
    for packing in ("best_fit", "bfd", "none"):
        report = tt.pack(sources, out=packed, max_length=max_length, packing=packing, **RUN)
        filled = rows(packed)
        assert all(sum(len(sample.ids) for sample in row) <= max_length for row in filled)
        assert all(
            [sample.source for sample in row] == sorted(sample.source for sample in row) for row in filled
        )
        assert Counter(sample for row in filled for sample in row) == Counter(expected)
        check_counts(report, filled)


@given(drawn=shards, max_length=st.integers(400, 2000), multiple=st.sampled_from([1, 8, 64]))
def test_wrapped_rows_say_the_same_stream(tmp_path, drawn, max_length, multiple):
    max_length -= max_length % multiple
    sources = written_shards(tmp_path, drawn)
    single, packed = tmp_path / "single.parquet", tmp_path / "packed.parquet"
    tt.tokenize(sources, out=single, max_length=100_000, **RUN)  # a stream needs no splitting
    report = tt.pack(
        sources, out=packed, max_length=max_length, packing="wrapped", sample_multiple=multiple, **RUN
    )

    def stream(path):
        return [
            (sample.source, token, bit)
            for sample in samples(path)
            for token, bit in zip(sample.ids, sample.mask, strict=True)
        ]

    assert stream(packed) == stream(single)
    filled = rows(packed)
    room = [sum(-(-len(sample.ids) // multiple) * multiple for sample in row) for row in filled]
    assert all(one == max_length for one in room[:-1])
    assert room[-1] <= max_length
    check_counts(report, filled)


@given(drawn=shards, window=st.integers(2, 30), seed=st.integers(0, 2**63 - 1))
def test_a_shuffle_moves_whole_rows(tmp_path, drawn, window, seed):
    sources = written_shards(tmp_path, drawn)
    plain, shuffled = tmp_path / "plain.parquet", tmp_path / "shuffled.parquet"
    tt.pack(sources, out=plain, max_length=1000, **RUN)
    tt.pack(sources, out=shuffled, max_length=1000, shuffle_window=window, seed=seed, **RUN)
    assert Counter(map(tuple, rows(shuffled))) == Counter(map(tuple, rows(plain)))


@given(drawn=shards)
def test_rows_fit_after_samples_are_padded(tmp_path, drawn):
    sources = written_shards(tmp_path, drawn)
    packed = tmp_path / "packed.parquet"
    for packing in ("best_fit", "bfd"):
        tt.pack(sources, out=packed, max_length=1024, packing=packing, sample_multiple=64, **RUN)
        for row in rows(packed):
            assert sum(-(-len(sample.ids) // 64) * 64 for sample in row) <= 1024


def check_counts(report, filled):
    """The report says what the file holds."""
    everything = [sample for row in filled for sample in row]
    assert report.rows == len(filled)
    assert report.samples == len(everything)
    assert report.tokens.out == sum(len(sample.ids) for sample in everything)
    assert report.trained_tokens.out == sum(sum(sample.mask) for sample in everything)
    assert report.records.packed == len({sample.source[:2] for sample in everything})
    by_shard = Counter(shard for shard, _ in {sample.source[:2] for sample in everything})
    assert [shard.records.packed for shard in report.shards] == [
        by_shard[number] for number in range(len(report.shards))
    ]
    for ledger in (report.tokens, report.trained_tokens):
        assert ledger.out == ledger.in_ + ledger.added + ledger.repeated - sum(ledger.dropped.values())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_real_corpus_is_packed_whole_and_full(tmp_path, shared):
    """Every sample of 23,217 real records in exactly one row; fill as good as seeing everything at once."""
    sources = str(shared / "corpus" / "*.jsonl.gz")
    reports, found = {}, {}
    for packing in ("none", "best_fit", "bfd"):
        out = tmp_path / f"{packing}.parquet"
        reports[packing] = tt.pack(sources, out=out, packing=packing, **RUN)
        found[packing] = fingerprints(out)
    assert found["none"] == found["best_fit"] == found["bfd"]
    assert len({source[:3] for source in found["none"]}) == found["none"].total()
    assert len({source[:2] for source in found["none"]}) == reports["none"].records.packed
    assert reports["best_fit"].fill >= 0.999
    assert reports["best_fit"].fill >= reports["bfd"].fill - 0.001
