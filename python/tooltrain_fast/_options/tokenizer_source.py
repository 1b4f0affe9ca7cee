"""Where a tokenizer comes from: a built-in name, a path, the hub, or a live Python tokenizer.

The core reads built-in names and paths. The rest becomes a folder here: a hub name is fetched with
`huggingface_hub`, a live object is written down. The folder's name is kept stable, since it is recorded.
"""

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tooltrain_fast.errors import OptionsError, TokenizerError, what_it_is

BUILT_IN = ("qwen3", "qwen3-instruct-2507", "qwen2.5", "gpt-oss")
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
HUB_FILES = [
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "chat_template*",
    "additional_chat_templates/*",
]
GENERATION_CONFIG = "generation_config.json"


def tokenizer_path(value: Any, temporary: contextlib.ExitStack) -> str:
    """The built-in name, folder or file that the core reads for `value`."""
    if isinstance(value, str) and value in BUILT_IN:
        return value
    if isinstance(value, (str, os.PathLike)):
        path = Path(value).expanduser()
        if path.exists() or not isinstance(value, str):
            return str(path)
        return hub_folder(value) if HUB_NAME.fullmatch(value) else value
    return _written_down(value, temporary)


def hub_folder(name: str) -> str:
    """A local folder with the tokenizer files of hub repository `name`."""
    try:
        from huggingface_hub import snapshot_download  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        raise TokenizerError(
            "looks like a name on the hub, and huggingface_hub is not installed",
            code="hub_unavailable",
            option="tokenizer",
            value=name,
            hint="pip install 'tooltrain_fast[hub]', or give a folder that has tokenizer.json",
        ) from None
    try:
        return str(snapshot_download(name, allow_patterns=HUB_FILES))
    except Exception as error:
        raise TokenizerError(
            f"could not be fetched from the hub: {error}",
            code="hub_unavailable",
            option="tokenizer",
            value=name,
            hint="give a folder that has tokenizer.json, or a built-in name: " + ", ".join(BUILT_IN),
        ) from error


def tool_list_path(value: Any, temporary: contextlib.ExitStack) -> str | None:
    """The JSON file that the core reads for `value`: a path, a list of tool definitions, or a job description."""
    if value is None:
        return None
    if isinstance(value, (str, os.PathLike)):
        return str(Path(value).expanduser())
    is_list = isinstance(value, Sequence) and all(isinstance(tool, Mapping) for tool in value)
    if is_list or isinstance(value, Mapping):
        folder = Path(temporary.enter_context(tempfile.TemporaryDirectory(prefix="tooltrain-")))
        path = folder / "tools.json"
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return str(path)
    raise OptionsError(
        f"{what_it_is(value)} is neither a path nor a list of tool definitions",
        option="tools",
        hint="give the path of a JSON list or of a job description, or either itself",
    )


def _written_down(tokenizer: Any, temporary: contextlib.ExitStack) -> str:
    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not hasattr(backend, "to_str"):
        raise OptionsError(
            f"cannot use a {type(tokenizer).__module__}.{type(tokenizer).__qualname__}",
            option="tokenizer",
            hint="give a built-in name ("
            + ", ".join(BUILT_IN)
            + "), a path, a hub name, or a tokenizers/transformers object",
        )
    origin = str(getattr(tokenizer, "name_or_path", "") or "")
    name = Path(origin).name or "live-tokenizer"
    folder = Path(temporary.enter_context(tempfile.TemporaryDirectory(prefix="tooltrain-"))) / name
    folder.mkdir()
    (folder / "tokenizer.json").write_text(backend.to_str(), encoding="utf-8")
    special = {
        key: str(getattr(tokenizer, key))
        for key in ("bos_token", "eos_token", "pad_token", "unk_token")
        if getattr(tokenizer, key, None)
    }
    template = getattr(tokenizer, "chat_template", None)
    if isinstance(template, Mapping):
        template = [{"name": name, "template": source} for name, source in template.items()]
    config = {**special, **({"chat_template": template} if template else {})}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    generation = _generation_config(origin)
    if generation is not None:
        shutil.copyfile(generation, folder / GENERATION_CONFIG)
    return str(folder)


def _generation_config(origin: str) -> Path | None:
    """The `generation_config.json` beside a live tokenizer: in its folder, or in the cache of the hub.

    Nothing is fetched. Where there is no such file, the stop tokens are `eos_token` or those of the template.
    """
    local = Path(origin).expanduser() / GENERATION_CONFIG
    if origin and local.is_file():
        return local
    if not HUB_NAME.fullmatch(origin):
        return None
    try:
        from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        return None
    cached = try_to_load_from_cache(origin, GENERATION_CONFIG)
    return Path(cached) if isinstance(cached, str) else None
