"""What all Python tests share."""

from pathlib import Path

import pytest
from places import shared_folder

pytest_plugins = ["skips"]
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; tests that need it are skipped where it is not there."""
    folder = shared_folder()
    if not folder.is_dir():
        pytest.skip("the shared data are not beside this checkout (see TOOLTRAIN_SHARED)")
    return folder


@pytest.fixture
def example_shards() -> str:
    """The shards of the demo, as a pattern."""
    return str(ROOT / "examples" / "shards" / "*.jsonl")
