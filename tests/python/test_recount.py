"""verify finds every disagreement between a file and what it says about itself."""

import copy
import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_files import AXOLOTL_SCHEMA, TRL_SCHEMA, footer_of, row, write, write_parts
from places import ROOT

import tooltrain_fast as tt

ROWS = [
    row(([1, 2, 3], [0, 1, 1]), ([4, 5], [0, 1])),
    row(([6, 7, 8, 9], [0, 0, 1, 1])),
    row(([10], [1]), ([11, 12, 13], [0, 1, 0])),
]


def test_a_true_file_is_ok_and_recounted(tmp_path):
    found = tt.verify(write(tmp_path / "a.parquet", ROWS))
    assert found.ok
    assert bool(found)
    assert (found.rows, found.samples, found.tokens, found.trained_tokens) == (3, 5, 13, 7)
    assert (found.shortest_row, found.longest_row) == (4, 5)
    assert found.fill == pytest.approx(13 / 48)
    assert "a.parquet: ok" in repr(found)
    assert json.loads(found.to_json())["ok"] is True


def broken(change):
    rows = copy.deepcopy(ROWS)
    change(rows)
    return rows


@pytest.mark.parametrize(
    ("change", "row_number", "message"),
    [
        (lambda rows: rows[1]["labels"].__setitem__(0, 6), 1, "label and mask do not agree at token 0"),
        (lambda rows: rows[1]["labels"].__setitem__(2, -100), 1, "label and mask do not agree at token 2"),
        (lambda rows: rows[2]["labels"].__setitem__(0, 99), 2, "label and mask do not agree at token 0"),
        (lambda rows: rows[0]["loss_mask"].__setitem__(1, 2), 0, "loss_mask is neither 0 nor 1 at token 1"),
        (lambda rows: rows[2]["loss_mask"].pop(), 2, "loss_mask is not as long as input_ids"),
        (lambda rows: rows[0]["labels"].append(-100), 0, "labels is not as long as input_ids"),
        (lambda rows: rows[0].update(seq_lengths=[3, 1]), 0, "seq_lengths cover 4 of 5 tokens"),
        (lambda rows: rows[0].update(seq_lengths=[5, 0]), 0, "seq_lengths holds 0"),
        (
            lambda rows: rows[2]["sources"].pop(),
            2,
            "sources and seq_lengths do not have one entry a sample each",
        ),
        (lambda rows: rows[1]["input_ids"].__setitem__(1, -7), 1, "a negative id at token 1"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, change, row_number, message):
    path = write(tmp_path / "a.parquet", broken(change), footer_of(ROWS))
    found = tt.verify(path)
    assert not found.ok
    assert (f"{path} row {row_number}", message) in {(one.place, one.message) for one in found.problems}


def test_a_row_that_trains_nothing_is_a_problem_unless_rows_are_wrapped(tmp_path):
    rows = [row(([1, 2], [0, 0]))]
    assert [one.message for one in tt.verify(write(tmp_path / "a.parquet", rows)).problems] == [
        "no token is trained"
    ]
    footer = footer_of(rows)
    footer["options"]["packing"] = "wrapped"
    assert tt.verify(write(tmp_path / "b.parquet", rows, footer)).ok


def test_a_row_longer_than_max_length_is_a_problem(tmp_path):
    found = tt.verify(write(tmp_path / "a.parquet", ROWS, footer_of(ROWS, max_length=4)))
    assert [one.message for one in found.problems] == ["5 tokens, where 1 to 4 may be"]


@pytest.mark.parametrize("name", ["rows", "samples", "tokens", "trained_tokens"])
def test_a_wrong_count_in_the_footer_is_a_problem(tmp_path, name):
    footer = footer_of(ROWS)
    footer["counts"][name] += 1
    (problem,) = tt.verify(write(tmp_path / "a.parquet", ROWS, footer)).problems
    assert name in problem.message


def test_a_wrong_fill_in_the_footer_is_a_problem(tmp_path):
    footer = footer_of(ROWS)
    footer["counts"]["fill"] += 0.001
    (problem,) = tt.verify(write(tmp_path / "a.parquet", ROWS, footer)).problems
    assert "full" in problem.message


def test_wrong_column_types_are_problems(tmp_path):
    large = TRL_SCHEMA.set(0, pa.field("input_ids", pa.large_list(pa.int32()), nullable=False))
    nullable = TRL_SCHEMA.set(2, pa.field("labels", pa.list_(pa.int32())))
    first = tt.verify(write(tmp_path / "a.parquet", ROWS, schema=nullable))
    assert [one.message for one in first.problems] == ["column labels may hold nulls"]
    table = pa.Table.from_pylist(
        ROWS, large.with_metadata({b"tooltrain_fast": json.dumps(footer_of(ROWS)).encode()})
    )
    pq.write_table(table, tmp_path / "b.parquet")
    assert "column input_ids is large_list" in tt.verify(tmp_path / "b.parquet").problems[0].message


def test_axolotl_columns_are_recounted_from_their_labels(tmp_path):
    rows = [{**row(([1, 2, 3], [0, 1, 1])), "attention_mask": [1, 1, 1]}]
    assert tt.verify(write(tmp_path / "a.parquet", rows, schema=AXOLOTL_SCHEMA)).trained_tokens == 2
    rows[0]["attention_mask"] = [1, 0, 1]
    (problem,) = tt.verify(write(tmp_path / "b.parquet", rows, schema=AXOLOTL_SCHEMA)).problems
    assert problem.message == "attention_mask is not 1 at token 1"


def test_part_files_are_checked_against_the_manifest(tmp_path):
    folder = write_parts(tmp_path / "packed", [ROWS[:2], ROWS[2:]])
    found = tt.verify(folder)
    assert found.ok
    assert (found.files, found.rows, found.tokens) == (2, 3, 13)
    write(folder / "part-00001.parquet", [row(([10], [1]), ([11, 12, 14], [0, 1, 0]))])
    (changed,) = tt.verify(folder).problems
    assert changed.message == "its SHA-256 is not the one in the manifest"
    write(folder / "stray.parquet", ROWS)
    assert "the manifest does not name it" in {one.message for one in tt.verify(folder).problems}
    (folder / "part-00001.parquet").unlink()
    with pytest.raises(tt.InputNotFoundError, match=r"part-00001\.parquet"):
        tt.verify(folder)


def test_a_directory_without_a_manifest_is_no_finished_output(tmp_path):
    with pytest.raises(tt.ReadError, match="manifest"):
        tt.verify(tmp_path)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(tt.InputNotFoundError, match="no such file"):
        tt.verify(tmp_path / "nothing.parquet")
    (tmp_path / "text.parquet").write_text("no Parquet")
    with pytest.raises(tt.ReadError, match="not readable as Parquet"):
        tt.verify(tmp_path / "text.parquet")
    pq.write_table(pa.table({"input_ids": [[1]]}), tmp_path / "foreign.parquet")
    with pytest.raises(tt.ReadError, match="no footer of this package"):
        tt.verify(tmp_path / "foreign.parquet")


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("schema_version", ""),
        ("options", ""),
        ("max_length", "options"),
        ("sha256", "tokenizer"),
        ("name", "template"),
        ("counts", ""),
        ("fill", "counts"),
    ],
)
@pytest.mark.parametrize("reader", [tt.verify, tt.show, tt.how_to_train])
def test_a_footer_that_lacks_a_key_is_an_error_that_names_it(tmp_path, key, place, reader):
    footer = footer_of(ROWS)
    del (footer[place] if place else footer)[key]
    path = write(tmp_path / "a.parquet", ROWS, footer)
    where = f" in `{place}`" if place else ""
    with pytest.raises(
        tt.ReadError, match=rf"a\.parquet: its footer .*: `{key}` is missing{where}\n\nhint: pack"
    ):
        reader(path)


