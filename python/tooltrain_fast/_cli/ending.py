"""How the command line ends before its work has: at once, and without leaving temporary files."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

from tooltrain_fast import _core

INTERRUPTED = 130
BROKEN_PIPE = 141


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP, which do what Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def raise_on_termination() -> None:
    """Has SIGTERM and SIGHUP raise `Terminated`, unless whoever started the process has them ignored."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _terminate)


def _terminate(number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated(number)


def exit_code_of(interrupt: KeyboardInterrupt) -> int:
    """The exit code that tells which signal ended the run."""
    return 128 + interrupt.number if isinstance(interrupt, Terminated) else INTERRUPTED


def leave(code: int) -> NoReturn:
    """Ends the process now: threads of the run may still be at work on something that has no end yet."""
    _core.abandon()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    os._exit(code)
