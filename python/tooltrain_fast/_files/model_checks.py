"""Compares the tokenizer and the chat template of a written file with those of a model folder."""

import hashlib
from os import PathLike
from pathlib import Path
from typing import Any

from tooltrain_fast import _core
from tooltrain_fast._files.guarded import LONGEST_CONFIGURATION, opened, read_json, read_text
from tooltrain_fast._files.verification import Verification
from tooltrain_fast._options.tokenizer_source import BUILT_IN, HUB_NAME, hub_folder
from tooltrain_fast.errors import InputNotFoundError


def vocabulary_size(
    footer: dict[str, Any], model: str | PathLike[str] | None, found: Verification
) -> int | None:
    """Number of ids of the tokenizer: of the model's, of a built-in one, or as the footer says."""
    size: int | None = footer["tokenizer"].get("vocab_size")
    name = str(model_folder(model)) if model is not None else footer["tokenizer"]["name"]
    if size is None and (model is not None or name in BUILT_IN):
        size = _core.Tokenizer(name).vocab_size
    if size is None:
        found.not_checked.append(f"ids against the vocabulary: give model=, {name} is not built in")
    else:
        found.checked.append(f"ids against a vocabulary of {size:,}")
    return size


def model_folder(model: str | PathLike[str]) -> Path:
    """The folder of a model, fetched from the hub where it is a name there."""
    path = Path(model).expanduser()
    if path.exists():
        return path.parent if path.is_file() else path
    if isinstance(model, str) and HUB_NAME.fullmatch(model):
        return Path(hub_folder(model))
    raise InputNotFoundError(
        "no such folder",
        file=str(model),
        option="model",
        hint="give the folder of the model, or its hub name",
    )


def check_model(footer: dict[str, Any], model: Path, found: Verification) -> None:
    """The model's tokenizer and chat template must be those that made the file."""
    tokenizer = model / "tokenizer.json"
    if not tokenizer.exists():
        found.problem(model, "there is no tokenizer.json")
    elif file_digest(tokenizer) != footer["tokenizer"]["sha256"]:
        found.problem(tokenizer, f"is not the tokenizer of this file ({footer['tokenizer']['name']})")
    else:
        found.checked.append(f"the tokenizer of {model}")
    templates = _templates(model)
    if not templates:
        found.not_checked.append(f"the chat template: {model} has none")
    elif footer["template"]["sha256"] not in {text_digest(source) for source in templates}:
        found.problem(model, f"its chat template is not the one of this file ({footer['template']['name']})")
    else:
        found.checked.append(f"the chat template of {model}")


def _templates(model: Path) -> list[str]:
    sources = [read_text(one) for one in sorted(model.glob("*chat_template*.jinja"))]
    sources += [read_text(one) for one in sorted(model.glob("additional_chat_templates/*.jinja"))]
    config = model / "tokenizer_config.json"
    if config.exists():
        settings = read_json(config, LONGEST_CONFIGURATION)
        named = settings.get("chat_template") if isinstance(settings, dict) else None
        listed = named if isinstance(named, list) else [{"template": named}]
        texts = [one.get("template") for one in listed if isinstance(one, dict)]
        sources += [text for text in texts if isinstance(text, str)]
    return sources


def file_digest(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_digest(text: str) -> str:
    """Hex SHA-256 of a text as UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
