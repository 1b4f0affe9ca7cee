"""Compares the masks of TRL's training templates with the text that the model would have sampled.

TRL trains what its templates mark with `{% generation %}`. The same template is rendered by transformers, which says
where the marks lie, and by tooltrain_fast, which proves each turn. Every difference has to be one of `RULES`.

    python tests/parity/trl_parity.py       # writes docs/masks_parity.md; needs trl and transformers
"""

import datetime as dt
import importlib.metadata
import importlib.util
import json
import os
import re
import sys
import tempfile
import textwrap
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "python")]

from small_tokenizer import write_model  # noqa: E402 - found beside the tests

import tooltrain_fast as tt  # noqa: E402 - as above

REPORT = ROOT / "docs" / "masks_parity.md"
SHAPES = ROOT / "rust" / "core" / "tests" / "templates" / "shapes.jsonl"
DATE = "2026-11-20"
WIDTH = 110
Span = tuple[int, int]

RULES = {
    "line end": "the line end after the stop token is trained; no model samples it",
    "header": "the header that the generation prompt supplies, or a part of it, lies inside the span",
    "think tag": "the opening of a think block, or a whole empty one, lies inside the span; the prompt supplies it",
    "terminator": "the token that ends earlier turns is trained, where the model would have sampled a stop token",
    "end of text": "the token that ends the whole conversation is trained after the stop token of its last turn",
    "stop left out": "the stop token is not trained",
    "beginning left out": "the span begins after the first sampled byte",
    "between left out": "what is sampled between two messages of one turn is not trained",
    "no span": "nothing of the turn is trained",
    "not proved": "a turn is trained whose sampled text cannot be proved; see docs/masks.md for the reason",
}


class Tokens(NamedTuple):
    """Special tokens of the models that a template belongs to."""

    bos: str
    eos: str
    stops: tuple[str, ...] = ()
    special: tuple[str, ...] = ()