def test_a_footer_of_another_kind_is_an_error_and_one_of_a_newer_version_says_so(tmp_path):
    wrong = {**footer_of(ROWS), "counts": {**footer_of(ROWS)["counts"], "rows": "many"}}
    with pytest.raises(tt.ReadError, match=r"expected `int`, got `str` - at `\$.counts.rows`"):
        tt.verify(write(tmp_path / "a.parquet", ROWS, wrong))
    with pytest.raises(tt.ReadError, match="update tooltrain_fast"):
        tt.verify(write(tmp_path / "b.parquet", ROWS, {"schema_version": 2}))


def test_a_manifest_that_lacks_a_key_is_an_error_that_names_it(tmp_path):
    folder = write_parts(tmp_path / "parts", [ROWS])
    manifest = folder / "manifest.json"
    said = json.loads(manifest.read_bytes())
    for key in ("files", "counts"):
        manifest.write_text(json.dumps({name: value for name, value in said.items() if name != key}))
        with pytest.raises(tt.ReadError, match=rf"manifest\.json: the manifest .*: `{key}` is missing"):
            tt.verify(folder)


def test_overwritten_bytes_are_a_problem_or_an_error_that_names_the_file(tmp_path):
    packed, damaged = tmp_path / "packed.parquet", tmp_path / "damaged.parquet"
    tt.pack(ROOT / "examples" / "shards", out=packed, progress=False)
    whole = packed.read_bytes()
    refused = []
    for place in range(100, len(whole) - 100, 200):
        damaged.write_bytes(whole[:place] + b"\xff" * 100 + whole[place + 100 :])
        for read in (tt.verify, tt.show):
            try:
                read(damaged)
            except tt.ReadError as error:
                refused.append(str(error))
    assert any("decompression failed" in message for message in refused)
    assert all(str(damaged) in message for message in refused)


