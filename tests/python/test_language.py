"""Plain English in all that a user can see: no phrase of `tests/language.toml`, but in files that are still allowed."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from places import ROOT

LANGUAGE = tomllib.loads((ROOT / "tests" / "language.toml").read_text(encoding="utf-8"))
PHRASES = {entry["today"]: re.compile(entry["pattern"], re.IGNORECASE) for entry in LANGUAGE["phrases"]}
ALLOWED = set(LANGUAGE["allowed"])
STYLE = ROOT / "docs" / "development" / "style.md"
PAGES = ["README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/**/*.md"]
RUST = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?'(?:\\.[^']*|[^'\\\n])'|r(#+)"(.*?)"\1|r"([^"]*)"|"((?:\\.|[^"\\])*)\"""",
    re.DOTALL,
)


def of_rust(source: str) -> list[str]:
    """String literals outside comments and test modules."""
    source = source.split("#[cfg(test)]\nmod tests {", maxsplit=1)[0]
    found = (match.group(2) or match.group(3) or match.group(4) for match in RUST.finditer(source))
    return [re.sub(r"\\\n\s*", "", text) for text in found if text]


def of_python(source: str) -> list[str]:
    """String literals, docstrings among them."""
    nodes = ast.walk(ast.parse(source))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def texts(path: Path) -> list[str]:
    """What a user can see of a file."""
    source = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".rs":
            return of_rust(source)
        case ".py" | ".pyi":
            return of_python(source)
        case _:
            return [source]


def files() -> list[Path]:
    found = [*(ROOT / "python").rglob("*.py"), *(ROOT / "python").rglob("*.pyi")]
    rust = [path for crate in (ROOT / "rust").glob("*/src") for path in crate.rglob("*.rs")]
    found += [path for path in rust if not path.stem.endswith("tests")]
    for pattern in PAGES:
        found += ROOT.glob(pattern)
    return sorted(path for path in found if path != STYLE)


def phrases_in(path: Path) -> list[str]:
    return [
        f"{today}: ..{text[max(0, match.start() - 30) : match.end() + 30]!r}.."
        for text in texts(path)
        for today, pattern in PHRASES.items()
        for match in pattern.finditer(text)
    ]


FILES = {path.relative_to(ROOT).as_posix(): path for path in files()}


def test_no_file_has_a_banned_phrase():
    assert len(FILES) > 200
    found = {name: phrases_in(path) for name, path in FILES.items() if name not in ALLOWED}
    assert {name: phrases for name, phrases in found.items() if phrases} == {}


def test_every_allowed_file_still_needs_it():
    """A file that is clean, or is gone, leaves the list."""
    clean = [name for name in ALLOWED if name not in FILES or not phrases_in(FILES[name])]
    assert sorted(clean) == []


@pytest.mark.parametrize("entry", LANGUAGE["phrases"], ids=lambda entry: entry["today"])
def test_each_phrase_is_found_and_has_its_row_in_the_vocabulary(entry):
    pattern = PHRASES[entry["today"]]
    assert pattern.search(entry["example"])
    assert not pattern.search(entry["write"])
    assert f"| {entry['today']} | {entry['write']} |" in STYLE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('let a = "one"; // "two"', ["one"]),
        ('r#"one "two""#', ['one "two"']),
        ("'\"' \"one\" b'\\''", ["one"]),
        ('"one \\\n      two"', ["one two"]),
        ('"a \\" b"\n#[cfg(test)]\nmod tests { "two" }', ['a \\" b']),
    ],
)
def test_what_of_rust_a_user_can_see(source, expected):
    assert of_rust(source) == expected