OTHER = Tokens("<s>", "</s>")
BY_NAME = {
    "llama3": Tokens("<|begin_of_text|>", "<|eot_id|>", ("<|eom_id|>", "<|end_of_text|>")),
    "gptoss": Tokens(
        "<|startoftext|>", "<|return|>", ("<|call|>", "<|endoftext|>"), ("<|end|>", "<|start|>")
    ),
    "qwen": Tokens("<bos>", "<|im_end|>", ("<|endoftext|>",)),
    "deepseek": Tokens("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    "diffusion_gemma": Tokens("<bos>", "<eos>", ("<turn|>", "<|tool_response>")),
    "gemma4": Tokens("<bos>", "<eos>", ("<turn|>", "<|tool_response>")),
    "gemma": Tokens("<bos>", "<eos>", ("<end_of_turn>",)),
    "glm": Tokens("<bos>", "<|endoftext|>", ("<|user|>", "<|observation|>")),
    "phi": Tokens("<s>", "<|endoftext|>", ("<|end|>", "<|assistant|>")),
    "cohere": Tokens("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>"),
    "lfm2": Tokens("<|startoftext|>", "<|im_end|>"),
    "nemotron": Tokens("<s>", "<|im_end|>", ("</s>",)),
    "muse": Tokens("<|begin_of_text|>", "<|eot|>"),
    "idefics": Tokens("<|im_start|>", "<end_of_utterance>"),
    "smolvlm": Tokens("<|im_start|>", "<end_of_utterance>"),
}


class Parity(NamedTuple):
    """What came of comparing one template over all shapes."""

    turns: int
    """Turns that were compared."""
    equal: int
    """Those of them whose span is the same."""
    rules: Counter[str]
    """Turns by the rule that they differ by."""
    unlisted: list[str]
    """Differences that no rule names."""
    left_out: Counter[str]
    """Shapes that could not be compared, by reason."""
    changed: int | None
    """Shapes that the template for serving prints otherwise; `None` where there is no such template."""


def templates() -> Iterator[Path]:
    """TRL's templates that mark what is generated."""
    found = importlib.util.find_spec("trl")
    assert found is not None, "trl is not installed"
    assert found.submodule_search_locations is not None
    for path in sorted(Path(found.submodule_search_locations[0], "chat_templates").glob("*.jinja")):
        if re.search(r"\{%-?\s*generation\s*-?%\}", path.read_text(encoding="utf-8")):
            yield path


def printed(
    source: str, shape: dict[str, Any], tokens: Tokens, *, marks: bool = True
) -> tuple[str, list[Span]]:
    """The text as transformers prints it, and what its marks cover, in bytes."""
    from transformers.utils import chat_template_utils as utils

    class PinnedClock(dt.datetime):
        @classmethod
        def now(cls, tz=None):  # noqa: ARG003 - the signature of datetime
            return cls.fromisoformat(DATE)

    clock, utils.datetime = utils.datetime, PinnedClock
    try:
        (text,), spans = utils.render_jinja_template(
            [shape["messages"]],
            tools=shape.get("tools"),
            chat_template=source,
            return_assistant_tokens_mask=marks,
            bos_token=tokens.bos,
            eos_token=tokens.eos,
        )
    finally:
        utils.datetime = clock
    in_bytes = [
        (len(text[:start].encode()), len(text[:end].encode())) for start, end in (spans[0] if spans else [])
    ]
    return text, [(start, end) for start, end in in_bytes if start < end]


def compare(path: Path, shapes: list[dict[str, Any]], folder: Path) -> Parity:
    """The marks of one template against what it is proved to sample."""
    tokens = next((tokens for name, tokens in BY_NAME.items() if path.name.startswith(name)), OTHER)
    source = path.read_text(encoding="utf-8")
    serving = path.with_name(path.name.replace("_training", ""))
    serving_source = serving.read_text(encoding="utf-8") if serving != path and serving.exists() else None
    model = write_model(
        folder / path.stem,
        source,
        bos=tokens.bos,
        eos=tokens.eos,
        stops=tokens.stops,
        special=tokens.special,
        markers=("<think>", "</think>"),
    )
    rules: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    unlisted: list[str] = []
    turns = equal = changed = 0
    for shape in shapes:
        try:
            text, spans = printed(source, shape, tokens)
        except Exception:  # noqa: BLE001 - whatever a template raises is its answer
            left_out["the template raises"] += 1
            continue
        changed += int(serving_source is not None and differs(serving_source, shape, tokens, text))
        try:
            row = tt.render(
                json.dumps(shape), tokenizer=model, date=DATE, history="keep", on_inexact="mask_turn"
            )
        except tt.RejectedRecordError:
            left_out["refused"] += 1
            continue
        if row.text != text:
            left_out["parallel calls split"] += 1
            assert any(finding.code == "parallel_calls_split" for finding in row.findings), (path.name, shape)
            continue
        ours = [(turn.start, turn.end) for turn in row.turns]
        proved = all(finding.code != "spans_not_provable" for finding in row.findings)
        for turn in ours:
            found = differences(row.encoded, turn, spans, tokens)
            turns += 1
            equal += int(not found)
            rules.update(found)
        for start, end in spans:
            if any(start < turn[1] and turn[0] < end for turn in ours):
                continue
            said = row.encoded[start:end].decode()
            if end == len(row.encoded) and said.strip() == tokens.eos:
                rules["end of text"] += 1
            elif not proved:
                rules["not proved"] += 1
            else:
                unlisted.append(f"{shape['shape']}: {said!r} is trained")
    unlisted += [name for name in rules if name not in RULES]
    return Parity(turns, equal, rules, unlisted, left_out, None if serving_source is None else changed)


def differs(source: str, shape: dict[str, Any], tokens: Tokens, text: str) -> bool:
    """Whether the template for serving prints another text."""
    try:
        return printed(source, shape, tokens, marks=False)[0] != text
    except Exception:  # noqa: BLE001 - a template that raises prints another text
        return True


def differences(text: bytes, turn: Span, spans: list[Span], tokens: Tokens) -> set[str]:
    """The rules by which the marks of one turn differ from what is sampled."""
    start, end = turn
    over = [span for span in spans if span[0] < end and start < span[1]]
    if not over:
        return {"no span"}
    found = set()
    before = text[over[0][0] : start].decode()
    after = text[end : over[-1][1]].decode()
    if before:
        found.add("think tag" if "<think>" in before else "header")
    if over[0][0] > start:
        found.add("beginning left out")
    if any(one[1] < other[0] for one, other in pairwise(over)):
        found.add("between left out")
    if over[-1][1] < end:
        found.add("stop left out")
    if after:
        found.add(rule_of_the_end(after, tokens))
    return found


def rule_of_the_end(after: str, tokens: Tokens) -> str:
    """The rule for text that is trained after the end of what is sampled."""
    if not after.strip():
        return "line end"
    if after.strip() in tokens.special:
        return "terminator"
    return f"{after!r} after the turn"


def report() -> tuple[str, dict[str, Parity]]:
    """The page, and what it says as data."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    shapes = [json.loads(line) for line in SHAPES.read_text(encoding="utf-8").splitlines()]
    shapes = [shape for shape in shapes if shape["shape"] != "absent content"]  # Python prints None there
    with tempfile.TemporaryDirectory() as folder:
        found = {path.stem: compare(path, shapes, Path(folder)) for path in templates()}
    return page(found, len(shapes)), found


def page(found: dict[str, Parity], shapes: int) -> str:
    """The report as Markdown."""
    turns, equal = sum(one.turns for one in found.values()), sum(one.equal for one in found.values())
    total = sum((one.rules for one in found.values()), Counter())
    trl = importlib.metadata.version("trl")
    compared = (
        f"TRL {trl} ships {len(found)} templates that mark with `{{% generation %}}` what is trained. Each is rendered "
        'by transformers, which says where the marks lie, and by tooltrain_fast with `history="keep"`, which proves '
        "what the model would have sampled. The texts are equal, so spans can be compared byte by byte. Over "
        f"{shapes} shapes of conversation, {equal:,} of {turns:,} turns have the same span. Every other one differs by "
        "one or more of these rules:"
    )
    other_text = (
        "Some templates for training also print other text than those for serving, so that reasoning stays in earlier "
        "turns, for one: a model trained on it is prompted otherwise when it serves. The column *text changed* counts "
        "the shapes for which it does. Shapes are left out where the template raises, or where calls beside each "
        "other are split because the family prints one call a turn."
    )
    lines = [
        "# Masks of TRL's training templates",
        "",
        "Written by `python tests/parity/trl_parity.py`; a test writes it again and compares.",
        "",
        *textwrap.wrap(compared, WIDTH),
        "",
        "| rule | turns | what it means |",
        "| --- | ---: | --- |",
        *(f"| {name} | {total[name]:,} | {meaning} |" for name, meaning in RULES.items() if total[name]),
        "",
        *textwrap.wrap(other_text, WIDTH),
        "",
        "| template | turns | same span | differs by | text changed | left out |",
        "| --- | ---: | ---: | --- | ---: | --- |",
        *(row_of(name, one) for name, one in found.items()),
        "",
        "[masks_goldens.md](masks_goldens.md) does the same over real conversations, token by token.",
    ]
    return "\n".join(lines) + "\n"


def row_of(name: str, one: Parity) -> str:
    """A row of the table."""
    rules = ", ".join(f"{rule} {one.rules[rule]}" for rule in RULES if one.rules[rule])
    left_out = ", ".join(f"{reason} {count}" for reason, count in sorted(one.left_out.items()))
    changed = "-" if one.changed is None else str(one.changed)
    return f"| {name} | {one.turns} | {one.equal} | {rules} | {changed} | {left_out} |"


if __name__ == "__main__":
    text, parities = report()
    REPORT.write_text(text, encoding="utf-8")
    problems = [f"{name}: {problem}" for name, one in parities.items() for problem in one.unlisted]
    sys.exit("\n".join(problems) or 0)
