"""Where tests find what stands in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DATA = ROOT / "tests" / "data"


def shared_folder() -> Path:
    """Where the folder of real data is, if it is there at all."""
    return Path(os.environ.get("TOOLTRAIN_SHARED", ROOT.parent / "shared" / "data"))
