"""What the property tests share."""

import pytest
from hypothesis import HealthCheck, Phase, settings

import tooltrain_fast as tt

settings.register_profile(
    "whole_runs",  # an example is a run over a shard, not a call
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # shrinking would take hundreds of runs
)
settings.load_profile("whole_runs")


@pytest.fixture(scope="session")
def tokenizer() -> tt.Tokenizer:
    return tt.Tokenizer("qwen3")
