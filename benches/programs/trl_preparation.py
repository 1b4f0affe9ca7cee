"""The job as TRL does it: its training template, its assistant mask, its labels, its packing, one file.

What `SFTTrainer` with `assistant_only_loss=True, packing=True` does to a data set before the first step,
done with the same functions, without a model. Imports and loading the tokenizer are not counted.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import datasets
import transformers
import trl

MAX_LENGTH = 8192

parser = argparse.ArgumentParser()
parser.add_argument("source")
parser.add_argument("--tokenizer-folder", required=True)
parser.add_argument("--processes", type=int, required=True)
given = parser.parse_args()

datasets.disable_progress_bars()
tokenizer = transformers.AutoTokenizer.from_pretrained(given.tokenizer_folder)
template = (Path(trl.__file__).parent / "chat_templates" / "qwen3_training.jinja").read_text()


def tokenize(example):
    rendered = tokenizer.apply_chat_template(
        example["messages"],
        tools=json.loads(example["tools"]),
        chat_template=template,
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    ids, mask = rendered["input_ids"], rendered["assistant_masks"]
    return {"input_ids": ids, "labels": [one if bit else -100 for one, bit in zip(ids, mask, strict=True)]}


with tempfile.TemporaryDirectory() as folder:
    begun = time.perf_counter()
    loaded = datasets.load_dataset("json", data_files=given.source, split="train", cache_dir=folder)
    ready = loaded.map(tokenize, num_proc=given.processes, remove_columns=loaded.column_names)
    packed = trl.pack_dataset(ready, MAX_LENGTH, "bfd")
    packed.to_parquet(Path(folder) / "packed.parquet")
    seconds = time.perf_counter() - begun
    lengths = packed.data.column("input_ids").combine_chunks().value_lengths().to_pylist()
    labels = packed.data.column("labels").combine_chunks().flatten().to_numpy()

print(
    json.dumps(
        {
            "seconds": seconds,
            "conversations": len(ready),
            "tokens": sum(lengths),
            "trained_tokens": int((labels != -100).sum()),
            "rows": len(lengths),
            "fill": sum(lengths) / len(lengths) / MAX_LENGTH,
            "backend": f"trl {trl.__version__}",
        }
    )
)
