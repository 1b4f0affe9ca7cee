"""Progress of a run: one live line on a terminal, a plain line now and then elsewhere."""

import sys
from collections.abc import Callable
from typing import TextIO

import msgspec

from tooltrain_fast._reports.figures import MEGABYTE
from tooltrain_fast._reports.printed import visible

PLAIN_LINE_SECONDS = 30.0


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is."""

    stage: str
    """What is going on, in a word."""
    records: int
    """Records read."""
    bytes: int
    """Bytes read from the shards, as stored."""
    total_bytes: int | None
    """Bytes of all shards, as stored; `None` when that is not known."""
    tokens: int
    """Tokens made."""
    trained_tokens: int
    """Tokens among them that are trained."""
    rejected: int
    """Records rejected."""
    seconds: float
    """Wall time since the start."""
    first_look: str | None = None
    """What the first thousand records lose, once that is known: rejected records, and findings that one record in a
    hundred or more has."""

    @property
    def fraction(self) -> float | None:
        """Share of the bytes that is done, 0 to 1."""
        return min(self.bytes / self.total_bytes, 1.0) if self.total_bytes else None

    @property
    def seconds_left(self) -> float | None:
        """Time left at the pace so far."""
        if not self.fraction or self.seconds <= 0:
            return None
        return self.seconds * (1 - self.fraction) / self.fraction

    def line(self) -> str:
        """The line that a terminal shows."""
        pace = max(self.seconds, 1e-9)
        parts = [
            f"{self.fraction:4.0%}" if self.fraction is not None else "    ",
            f"{self.records:,} records",
            f"{self.bytes / MEGABYTE / pace:,.1f} MB/s",
        ]
        if self.tokens or self.stage != "validating":
            parts.append(f"{self.tokens / pace:,.0f} tokens/s")
        parts.append(f"{self.rejected:,} rejected")
        if (left := self.seconds_left) is not None:
            parts.append(f"{clock(left)} left")
        return f"{self.stage}  " + "  ".join(parts)


def ended(
    *, records: int, rejected: int, file_bytes: int, seconds: float, tokens: int = 0, trained_tokens: int = 0
) -> Progress:
    """The progress of a run that has ended: its last line, also of runs too short to have another."""
    return Progress(
        stage="done",
        records=records,
        bytes=file_bytes,
        total_bytes=file_bytes,
        tokens=tokens,
        trained_tokens=trained_tokens,
        rejected=rejected,
        seconds=seconds,
    )


def clock(seconds: float) -> str:
    """Time as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class FirstLook:
    """Says once what the first records lose."""

    def __init__(self) -> None:
        self._told = False

    def lines(self, progress: Progress) -> str:
        """The lines to print now; mostly none."""
        if self._told or progress.first_look is None:
            return ""
        self._told = True
        return f"!!  {visible(progress.first_look)}\n"


class LiveLine:
    """Keeps one line of a terminal up to date."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._width = 0
        self._first_look = FirstLook()

    def __call__(self, progress: Progress) -> None:
        """Writes the line over the last one."""
        if told := self._first_look.lines(progress):
            self.close()
            self._stream.write(told)
        line = progress.line()
        self._stream.write("\r" + line.ljust(self._width))
        self._stream.flush()
        self._width = len(line)

    def close(self) -> None:
        """Wipes the line."""
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


class PlainLines:
    """Writes a line every half minute, for logs."""

    def __init__(self, stream: TextIO, every: float = PLAIN_LINE_SECONDS) -> None:
        self._stream = stream
        self._every = every
        self._next = every
        self._first_look = FirstLook()

    def __call__(self, progress: Progress) -> None:
        """Writes a line when it is time for one."""
        if told := self._first_look.lines(progress):
            self._stream.write(told)
            self._stream.flush()
        if progress.seconds >= self._next:
            self._stream.write(progress.line() + "\n")
            self._stream.flush()
            self._next = progress.seconds + self._every

    def close(self) -> None:
        """Nothing is left open."""


class Calls:
    """Hands each `Progress` to the caller's function."""

    def __init__(self, function: Callable[[Progress], None]) -> None:
        self._function = function

    def __call__(self, progress: Progress) -> None:
        """Calls it."""
        self._function(progress)

    def close(self) -> None:
        """Nothing is left open."""


class Silent:
    """Says nothing."""

    def __call__(self, progress: Progress) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Nothing is left open."""


Reporter = LiveLine | PlainLines | Calls | Silent


def reporter(option: bool | Callable[[Progress], None] | None, stream: TextIO | None = None) -> Reporter:
    """What the option `progress` stands for."""
    if option is False:
        return Silent()
    if callable(option):
        return Calls(option)
    stream = stream or sys.stderr
    return LiveLine(stream) if stream.isatty() else PlainLines(stream)


def as_core_callback(report: Reporter) -> Callable[[bytes], None] | None:
    """The function that the core calls with JSON; none for a silent run."""
    if isinstance(report, Silent):
        return None
    decoder = msgspec.json.Decoder(Progress)

    def told(encoded: bytes) -> None:
        try:
            report(decoder.decode(encoded))
        except BaseException as error:
            error.tooltrain_callback = True  # type: ignore[attr-defined]
            raise

    return told


def is_of_callback(error: BaseException) -> bool:
    """Whether a callback of the caller raised it: then it is the caller's, and stays as it is."""
    return bool(getattr(error, "tooltrain_callback", False))
