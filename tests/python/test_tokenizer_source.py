"""Where a tokenizer comes from."""

import contextlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tokenizers import Tokenizer, models

import tooltrain_fast as tt
from tooltrain_fast._options.tokenizer_source import tokenizer_path


@pytest.fixture
def temporary():
    with contextlib.ExitStack() as stack:
        yield stack


def test_built_in_names_win_over_folders_of_that_name(tmp_path, monkeypatch, temporary):
    (tmp_path / "qwen3").mkdir()
    monkeypatch.chdir(tmp_path)
    assert tokenizer_path("qwen3", temporary) == "qwen3"
    assert tokenizer_path(Path("qwen3"), temporary) == "qwen3"
    assert tokenizer_path("./qwen3", temporary) == "qwen3"


def test_a_folder_wins_over_a_hub_name(tmp_path, monkeypatch, temporary):
    (tmp_path / "Qwen" / "Qwen3").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert tokenizer_path("Qwen/Qwen3", temporary) == "Qwen/Qwen3"


def test_a_hub_name_is_fetched_without_weights(monkeypatch, temporary):
    asked = {}

    def snapshot_download(name, allow_patterns):
        asked.update(name=name, allow_patterns=allow_patterns)
        return "/cache/snapshot"

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download))
    assert tokenizer_path("Qwen/Qwen3-8B", temporary) == "/cache/snapshot"
    assert asked["name"] == "Qwen/Qwen3-8B"
    assert "tokenizer.json" in asked["allow_patterns"]
    assert not any("safetensors" in pattern for pattern in asked["allow_patterns"])


def test_a_hub_name_without_the_extra_says_what_to_install(monkeypatch, temporary):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(tt.TokenizerError, match=r"tooltrain_fast\[hub\]"):
        tokenizer_path("Qwen/Qwen3-8B", temporary)


def test_a_hub_failure_is_a_tokenizer_error(monkeypatch, temporary):
    def snapshot_download(name, allow_patterns):
        msg = "offline"
        raise OSError(msg)

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(snapshot_download=snapshot_download))
    with pytest.raises(tt.TokenizerError, match="offline"):
        tokenizer_path("Qwen/Qwen3-8B", temporary)


def test_live_tokenizers_are_written_down_under_a_stable_name():
    backend = Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]"))
    live = SimpleNamespace(
        backend_tokenizer=backend,
        name_or_path="some/My-Model",
        chat_template="{{ bos_token }}",
        bos_token="<s>",
        eos_token=None,
    )
    with contextlib.ExitStack() as stack:
        folder = Path(tokenizer_path(live, stack))
        assert folder.name == "My-Model"
        assert json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"] == {"a": 0, "[UNK]": 1}
        config = json.loads((folder / "tokenizer_config.json").read_text())
        assert config == {"bos_token": "<s>", "chat_template": "{{ bos_token }}"}
        assert Path(tokenizer_path(backend, stack)).name == "live-tokenizer"
    assert not folder.exists()
