"""explain_template: what a chat template can say and how well its turns are proved, before any record is read."""

import json
from collections.abc import Mapping
from datetime import date as Date  # noqa: N812 - the option is called date
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import msgspec

from tooltrain_fast import _core
from tooltrain_fast.options import Dialect, OptionKeywords
from tooltrain_fast.resolve import core_json, resolved
from tooltrain_fast.tokenizer_source import BUILT_IN

MODES = {"default": "by default", "thinking": "thinking", "no_thinking": "not thinking"}


class StopToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that ends an assistant turn."""

    text: str
    id: int | None
    """Its token id; `None` where the tokenizer has no such token."""


class GenerationPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """What serving appends to a conversation for the model to go on from."""

    mode: str
    """default, thinking or no_thinking."""
    text: str | None
    """The text; `None` where the template appends none."""


class ShapeGrade(msgspec.Struct, frozen=True, kw_only=True):
    """What the template does with conversations of one shape."""

    shape: str
    refused: str | None = None
    """Why it is refused."""
    turns: list[str] = []
    """The grade of each assistant turn, or why it cannot be proved."""
    notes: list[str] = []
    """What was mended, and what the template does not print."""


class TriedTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """What came of trying a template out on small conversations."""

    template: str
    """Its name."""
    sha256: str
    """Hex SHA-256 of its source."""
    native: bool
    """Whether a renderer of its own prints it; otherwise the engine that runs any template does."""
    content_markers: list[str]
    """Added tokens that assistant and system text may hold as control tokens."""
    generation_prompts: list[GenerationPrompt]
    capabilities: dict[str, bool]
    """What it can say: system, tools, calls, parallel_calls, text_beside_calls, reasoning."""
    turns: int
    """Assistant turns that were tried."""
    exact: int
    """Those of them that follow a whole generation prompt."""
    consistent: int
    """Those of them that see the prompt of serving and are printed whole."""
    shapes: list[ShapeGrade]


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a chat template with a tokenizer. Its repr is a table; `to_json` gives all of it."""

    tokenizer: str
    """Name of the tokenizer."""
    tokenizer_sha256: str
    """Hex SHA-256 of its `tokenizer.json`."""
    serving: str
    """The serving mode in words."""
    stops: list[StopToken]
    """The tokens that end a turn."""
    certificate: TriedTemplate

    @property
    def proves_a_turn(self) -> bool:
        """Whether any assistant turn is proved: if none is, nothing can be trained with the template."""
        turns = [turn for shape in self.certificate.shapes for turn in shape.turns]
        return any(not turn.startswith("unproved") for turn in turns)

    def to_json(self) -> str:
        """All of it as JSON."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()

    def __repr__(self) -> str:
        tried = self.certificate
        printed_by = "its own renderer" if tried.native else "the engine for any template"
        facts = [
            ("serving", self.serving),
            ("printed by", printed_by),
            ("stop tokens", ", ".join(_stop(stop) for stop in self.stops) or "none is known"),
            ("content markers", ", ".join(tried.content_markers) or "none"),
            *(
                (f"prompt {MODES.get(prompt.mode, prompt.mode)}", _quoted(prompt.text))
                for prompt in tried.generation_prompts
            ),
            ("it can say", _named(tried.capabilities, wanted=True)),
            ("it cannot say", _named(tried.capabilities, wanted=False)),
            (
                "turns tried",
                f"{tried.turns}: {tried.exact} exact, {tried.consistent} with the prompt of serving",
            ),
        ]
        lines = [
            f"template {tried.template} | sha256 {tried.sha256[:12]}",
            f"tokenizer {self.tokenizer} | sha256 {self.tokenizer_sha256[:12]}",
            "",
            *(f"{name:<20} {value}" for name, value in facts),
            "",
            *(line for shape in tried.shapes for line in _shape_lines(shape)),
        ]
        if not self.proves_a_turn:
            lines += ["", "no turn is proved: is this the tokenizer of the model? give it as tokenizer="]
        return "\n".join(lines)


class CertificateSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a certificate that a written file keeps."""

    sha256: str
    """Hex SHA-256 of the whole certificate."""
    native: bool
    stop_tokens: list[str]
    capabilities: dict[str, bool]
    turns: int
    exact: int
    consistent: int
    inexact: dict[str, list[str]] = {}
    """By shape, the words for its turns where one of them is not plainly exact."""
    refused: dict[str, str] = {}
    """By shape, why it is refused."""

    def in_words(self) -> str:
        """One line."""
        said = f"{self.exact:,} of {self.turns:,} tried turns exact, {self.consistent:,} with the prompt of serving"
        if self.refused:
            said += "; refused: " + ", ".join(self.refused)
        return said


