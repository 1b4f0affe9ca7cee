"""What the footer of a written file and the manifest of a directory have to say for anybody to read them."""

import json
import re
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tooltrain_fast._reports.report import TemplateFacts
from tooltrain_fast.errors import ReadError

SCHEMA_VERSION = 1
"""The newest layout of footers that this version knows."""
MISSING = re.compile(r"Object missing required field `(?P<key>\w+)`(?: - at `\$\.?(?P<place>.*)`)?")


Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Length = Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
Id = Annotated[int, msgspec.Meta(ge=-(2**31), lt=2**31)]
Share = Annotated[float, msgspec.Meta(ge=0.0)]


class _Options(msgspec.Struct):
    max_length: Length


class _Named(msgspec.Struct):
    name: str
    sha256: str


class _Tokenizer(_Named):
    vocab_size: Length | None = None


class _Counts(msgspec.Struct):
    rows: Count
    samples: Count
    tokens: Count
    trained_tokens: Count
    fill: Share


class _Footer(msgspec.Struct):
    schema_version: int
    version: str
    verb: str
    options: _Options
    tokenizer: _Tokenizer
    template: TemplateFacts
    counts: _Counts
    ignore_index: Id = -100
    shards: list[str] = []


class _Manifest(_Footer, kw_only=True):
    files: list[_Named]


def read_footer(text: bytes, part: Path) -> dict[str, Any]:
    """The footer of `part`.

    Raises:
        ReadError: it is not JSON, or lacks a key that is read; the message names it.
    """
    return _checked(text, _Footer, str(part), "its footer")


def read_manifest(text: bytes, manifest: Path) -> dict[str, Any]:
    """The manifest in the file `manifest`.

    Raises:
        ReadError: as `read_footer`.
    """
    return _checked(text, _Manifest, str(manifest), "the manifest")


def _checked(text: bytes, shape: type[_Footer], file: str, what: str) -> dict[str, Any]:
    try:
        said = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise ReadError(f"{what} is not JSON: {error}", code="damaged_output", file=file) from None
    try:
        msgspec.convert(said, shape)
    except msgspec.ValidationError as error:
        version = said.get("schema_version") if isinstance(said, dict) else None
        newer = isinstance(version, int) and version > SCHEMA_VERSION
        hint = (
            "update tooltrain_fast: a newer version wrote it"
            if newer
            else "pack again: it was changed or cut"
        )
        raise ReadError(
            f"{what} is not as pack() writes it: {_in_words(error)}",
            code="damaged_output",
            file=file,
            hint=hint,
        ) from None
    checked: dict[str, Any] = said
    return checked


def _refused(constant: str) -> None:
    msg = f"{constant} is no number of JSON"
    raise ValueError(msg)


def _in_words(error: msgspec.ValidationError) -> str:
    said = str(error)
    missing = MISSING.fullmatch(said)
    if missing is None:
        return said[0].lower() + said[1:]
    place = f" in `{missing['place']}`" if missing["place"] else ""
    return f"`{missing['key']}` is missing{place}"
