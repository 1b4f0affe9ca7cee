"""A random Qwen3 small enough for a processor, and what it must lose on packed rows."""

import math
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers


def save_tiny_model(folder: Path, vocabulary: int) -> Path:
    """Saves the model, with a tokenizer that can only pad: the trainers ask for one."""
    transformers.set_seed(0)
    config = transformers.Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=4096,
        initializer_range=0.5,  # strong weights, so that what a token attends to shows in the loss
        tie_word_embeddings=True,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=0,
    )
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder)
    padding = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<pad>": 0}, unk_token="<pad>"))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=padding, pad_token="<pad>", eos_token="<pad>"
    )
    tokenizer.save_pretrained(folder)
    return folder


def losses_of_samples_alone(folder: Path, rows: list[dict[str, Any]]) -> list[list[float]]:
    """For each row the losses of its trained tokens when every sample is run by itself."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    losses = []
    for row in rows:
        of_row: list[float] = []
        start = 0
        for length in row["seq_lengths"]:
            ids = torch.tensor([row["input_ids"][start : start + length]])
            labels = torch.tensor(row["labels"][start : start + length])[1:]
            trained = labels != -100
            with torch.no_grad():
                states = model.model(input_ids=ids).last_hidden_state[0, :-1][trained]
                logits = model.lm_head(states).double()
            of_row += torch.nn.functional.cross_entropy(logits, labels[trained], reduction="none").tolist()
            start += length
        losses.append(of_row)
    return losses


def mean(losses: list[float]) -> float:
    return math.fsum(losses) / len(losses)
