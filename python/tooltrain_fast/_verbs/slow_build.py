"""A warning for builds that are made for the tests of the engine."""

import warnings

from tooltrain_fast import _core

SLOW_BUILD = "tooltrain_fast was built without optimization and is slow; build it with --release"


def warn_of_slow_build(stacklevel: int = 6) -> None:
    """Warns when the engine was built for its own tests; figures of such a build mean nothing."""
    if not _core.optimized():
        warnings.warn(SLOW_BUILD, RuntimeWarning, stacklevel=stacklevel)
