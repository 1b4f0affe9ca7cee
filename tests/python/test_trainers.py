"""how_to_train: code that fits the file."""

import ast

import pytest
from made_files import AXOLOTL_SCHEMA, footer_of, row, write, write_parts

import tooltrain_fast as tt

ROWS = [row(([1, 2, 3], [0, 1, 1]), ([4, 5], [0, 1]))]


def keywords_of(code, function):
    """The keyword arguments that `code` calls `function` with."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function:
            return {one.arg: ast.unparse(one.value) for one in node.keywords}
    raise AssertionError(function)


def test_trl_gets_the_packed_rows_as_they_are(tmp_path):
    path = write(tmp_path / "packed.parquet", ROWS)
    code = tt.how_to_train(path, "trl")
    assert code == tt.how_to_train(path)
    config = keywords_of(code, "SFTConfig")
    assert config["padding_free"] == "True"
    assert config["packing"] == "False"
    assert config["max_length"] == "None"
    assert config["dataset_kwargs"] == "{'skip_prepare_dataset': True}"
    assert "flash_attention" in config["model_init_kwargs"]
    assert keywords_of(code, "load_dataset")["data_files"] == repr(str(path))
    assert "packed rows of at most 16 tokens" in code
    assert "Qwen/Qwen3-0.6B" in code


def test_a_directory_is_read_by_its_parts(tmp_path):
    folder = write_parts(tmp_path / "packed", [ROWS, ROWS])
    assert keywords_of(tt.how_to_train(folder), "load_dataset")["data_files"] == repr(f"{folder}/*.parquet")


def test_transformers_gets_positions_that_start_again_and_no_attention_mask(tmp_path):
    code = tt.how_to_train(write(tmp_path / "packed.parquet", ROWS), "transformers")
    ast.parse(code)
    assert "position_ids" in code
    assert "attention_mask" not in code
    assert keywords_of(code, "TrainingArguments")["remove_unused_columns"] == "False"


def unpacked(tmp_path):
    rows = [{**row(([1, 2, 3], [0, 1, 1])), "attention_mask": [1, 1, 1]}]
    footer = {**footer_of(rows), "verb": "tokenize"}
    return write(tmp_path / "tokenized.parquet", rows, footer, AXOLOTL_SCHEMA)


def test_axolotl_gets_its_own_columns_only(tmp_path):
    text = tt.how_to_train(unpacked(tmp_path), "axolotl")
    assert "sequence_len: 16\n" in text
    assert "sample_packing: true\n" in text
    with pytest.raises(tt.OptionsError, match='columns="axolotl"'):
        tt.how_to_train(write(tmp_path / "packed.parquet", ROWS), "axolotl")


def test_unpacked_files_work_with_every_trainer(tmp_path):
    path = unpacked(tmp_path)
    assert "one conversation a row" in tt.how_to_train(path, "trl")
    assert "DataCollatorWithFlattening(return_flash_attn_kwargs=True)" in tt.how_to_train(
        path, "transformers"
    )


def test_an_unknown_trainer_lists_the_known_ones(tmp_path):
    with pytest.raises(tt.OptionsError, match='"trl", "transformers", "axolotl"'):
        tt.how_to_train(write(tmp_path / "packed.parquet", ROWS), "keras")


def test_a_file_without_rows_is_refused(tmp_path):
    shard = tmp_path / "chats.jsonl"
    shard.write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    report = tt.pack(shard, out=tmp_path / "packed.parquet", progress=False)
    assert report.rows == 0
    with pytest.raises(tt.OptionsError, match="nothing to train on, the file has no rows"):
        tt.how_to_train(report.out)


def test_the_code_is_shown_as_it_is(tmp_path):
    code = tt.how_to_train(write(tmp_path / "packed.parquet", ROWS))
    assert repr(code) == str(code)
    assert isinstance(code, str)