def explain_template(
    template: str | PathLike[str] | object = "qwen3",
    *,
    tokenizer: str | PathLike[str] | object | None = None,
    template_kwargs: Mapping[str, Any] | None = None,
    thinking: bool | Literal["on", "off"] | None = None,
    date: str | Date | None = None,
    dialect: Dialect | None = None,
) -> Certificate:
    """Tries a chat template out and says what it can do.

    A dozen small conversations are rendered: calls, parallel calls, text beside a call, reasoning, several rounds,
    empty and repeated texts. Each assistant turn gets a grade: what stands before it, and whether serving would
    show it the same prompt.

    Args:
        template: a built-in name, a model folder or hub name, a template file or its source, or a live tokenizer.
        tokenizer: as in `pack`; by default the one beside the template, else the built-in one. It says which
            tokens end a turn, so a template alone is known well only where a built-in renderer knows it.
        template_kwargs: more template arguments, by name.
        thinking: serving mode: on, off, or the template's own default (None).
        date: date that templates print; default: today, UTC.
        dialect: dialect of the family, where it has several (gpt-oss).

    Returns:
        A `Certificate`: `.stops`, `.certificate.capabilities`, `.certificate.shapes` and so on. Print it.

    Raises:
        TemplateError: the template cannot be found, read or run.
        TokenizerError: the tokenizer cannot be found, read or used.
        OptionsError: the template has no such mode or dialect.

    Example:
        >>> import tooltrain_fast as tt
        >>> known = tt.explain_template("qwen3")
        >>> [(stop.text, stop.id) for stop in known.stops]
        [('<|im_end|>', 151645)]
        >>> known.certificate.capabilities["parallel_calls"]
        True
    """
    options: OptionKeywords = {
        "template_kwargs": template_kwargs,
        "thinking": thinking,
        "date": date,
        "dialect": dialect,
    }
    named = _named_template(template)
    if tokenizer is not None:
        named["tokenizer"] = tokenizer
        if isinstance(template, str) and template in BUILT_IN:
            named["chat_template"] = template
    with resolved({**options, **named}) as chosen:
        return msgspec.json.decode(_core.explain_template(core_json(chosen)), type=Certificate)


def _named_template(template: Any) -> dict[str, Any]:
    """The options that `template` stands for."""
    if not isinstance(template, (str, PathLike)) or template in BUILT_IN:
        return {"tokenizer": template}
    if isinstance(template, str) and ("{{" in template or "{%" in template):
        return {"chat_template": template}
    path = Path(template).expanduser()
    if path.is_file() and path.name != "tokenizer.json":
        beside = path.parent / "tokenizer.json"
        return {"chat_template": str(path)} | ({"tokenizer": str(path.parent)} if beside.is_file() else {})
    return {"tokenizer": template}


def _stop(stop: StopToken) -> str:
    return f"{stop.text} ({'not in this tokenizer' if stop.id is None else stop.id})"


def _quoted(text: str | None) -> str:
    return "none" if text is None else json.dumps(text, ensure_ascii=False)


def _named(capabilities: dict[str, bool], *, wanted: bool) -> str:
    names = [name.replace("_", " ") for name, has in capabilities.items() if has is wanted]
    return ", ".join(names) or "-"


def _shape_lines(shape: ShapeGrade) -> list[str]:
    said = f"refused: {shape.refused}" if shape.refused else _run_together(shape.turns)
    first, *others = [said, *(f"note: {note}" for note in shape.notes)]
    return [f"{shape.shape:<20} {first}", *(f"{'':20} {other}" for other in others)]


def _run_together(turns: list[str]) -> str:
    """The words for each turn; said once where all are the same."""
    if len(turns) > 1 and len(set(turns)) == 1:
        return f"{turns[0]}, {len(turns)} turns"
    return " | ".join(turns)
