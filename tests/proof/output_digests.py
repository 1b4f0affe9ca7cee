"""Digests of what `pack` and `tokenize` write for the whole corpus, to compare two builds of the package.

    BEFORE/bin/python tests/proof/output_digests.py --save before.json
    AFTER/bin/python tests/proof/output_digests.py --against before.json

Three models with native renderers and five templates that the engine runs, each with every `history`. A digest covers
the rows alone, every column in its order; the footer, which has names of options and versions, is left out. The script
prints a line per run and ends with 1 if a digest differs.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import tooltrain_fast as tt

HISTORIES = ("mask", "keep", "expand", "inline")
DATE = "2026-11-20"
OTHER_DIGEST = "{# the same text, run by the engine #}"
MISTRAL = "[INST] [/INST] [TOOL_CALLS] [AVAILABLE_TOOLS] [/AVAILABLE_TOOLS] [TOOL_RESULTS] [/TOOL_RESULTS] "
MISTRAL_V11 = "[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [ARGS] [CALL_ID] [TOOL_CONTENT]"
LLAMA = "<|start_header_id|> <|end_header_id|> <|python_tag|> <|eom_id|> <|end_of_text|>"
DEEPSEEK = (
    "<｜User｜> <｜Assistant｜> <｜tool▁calls▁begin｜> <｜tool▁call▁begin｜> <｜tool▁sep｜> <｜tool▁call▁end｜> "
    "<｜tool▁calls▁end｜> <｜tool▁outputs▁begin｜> <｜tool▁outputs▁end｜> <｜tool▁output▁begin｜> <｜tool▁output▁end｜>"
)
ENGINE_RUN = {
    "qwen3 by the engine": ("qwen3.jinja", "<|im_end|>", None, ""),
    "llama-3.1 by the engine": ("llama-3.1.jinja", "<|eot_id|>", "<|begin_of_text|>", LLAMA),
    "mistral-nemo": ("mistral-nemo.jinja", "</s>", "<s>", MISTRAL),
    "mistral-small-3.2": ("mistral-small-3.2.jinja", "</s>", "<s>", MISTRAL + MISTRAL_V11),
    "deepseek-v3.1": ("deepseek-v3.1.jinja", "<｜end▁of▁sentence｜>", "<｜begin▁of▁sentence｜>", DEEPSEEK),
}


def main() -> None:
    shared = Path(os.environ.get("TOOLTRAIN_SHARED", Path(__file__).parents[3] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=shared)
    parser.add_argument("--save", type=Path)
    parser.add_argument("--against", type=Path)
    given = parser.parse_args()
    before = json.loads(given.against.read_text()) if given.against else {}
    digests, different = {}, 0
    with tempfile.TemporaryDirectory() as folder:
        for model, tokenizer in models(given.shared, Path(folder)).items():
            for verb in (tt.pack, tt.tokenize):
                for history in HISTORIES:
                    name = f"{model}, {verb.__name__}, history={history}"
                    begun = time.perf_counter()
                    digests[name] = digest = digest_of_run(verb, given.shared, tokenizer, history, folder)
                    verdict = "" if name not in before else "same" if before[name] == digest else "DIFFERENT"
                    different += verdict == "DIFFERENT"
                    print(name, digest, f"{time.perf_counter() - begun:.1f} s", verdict, flush=True)
    if given.save:
        given.save.write_text(json.dumps(digests, indent=1) + "\n")
    print(f"{len(digests)} runs, {different} different")
    sys.exit(different > 0)


def models(shared: Path, folder: Path) -> dict[str, Path]:
    """The models by name: three folders with real tokenizers, five made of Qwen3's vocabulary and a template."""
    native = {name: shared / "tokenizers" / name for name in ("qwen3", "llama-3.1", "gpt-oss")}
    return native | {name: made_model(shared, folder / name, kind) for name, kind in ENGINE_RUN.items()}


def made_model(shared: Path, folder: Path, kind: tuple[str, str, str | None, str]) -> Path:
    """A model folder with Qwen3's vocabulary, further control tokens and a template."""
    template, eos, bos, control = kind
    folder.mkdir()
    tokenizer = json.loads((shared / "tokenizers" / "qwen3" / "tokenizer.json").read_text(encoding="utf-8"))
    known = {token["content"] for token in tokenizer["added_tokens"]}
    last = max(token["id"] for token in tokenizer["added_tokens"])
    for content in dict.fromkeys([eos, *([bos] if bos else []), *control.split()]):
        if content not in known:
            last += 1
            flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            tokenizer["added_tokens"].append({"id": last, "content": content, "special": True, **flags})
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    config = {"eos_token": eos, **({"bos_token": bos} if bos else {})}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    source = (shared / "templates" / template).read_text(encoding="utf-8")
    (folder / "chat_template.jinja").write_text(source + OTHER_DIGEST, encoding="utf-8")
    return folder


def digest_of_run(verb, shared: Path, tokenizer: Path, history: str, folder: str) -> str:
    """The counts and the digest of the rows of one run, or the error that ended it."""
    out = Path(folder) / "rows.parquet"
    try:
        report = verb(
            shared / "corpus" / "*.jsonl.gz",
            out=out,
            tokenizer=tokenizer,
            history=history,
            date=DATE,
            if_exists="overwrite",
            progress=False,
        )
    except tt.TooltrainError as error:
        return f"{type(error).__name__}"
    digest = hashlib.sha256()
    rows = pq.ParquetFile(out)
    for batch in rows.iter_batches(batch_size=4096):
        for column in batch.columns:
            write_column(digest, column)
    records = report.records
    return f"{records.packed}+{records.rejected}+{records.nothing_to_train} {digest.hexdigest()[:32]}"


def write_column(digest, column: pa.Array) -> None:
    """Adds the values of a column to `digest`, without what depends on the way it was read."""
    sink = pa.BufferOutputStream()
    batch = pa.record_batch([pa.concat_arrays([column])], ["c"])
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    digest.update(sink.getvalue())


if __name__ == "__main__":
    main()
