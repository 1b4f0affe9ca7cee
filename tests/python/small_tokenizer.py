"""A model folder with a tokenizer of single bytes and the control tokens of a family: enough for masks and text."""

import json
from collections.abc import Sequence
from pathlib import Path


def byte_alphabet() -> list[str]:
    """The letters that byte-level tokenizers write for the bytes 0 to 255."""
    visible = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = iter(range(0x100, 0x200))
    return [chr(byte) if byte in visible else chr(next(hidden)) for byte in range(256)]


def write_model(
    folder: Path,
    template: str,
    *,
    bos: str,
    eos: str,
    special: Sequence[str] = (),
    markers: Sequence[str] = (),
    stops: Sequence[str] = (),
) -> Path:
    """Writes `tokenizer.json` and its config.

    `markers` are added tokens that are not special; `stops` end a turn besides `eos`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys([bos, eos, *stops, *special, *markers]))
    added = [
        {
            "id": 256 + place,
            "content": name,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": name not in markers,
        }
        for place, name in enumerate(names)
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": False,
            "byte_fallback": False,
            "vocab": {letter: byte for byte, letter in enumerate(byte_alphabet())},
            "merges": [],
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    config = {"bos_token": bos, "eos_token": eos, "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    if stops:
        ends = {"eos_token_id": [256 + names.index(name) for name in (eos, *stops)]}
        (folder / "generation_config.json").write_text(json.dumps(ends), encoding="utf-8")
    return folder