def model_folder(tmp_path, *, template_in_config):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "tokenizer.json").write_text('{"model": 1}')
    if template_in_config:
        (folder / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    else:
        (folder / "chat_template.jinja").write_text("{{ messages }}")
    return folder


@pytest.mark.parametrize("template_in_config", [True, False])
def test_a_model_must_have_the_same_tokenizer_and_template(tmp_path, template_in_config):
    folder = model_folder(tmp_path, template_in_config=template_in_config)
    footer = footer_of(ROWS)
    footer["tokenizer"]["sha256"] = hashlib.sha256(b'{"model": 1}').hexdigest()
    footer["tokenizer"]["vocab_size"] = 100
    footer["template"]["sha256"] = hashlib.sha256(b"{{ messages }}").hexdigest()
    assert tt.verify(write(tmp_path / "a.parquet", ROWS, footer), model=folder).ok
    footer["template"]["sha256"] = "22"
    footer["tokenizer"]["sha256"] = "33"
    found = tt.verify(write(tmp_path / "b.parquet", ROWS, footer), model=folder)
    assert [one.message.split(" (")[0] for one in found.problems] == [
        "is not the tokenizer of this file",
        "its chat template is not the one of this file",
    ]


def test_an_id_outside_the_vocabulary_is_a_problem(tmp_path):
    footer = footer_of(ROWS)
    footer["tokenizer"]["vocab_size"] = 13
    (problem,) = tt.verify(write(tmp_path / "a.parquet", ROWS, footer)).problems
    assert problem.message == "an id outside the vocabulary of 13 at token 3"
    assert problem.place.endswith("row 2")


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    footer = {**footer_of(ROWS), "schema_version": 2, "version": "9.0.0"}
    with pytest.raises(tt.ReadError, match=r"9\.0\.0"):
        tt.verify(write(tmp_path / "a.parquet", ROWS, footer))
