"""The exact trainer code for a written file."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tooltrain_fast._options.names import did_you_mean
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast.errors import OptionsError

if TYPE_CHECKING:
    from tooltrain_fast._reports.report import Report

AXOLOTL_COLUMNS = ("input_ids", "attention_mask", "labels")
MODELS = {
    "qwen3": "Qwen/Qwen3-0.6B",
    "qwen3-instruct-2507": "Qwen/Qwen3-4B-Instruct-2507",
    "qwen2.5": "Qwen/Qwen2.5-0.5B-Instruct",
    "gpt-oss": "openai/gpt-oss-20b",
}


class Snippet(str):
    """Text that a prompt and a notebook show as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@guarded
def how_to_train(path: str | PathLike[str], trainer: str = "trl") -> Snippet:
    """The code that trains on the file at `path`, filled in with its own path and lengths.

    Args:
        path: what `pack` or `tokenize` wrote.
        trainer: `"trl"`, `"transformers"` or `"axolotl"`.

    Returns:
        Python code, or YAML for axolotl, as text; a prompt shows it as it is.

    Raises:
        OptionsError: the trainer is not known, or cannot read the columns of this file, or the file has no rows; it
            says what can be done.
        InputNotFoundError: there is nothing at `path`.

    Example:
        >>> import tooltrain_fast as tt
        >>> _ = tt.pack("examples/shards/*.jsonl", out="packed.parquet", progress=False)
        >>> print(tt.how_to_train("packed.parquet", "trl").splitlines()[0])
        from datasets import load_dataset
    """
    from tooltrain_fast._files.packed_file import PackedFile  # noqa: PLC0415 - pyarrow is slow to import

    if trainer not in SNIPPETS:
        choices = ", ".join(f'"{one}"' for one in SNIPPETS)
        hint = did_you_mean(str(trainer), SNIPPETS)
        raise OptionsError(f"not one of {choices}", option="trainer", value=trainer, hint=hint)
    written = PackedFile(path)
    if not written.rows:
        raise OptionsError(
            "nothing to train on, the file has no rows",
            code="no_rows",
            file=str(written.path),
            hint=f"{written.path}.report.json lists what happened to the records",
        )
    facts = TrainingFacts(
        path=written.path,
        columns=tuple(written.schema(written.parts[0]).names),
        model=MODELS.get(written.footer["template"]["name"], "path/to/your/model"),
        max_length=written.max_length,
        packed=written.footer["verb"] == "pack" and written.footer["options"].get("packing") != "none",
    )
    return Snippet(SNIPPETS[trainer](facts))


def trainer_for(report: "Report") -> str:
    """The trainer that reads the columns of this run's output."""
    return "axolotl" if report.options.get("columns") == "axolotl" else "trl"


class TrainingFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a snippet is filled in with."""

    path: Path
    columns: tuple[str, ...]
    model: str
    max_length: int
    packed: bool

    @property
    def data_files(self) -> str:
        """What `load_dataset("parquet", data_files=...)` takes."""
        return str(self.path / "*.parquet") if self.path.is_dir() else str(self.path)

    @property
    def rows(self) -> str:
        """What a row is, for a comment."""
        what = "packed rows" if self.packed else "one conversation a row,"
        return f"{what} of at most {self.max_length:,} tokens"


def _trl(facts: TrainingFacts) -> str:
    _needs(facts, "trl", ("input_ids", "labels", "seq_lengths") if facts.packed else ("input_ids", "labels"))
    return f"""\
from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

# {facts.rows}
train = load_dataset("parquet", data_files={facts.data_files!r}, split="train")
trainer = SFTTrainer(
    model={facts.model!r},
    args=SFTConfig(
        output_dir="trained",
        dataset_kwargs={{"skip_prepare_dataset": True}},  # the rows are ready: ids, labels, lengths
        packing=False,  # and packed
        padding_free=True,  # keeps the samples of a row apart, by their seq_lengths
        max_length=None,
        per_device_train_batch_size=1,
        gradient_accumulation_steps=8,
        bf16=True,
        model_init_kwargs={{"attn_implementation": "flash_attention_2"}},
    ),
    train_dataset=train,
)
trainer.train()
"""


def _transformers(facts: TrainingFacts) -> str:
    if facts.packed or "seq_lengths" in facts.columns:
        _needs(facts, "transformers", ("input_ids", "labels", "seq_lengths"))
        collator = """\
def side_by_side(rows):
    # positions start again at each sample: that, and no attention mask, keeps the samples apart
    positions = torch.cat([torch.arange(n) for row in rows for n in row["seq_lengths"]])[None]
    ids = torch.tensor([[token for row in rows for token in row["input_ids"]]])
    labels = torch.tensor([[label for row in rows for label in row["labels"]]])
    return {"input_ids": ids, "labels": labels.masked_fill(positions == 0, -100), "position_ids": positions}
"""
        imports, name = "import torch\n", "side_by_side"
        more = ""
    else:
        _needs(facts, "transformers", ("input_ids", "labels"))
        collator = "side_by_side = DataCollatorWithFlattening(return_flash_attn_kwargs=True)\n"
        imports, name = "", "side_by_side"
        more = ", DataCollatorWithFlattening"
    return f"""\
{imports}from datasets import load_dataset
from transformers import AutoModelForCausalLM{more}, Trainer, TrainingArguments

# {facts.rows}
train = load_dataset("parquet", data_files={facts.data_files!r}, split="train")


{collator}

trainer = Trainer(
    model=AutoModelForCausalLM.from_pretrained(
        {facts.model!r}, attn_implementation="flash_attention_2", dtype="bfloat16"
    ),
    args=TrainingArguments(
        output_dir="trained",
        per_device_train_batch_size=1,
        gradient_accumulation_steps=8,
        bf16=True,
        remove_unused_columns=False,  # the collator reads seq_lengths
    ),
    data_collator={name},
    train_dataset=train,
)
trainer.train()
"""


def _axolotl(facts: TrainingFacts) -> str:
    if facts.packed or set(facts.columns) != set(AXOLOTL_COLUMNS):
        raise OptionsError(
            "axolotl reads one conversation per row with exactly the columns "
            + ", ".join(AXOLOTL_COLUMNS)
            + ", and packs by itself",
            code="unsupported_columns",
            file=str(facts.path),
            hint='write it with tokenize() and columns="axolotl"',
        )
    return f"""\
base_model: {facts.model}
datasets:
  - path: {facts.path}
    ds_type: parquet
    type:  # empty: the rows are tokenized and masked
sequence_len: {facts.max_length}
sample_packing: true
flash_attention: true
bf16: true
micro_batch_size: 1
gradient_accumulation_steps: 8
output_dir: trained
"""


def _needs(facts: TrainingFacts, trainer: str, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in facts.columns]
    if missing:
        raise OptionsError(
            f"{trainer} needs the column {missing[0]!r}, and the file has " + ", ".join(facts.columns),
            code="unsupported_columns",
            file=str(facts.path),
            hint='write it with columns="trl"',
        )


SNIPPETS = {"trl": _trl, "transformers": _transformers, "axolotl": _axolotl}
