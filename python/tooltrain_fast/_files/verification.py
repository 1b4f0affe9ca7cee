"""What a recount found."""

import msgspec

from tooltrain_fast._reports.printed import visible
from tooltrain_fast._reports.result import Counts, Result

MOST_PROBLEMS = 100


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not agree."""

    place: str
    """File, and row where there is one, counted from 0."""
    message: str


class Verification(Result, msgspec.Struct, kw_only=True):
    """What a recount found. Truth value and `.ok`: whether everything agrees."""

    path: str
    problems: list[Problem] = []
    """At most 100; the first ones."""
    checked: list[str] = []
    """What was compared."""
    not_checked: list[str] = []
    """What could not be, and why."""
    template: str = ""
    """The chat template that made the file, and how well its turns are proved."""
    files: int = 0
    rows: int = 0
    samples: int = 0
    tokens: int = 0
    trained_tokens: int = 0
    shortest_row: int = 0
    longest_row: int = 0
    fill: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether everything that was checked agrees."""
        return not self.problems

    @property
    def counts(self) -> Counts:
        """How many problems there are: `counts["problem"]["error"]`; empty where there is none."""
        return {"problem": {"error": len(self.problems)}} if self.problems else {}

    def __bool__(self) -> bool:
        return self.ok

    def to_json(self) -> str:
        """All of it as JSON."""
        facts = {"ok": self.ok, **msgspec.to_builtins(self)}
        return msgspec.json.format(msgspec.json.encode(facts), indent=2).decode()

    def __repr__(self) -> str:
        verdict = "ok" if self.ok else f"{len(self.problems)} PROBLEM" + "S" * (len(self.problems) > 1)
        share = f" ({self.trained_tokens / self.tokens:.1%})" if self.tokens else ""
        counted = (
            f"{self.files:,} file(s), {self.rows:,} rows, {self.samples:,} samples, {self.tokens:,} tokens, "
            f"{self.trained_tokens:,} trained{share}, {self.fill:.2%} full"
        )
        lines = [f"{self.path}: {verdict}", f"  {counted}"]
        lines += [f"  template {self.template}"] if self.template else []
        lines += [f"  problem: {problem.place}: {problem.message}" for problem in self.problems]
        lines += [f"  checked: {what}" for what in self.checked]
        lines += [f"  not checked: {what}" for what in self.not_checked]
        return visible("\n".join(lines))

    def problem(self, place: object, message: str) -> None:
        """Notes a disagreement."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(place=str(place), message=message))


class Figures:
    """What was counted in some rows."""

    def __init__(self) -> None:
        self.rows = self.samples = self.tokens = self.trained_tokens = self.longest = 0
        self.shortest: int | None = None

    def add_rows(self, sizes: list[int]) -> None:
        """Adds rows of so many tokens each."""
        self.rows += len(sizes)
        self.tokens += sum(sizes)
        self.longest = max(self.longest, *sizes)
        self.shortest = min(sizes) if self.shortest is None else min(self.shortest, *sizes)

    def add(self, other: "Figures") -> None:
        """Adds the counts of another file."""
        self.rows += other.rows
        self.samples += other.samples
        self.tokens += other.tokens
        self.trained_tokens += other.trained_tokens
        self.longest = max(self.longest, other.longest)
        if other.shortest is not None:
            self.shortest = other.shortest if self.shortest is None else min(self.shortest, other.shortest)

    def fill(self, max_length: int) -> float:
        """Share of the room that holds tokens."""
        return self.tokens / (self.rows * max_length) if self.rows else 0.0
