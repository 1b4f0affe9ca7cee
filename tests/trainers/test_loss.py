"""The printed trainer code, run: its loss on packed rows is that of every conversation by itself.

Needs torch, transformers and trl, which are no part of the test environment: these tests are skipped
without them. `docs/performance.md` says how they were last run and what they gave.
"""

import importlib
import warnings

import pytest

import tooltrain_fast as tt

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow, pytest.mark.timeout(1800)]

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    from tiny_model import losses_of_samples_alone, mean, save_tiny_model

RIGHT = 1e-5
ON_A_PROCESSOR = {"bf16": False, "use_cpu": True, "report_to": "none", "disable_tqdm": True}
ONE_STEP_IN_PLACE = {"learning_rate": 0.0, "max_steps": 1, "save_strategy": "no", "logging_steps": 1}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("tiny"), vocabulary=151_936)


@pytest.fixture
def run(monkeypatch, tmp_path, tiny):
    """Runs what `how_to_train` prints, with a tiny model in float32 on the processor; returns its names."""

    def run_snippet(path, trainer, *, attention="sdpa", **changed):
        library = importlib.import_module(trainer)
        name = {"trl": "SFTConfig", "transformers": "TrainingArguments"}[trainer]
        config = getattr(library, name)
        overrides = ON_A_PROCESSOR | ONE_STEP_IN_PLACE | changed
        monkeypatch.setattr(library, name, lambda **printed: config(**(printed | overrides)))
        monkeypatch.chdir(tmp_path)
        code = str(tt.how_to_train(path, trainer))
        for printed, here in [
            ("Qwen/Qwen3-0.6B", str(tiny)),
            ("flash_attention_2", attention),
            ("bfloat16", "float32"),
        ]:
            code = code.replace(printed, here)
        assert repr(str(tiny)) in code
        assert repr(attention) in code or f'"{attention}"' in code
        names = {}
        exec(compile(code, "how_to_train", "exec"), names)
        return names["trainer"], names["train"]

    return run_snippet


@pytest.fixture(scope="module")
def rows(packed):
    return datasets.load_dataset("parquet", data_files=str(packed), split="train").to_list()


@pytest.fixture(scope="module")
def alone(tiny, rows):
    """The losses of each row's trained tokens, every sample run by itself."""
    return losses_of_samples_alone(tiny, rows)


def all_of(losses):
    return mean([loss for row in losses for loss in row])


def loss_of_the_step(trainer):
    return next(entry["train_loss"] for entry in trainer.state.log_history if "train_loss" in entry)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_trl_trains_on_each_sample_as_if_alone(run, packed, rows, alone, attention):
    trainer, train = run(
        packed,
        "trl",
        attention=attention,
        gradient_accumulation_steps=len(rows),
        per_device_eval_batch_size=len(rows),
    )
    assert loss_of_the_step(trainer) == pytest.approx(all_of(alone), rel=RIGHT)
    assert trainer.evaluate(train)["eval_loss"] == pytest.approx(all_of(alone), rel=RIGHT)


def test_transformers_train_on_each_sample_as_if_alone(run, packed, rows, alone):
    trainer, train = run(
        packed, "transformers", gradient_accumulation_steps=len(rows), per_device_eval_batch_size=1
    )
    assert loss_of_the_step(trainer) == pytest.approx(all_of(alone), rel=RIGHT)
    by_row = mean([mean(row) for row in alone])
    assert trainer.evaluate(train)["eval_loss"] == pytest.approx(by_row, rel=RIGHT)


@pytest.mark.parametrize("trainer", ["trl", "transformers"])
def test_one_conversation_a_row_gives_the_same_loss(run, tokenized, alone, trainer):
    count = len(datasets.load_dataset("parquet", data_files=str(tokenized), split="train"))
    ran, _ = run(tokenized, trainer, gradient_accumulation_steps=count)
    assert loss_of_the_step(ran) == pytest.approx(all_of(alone), rel=RIGHT)


def test_attention_over_the_whole_row_is_seen_in_the_loss(run, packed, rows, alone):
    """What happens without `padding_free`: a mask of ones, and every sample sees those before it."""
    trainer, train = run(packed, "trl", padding_free=False, per_device_eval_batch_size=len(rows))
    wrong = trainer.evaluate(train)["eval_loss"]
    assert abs(wrong / all_of(alone) - 1) > 10 * RIGHT


def test_flattening_packed_rows_again_is_seen_in_the_loss(run, packed, rows, alone):
    """`DataCollatorWithFlattening` knows rows, not the samples in them."""
    trainer, train = run(packed, "transformers", per_device_eval_batch_size=1)
    trainer.data_collator = transformers.DataCollatorWithFlattening()
    wrong = trainer.evaluate(train.select_columns(["input_ids", "labels"]))["eval_loss"]
    assert abs(wrong / mean([mean(row) for row in alone]) - 1) > 10 * RIGHT
