"""What a chat template can say and how well its turns are proved."""

import json
from collections.abc import Callable

import msgspec

from tooltrain_fast._reports.printed import visible
from tooltrain_fast._reports.result import Counts, Result

FOUND = "; found in the template, since the stop tokens of the tokenizer end no turn"
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
    stops_found: bool = False
    """Whether the stop tokens were found in the template, since those of the tokenizer end no turn."""
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


class Certificate(Result, msgspec.Struct, frozen=True, kw_only=True):
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
    def ok(self) -> bool:
        """Whether any assistant turn is proved: if none is, nothing can be trained with the template."""
        return any(not turn.startswith("unproved") for turn in self._turns)

    @property
    def counts(self) -> Counts:
        """How many of the tried turns are exact, and how many see the prompt of serving: `counts["turns"]["exact"]`."""
        tried = self.certificate
        return {"turns": {"tried": tried.turns, "exact": tried.exact, "consistent": tried.consistent}}

    @property
    def _turns(self) -> list[str]:
        return [turn for shape in self.certificate.shapes for turn in shape.turns]

    def __repr__(self) -> str:
        return self.to_text()

    def to_text(self, spelled: Callable[[str], str] = str) -> str:
        """The table, with options as `spelled` writes them."""
        tried = self.certificate
        printed_by = "its own renderer" if tried.native else "the engine for any template"
        facts = [
            ("serving", self.serving),
            ("printed by", printed_by),
            (
                "stop tokens",
                (", ".join(_stop(stop) for stop in self.stops) or "none is known")
                + (FOUND if tried.stops_found else ""),
            ),
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
        if not self.ok:
            lines += [
                "",
                "no turn is proved: is this the tokenizer of the model? " + spelled("give it as tokenizer="),
            ]
        return visible("\n".join(lines))


class CertificateSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a certificate that a written file keeps."""

    sha256: str
    """Hex SHA-256 of the whole certificate."""
    native: bool
    stop_tokens: list[str]
    stops_found: bool = False
    """Whether those were found in the template, since the stop tokens of the tokenizer end no turn."""
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
