"""Reads the imports of a Rust crate, module by module, and holds them against an order of floors."""

import re
from pathlib import Path

NAME = re.compile(r"\bcrate::(\w+)")
GROUP = re.compile(r"\bcrate::\{([^;]*)\}")
SUPER = re.compile(r"\b((?:super::)+)(?:(\w+)|\{([^;]*?)\})")
IN_GROUP = re.compile(r"(?:^|,|\{)\s*(\w+)")


def without_comments(text: str) -> str:
    return re.sub(r"//.*", "", text)


def without_tests(text: str) -> str:
    """The text without the items under `#[cfg(test)]`; what follows such an item stays."""
    kept: list[str] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.strip() != "#[cfg(test)]":
            kept.append(line)
            continue
        indent = line[: len(line) - len(line.lstrip())]
        for inner in lines:
            is_attribute = inner.strip().startswith("#[")
            if not is_attribute and (inner.rstrip().endswith(";") or inner.startswith(indent + "}")):
                break
    return "\n".join(kept)


def module_path(file: Path, root: Path) -> list[str]:
    parts = list(file.relative_to(root).with_suffix("").parts)
    return parts[:-1] if parts[-1] in ("mod", "lib") else parts


def is_test(file: Path) -> bool:
    return (
        file.stem in ("tests", "test_support") or file.stem.endswith("_tests") or "tests" in file.parent.parts
    )


def imports(root: Path) -> dict[str, dict[str, Path]]:
    """For each top-level module of the crate at `root`, the top-level modules that it names, each with a file
    that does."""
    modules = {path.stem if path.is_file() else path.name for path in root.iterdir()} - {"lib"}
    graph: dict[str, dict[str, Path]] = {module: {} for module in modules}
    for file in sorted(root.rglob("*.rs")):
        own = module_path(file, root)
        if not own or is_test(file.relative_to(root)):
            continue
        text = without_comments(without_tests(file.read_text(encoding="utf-8")))
        named = set(NAME.findall(text))
        for group in GROUP.findall(text):
            named |= set(IN_GROUP.findall(group))
        for supers, name, group in SUPER.findall(text):
            depth = supers.count("super::")
            if depth == len(own):
                named |= {name} if name else set(IN_GROUP.findall(group))
        for name in named & modules - {own[0]}:
            graph[own[0]].setdefault(name, file)
    return graph


def reached(graph: dict[str, dict[str, Path]], start: str) -> dict[str, list[str]]:
    """Every module that `start` knows, directly or through others, with the way to it."""
    ways = {start: [start]}
    waiting = [start]
    while waiting:
        here = waiting.pop(0)
        for name in sorted(graph.get(here, {})):
            if name not in ways:
                ways[name] = [*ways[here], name]
                waiting.append(name)
    del ways[start]
    return ways


def broken_rules(root: Path, floors: list[set[str]]) -> list[str]:
    """What is wrong with the imports of the crate at `root`. A module may know those on lower floors only, itself
    and through others; modules on one floor do not know each other."""
    graph = imports(root)
    floor = {module: number for number, modules in enumerate(floors) for module in modules}
    broken = [f"{module} is on no floor" for module in sorted(graph.keys() - floor.keys())]
    broken += [
        f"{module} is on a floor, and not in the crate" for module in sorted(floor.keys() - graph.keys())
    ]
    for module in sorted(graph.keys() & floor.keys()):
        for name, way in sorted(reached(graph, module).items()):
            if name in floor and floor[name] >= floor[module]:
                by = graph[way[0]][way[1]].relative_to(root)
                broken.append(f"{' -> '.join(way)} (by {by.as_posix()})")
    return broken
