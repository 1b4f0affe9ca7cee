"""What every verb promises of its errors and of signals, whatever it calls."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import NoReturn, ParamSpec, TypeVar

from tooltrain_fast._reports.progress import is_of_callback
from tooltrain_fast.errors import InternalError, OptionsError, ReadError, TooltrainError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

TERMINATIONS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""Signals that end a process, and do here what Ctrl-C does."""
LIBRARIES = ("pyarrow", "msgspec", "polars", "rich", "json")
"""Whose exceptions no caller should have to know."""


def guarded(verb: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Lets a verb raise errors of this package only, and clean up when the process is asked to end."""

    @wraps(verb)
    def wrapped(*args: Parameters.args, **keywords: Parameters.kwargs) -> Result:
        with ends_cleanly(), own_errors():
            return verb(*args, **keywords)

    return wrapped


@contextmanager
def own_errors() -> Iterator[None]:
    """Turns what libraries, the operating system and panics raise into the errors of this package.

    What a callback of the caller raises is the caller's, and passes.
    """
    try:
        yield
    except (TooltrainError, BrokenPipeError):
        raise
    except BaseException as error:
        own = None if is_of_callback(error) else _own(error)
        if own is None:
            raise
        raise own from error


def _own(error: BaseException) -> TooltrainError | None:
    """The error of this package for one that no caller should have to know."""
    if isinstance(error, RecursionError):
        return OptionsError("a value is nested too deeply", hint="give it as JSON text")
    if isinstance(error, UnicodeError):
        return OptionsError(
            f"text that is not Unicode: {error}", hint="lone surrogates and other encodings cannot be written"
        )
    if isinstance(error, OSError):
        return ReadError(error.strerror or str(error), file=error.filename and str(error.filename))
    if type(error).__name__ == "PanicException":
        return InternalError(f"a thread panicked: {error}")
    if type(error).__module__.partition(".")[0] in LIBRARIES:
        return InternalError(f"{type(error).__name__}: {error}")
    return None


@contextmanager
def ends_cleanly() -> Iterator[None]:
    """While a verb runs, SIGTERM and SIGHUP raise `SystemExit` where they would end the process at once.

    A handler of the caller's own stays. Only the main thread may set one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    taken = [number for number in TERMINATIONS if signal.getsignal(number) == signal.SIG_DFL]
    process = os.getpid()

    def leave(number: int, _frame: FrameType | None) -> NoReturn:
        if os.getpid() != process:
            # A child that was forked meanwhile has nothing to clean up.
            os._exit(128 + number)
        raise SystemExit(128 + number)

    for number in taken:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in taken:
            if signal.getsignal(number) is leave:
                signal.signal(number, signal.SIG_DFL)
