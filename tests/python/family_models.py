"""Small models of the template families that tests go through: the official template, single-byte tokens."""

from pathlib import Path
from typing import Any, NamedTuple

import mask_corpus
import pytest
from places import ROOT
from small_tokenizer import write_model

QWEN_MARKERS = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")


class Family(NamedTuple):
    """What a template needs of a tokenizer."""

    template: str
    bos: str
    eos: str
    control: tuple[str, ...]
    markers: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    dialect: str | None = None
    in_repository: bool = True


QWEN_CONTROL = ("<|im_start|>", "<|endoftext|>")
LLAMA_CONTROL = (
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|python_tag|>",
    "<|eom_id|>",
    "<|end_of_text|>",
)
OSS_CONTROL = (
    "<|start|>",
    "<|end|>",
    "<|message|>",
    "<|channel|>",
    "<|constrain|>",
    "<|call|>",
    "<|endoftext|>",
)
MISTRAL_CONTROL = (
    "[INST]",
    "[/INST]",
    "[TOOL_CALLS]",
    "[AVAILABLE_TOOLS]",
    "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]",
    "[/TOOL_RESULTS]",
)
DEEPSEEK_CONTROL = (
    "<｜User｜>",
    "<｜Assistant｜>",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
    "<｜tool▁output▁begin｜>",
    "<｜tool▁output▁end｜>",
)


def _qwen(template: str) -> Family:
    return Family(template, "<bos>", "<|im_end|>", QWEN_CONTROL, QWEN_MARKERS)


def _llama(template: str) -> Family:
    return Family(template, "<|begin_of_text|>", "<|eot_id|>", LLAMA_CONTROL, in_repository=False)


def _gpt_oss(dialect: str) -> Family:
    return Family("gpt-oss.jinja", "<|startoftext|>", "<|return|>", OSS_CONTROL, dialect=dialect)


FAMILIES = {
    "qwen3": _qwen("qwen3.jinja"),
    "qwen3-instruct-2507": _qwen("qwen3-instruct-2507.jinja"),
    "qwen2.5": _qwen("qwen2.5.jinja"),
    "gpt-oss": _gpt_oss("hf"),
    "harmony": _gpt_oss("harmony"),
    "llama-3.1": _llama("llama-3.1.jinja"),
    "llama-3.2": _llama("llama-3.2.jinja"),
    "hermes-3": Family(
        "hermes-3-tool_use.jinja",
        "<|begin_of_text|>",
        "<|im_end|>",
        ("<|im_start|>",),
        QWEN_MARKERS[2:],
        in_repository=False,
    ),
    "mistral-nemo": Family("mistral-nemo.jinja", "<s>", "</s>", MISTRAL_CONTROL, in_repository=False),
    "deepseek-v3.1": Family(
        "deepseek-v3.1.jinja",
        "<｜begin▁of▁sentence｜>",
        "<｜end▁of▁sentence｜>",
        DEEPSEEK_CONTROL,
        ("<think>", "</think>"),
        in_repository=False,
    ),
}
OFFICIAL = [name for name, family in FAMILIES.items() if not family.in_repository]
"""Those whose template is in the shared data only."""


def _own(name: str) -> Family:
    facts = mask_corpus.facts(name)
    lists = (tuple(facts.get(key, ())) for key in ("special", "markers", "stops"))
    return Family("template.jinja", facts["bos"], facts["eos"], *lists)


OWN = {
    folder.name: _own(folder.name)
    for folder in mask_corpus.folders()
    if (folder / "template.jinja").is_file()
}
"""Templates written for the project, in `tests/corpus`: always at hand."""
FAMILIES |= OWN
HERE = [name for name in FAMILIES if name not in OFFICIAL]
OTHER_DIGEST = "{# the same text, another digest #}"


def template_source(name: str, request: pytest.FixtureRequest) -> str:
    """The official template; the test is skipped where it is shared and not there."""
    family = FAMILIES[name]
    if name in OWN:
        path = mask_corpus.FOLDER / name / family.template
    elif family.in_repository:
        path = next((ROOT / "rust/core/assets").rglob(family.template))
    else:
        path = request.getfixturevalue("shared") / "templates" / family.template
    return path.read_text(encoding="utf-8")


def model_options(
    name: str, folder: Path, request: pytest.FixtureRequest, *, native: bool = True
) -> dict[str, Any]:
    """Options of a run with a small model; not `native`: the engine runs the template."""
    family, source = FAMILIES[name], template_source(name, request)
    model = write_model(
        folder / name,
        source,
        bos=family.bos,
        eos=family.eos,
        special=family.control,
        markers=family.markers,
        stops=family.stops,
    )
    options: dict[str, Any] = {"tokenizer": model, "date": "2026-11-20"}
    if not native:
        options["chat_template"] = source + OTHER_DIGEST
    elif family.dialect:
        options["dialect"] = family.dialect
    return options


def has_engine(name: str) -> bool:
    """Whether the engine prints the same as a native renderer: it knows no dialect but the template's own."""
    return name not in OWN and FAMILIES[name].dialect != "harmony"
