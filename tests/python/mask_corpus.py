"""The corpus of `tests/corpus`: conversations with the text that has to be trained; README.md there has the form."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from places import ROOT
from small_tokenizer import write_model

FOLDER = ROOT / "tests" / "corpus"


@dataclass
class Case:
    """One file of the corpus."""

    family: str
    name: str
    options: dict[str, Any]
    record: str
    trained: list[str] = field(default_factory=list)
    text: str | None = None
    refused: str | None = None

    def __str__(self) -> str:
        return f"{self.family}/{self.name}"


def sections(source: str) -> Iterator[tuple[str, str]]:
    """The header, under the name "", and every section by its name; the last line break is no part of a body."""
    name, body = "", []
    for line in source.removesuffix("\n").split("\n"):
        if line.startswith("--- "):
            yield name, "\n".join(body)
            name, body = line.removeprefix("--- "), []
        else:
            body.append(line)
    yield name, "\n".join(body)


def read_case(path: Path) -> Case:
    """Reads one file; a section that is not known is an error."""
    case = Case(path.parent.name, path.stem, {}, "")
    for name, body in sections(path.read_text(encoding="utf-8")):
        match name:
            case "":
                for line in filter(None, body.split("\n")):
                    key, _, value = line.partition(": ")
                    case.options[key] = json.loads(value) if value[:1] in '"{[ft0123456789' else value
            case "record":
                case.record = body
            case "trained":
                case.trained.append(body)
            case "text":
                case.text = body
            case "refused":
                case.refused = body
            case "nothing trained":
                assert not body, path
            case _:
                raise AssertionError(f"{path}: unknown section {name!r}")
    return case


def folders() -> list[Path]:
    return sorted(path.parent for path in FOLDER.glob("*/family.json"))


def cases(family: str | None = None) -> list[Case]:
    """Every case, or those of one family."""
    chosen = [folder for folder in folders() if family in (None, folder.name)]
    found = [read_case(path) for folder in chosen for path in sorted(folder.glob("*.txt"))]
    assert found, f"no case in {FOLDER}"
    return found


def facts(family: str) -> dict[str, Any]:
    """What the family's tokenizer and template are."""
    return json.loads((FOLDER / family / "family.json").read_text(encoding="utf-8"))


def has_template(family: str) -> bool:
    """Whether the family's template is in the repository; of others the Rust tests ask the native renderer."""
    return "model" in facts(family) or (FOLDER / family / "template.jinja").is_file()


def model(family: str, folder: Path, template: str | None = None) -> str | Path:
    """A built-in tokenizer, or a small one of single bytes with the family's control tokens."""
    known = facts(family)
    if "model" in known:
        return known["model"]
    source = template or (FOLDER / family / "template.jinja").read_text(encoding="utf-8")
    lists = {key: known.get(key, ()) for key in ("special", "markers", "stops")}
    return write_model(folder / family, source, bos=known["bos"], eos=known["eos"], **lists)
