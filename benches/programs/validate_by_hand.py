"""The same checks as a skilled user writes them in Python: structure, pairing, arguments against schemas.

`--engine jsonschema` reads with `json`, `--engine fastjsonschema` with `msgspec`, which cannot see a key that stands
twice. Each distinct schema is compiled once; words of public sets (`dict`, `float`, ...) are read as what they mean.
It stops at the first problem of a record, where `tt.validate` finds all with their places.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Accepts = Callable[[Any], bool]
Loads = Callable[[bytes | str], Any]
Dumps = Callable[[Any], str | bytes]

ROLES = {"system", "developer", "user", "assistant", "tool"}
STANDARD = {"string", "object", "integer", "number", "boolean", "array", "null"}
MEANING = {
    "arraylist": "array",
    "char": "string",
    "dict": "object",
    "double": "number",
    "float": "number",
    "hashmap": "object",
    "list": "array",
    "long": "integer",
    "tuple": "array",
}


class BadRecordError(Exception):
    """What rejects a record."""


def standard(schema: Any) -> Any:
    """The schema with standard words for types."""
    if isinstance(schema, list):
        return [standard(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    verbatim = ("enum", "const", "default", "required")
    read = {key: value if key in verbatim else standard(value) for key, value in schema.items()}
    kind = read.get("type")
    if isinstance(kind, str):
        meant = MEANING.get(kind.lower(), kind.lower())
        if meant in STANDARD:
            read["type"] = meant
        else:
            del read["type"]
    listed = read.get("enum")
    if listed and read.get("type") == "array" and not any(isinstance(one, list) for one in listed):
        read["items"] = {"allOf": [read.get("items", {}), {"enum": read.pop("enum")}]}
    return read


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, unless a key stands twice."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise BadRecordError("a key twice")
    return made


def with_jsonschema() -> tuple[Loads, Dumps, Callable[[Any], Accepts]]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    def compiled(schema: Any) -> Accepts:
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError:
            return lambda _: True
        return Draft202012Validator(schema).is_valid

    return json.JSONDecoder(object_pairs_hook=without_duplicates).decode, json.dumps, compiled


def with_fastjsonschema() -> tuple[Loads, Dumps, Callable[[Any], Accepts]]:
    import fastjsonschema
    import msgspec

    def compiled(schema: Any) -> Accepts:
        try:
            check = fastjsonschema.compile(
                schema, use_default=False, use_formats=False, detailed_exceptions=False
            )
        except Exception:
            return lambda _: True

        def accepts(arguments: Any) -> bool:
            try:
                check(arguments)
            except fastjsonschema.JsonSchemaException:
                return False
            return True

        return accepts

    return msgspec.json.Decoder().decode, msgspec.json.Encoder().encode, compiled


ENGINES = {"jsonschema": with_jsonschema, "fastjsonschema": with_fastjsonschema}


class Checker:
    """Checks records one by one."""

    def __init__(self, engine: str) -> None:
        self.loads, self.dumps, self.compiled = ENGINES[engine]()
        self.known: dict[str | bytes, Accepts] = {}
        self.wrong_calls = 0

    def record(self, line: str) -> None:
        """Raises for a record that has to be rejected; counts calls that are wrong."""
        try:
            record = self.loads(line)
        except ValueError as error:
            raise BadRecordError("not JSON") from error
        messages = record.get("messages") if isinstance(record, dict) else None
        if not isinstance(messages, list) or not messages:
            raise BadRecordError("no messages")
        for message in messages:
            if not isinstance(message, dict) or message.get("role") not in ROLES:
                raise BadRecordError("a role")
            check_content(message.get("content"))
        tools = self.tools(record.get("tools") or [])
        roles = [message["role"] for message in messages]
        last = len(roles) - 1 - roles[::-1].index("assistant") if "assistant" in roles else -1
        any_result = "tool" in roles
        open_calls: dict[str | None, bool] = {}
        for message in messages[: last + 1]:
            if message["role"] == "tool":
                check_result(message, open_calls)
                continue
            if any_result and not all(open_calls.values()):
                raise BadRecordError("a call without a result")
            open_calls = {}
            for call in message.get("tool_calls") or ():
                if message["role"] != "assistant":
                    raise BadRecordError("calls of another role")
                self.call(call, tools, open_calls)

    def call(self, call: Any, tools: dict[str, list[Accepts]], open_calls: dict[str | None, bool]) -> None:
        """One call: its id, its arguments, and what its tool says of them."""
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise BadRecordError("a call without a name")
        if call.get("id") in open_calls:
            raise BadRecordError("an id twice")
        open_calls[call.get("id")] = False
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = self.loads(arguments)
            except ValueError as error:
                raise BadRecordError("arguments are not JSON") from error
        if not isinstance(arguments, dict):
            raise BadRecordError("arguments are no object")
        declared = tools.get(function["name"])
        if tools and (declared is None or not any(accepts(arguments) for accepts in declared)):
            self.wrong_calls += 1

    def tools(self, declared: Any) -> dict[str, list[Accepts]]:
        """The checks of each declared name."""
        checks: dict[str, list[Accepts]] = {}
        for tool in self.loads(declared) if isinstance(declared, str) else declared:
            function = tool.get("function", tool) if isinstance(tool, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise BadRecordError("a tool without a name")
            checks.setdefault(function["name"], []).append(self.check(function.get("parameters")))
        return checks

    def check(self, schema: Any) -> Accepts:
        """The check that a schema stands for, compiled once."""
        if not schema:
            return lambda _: True
        key = self.dumps(schema)
        if key not in self.known:
            self.known[key] = self.compiled(standard(schema))
        return self.known[key]


def check_content(content: Any) -> None:
    """Content is text, null or a list of text parts."""
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        raise BadRecordError("content")
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise BadRecordError("a part of content")


def check_result(message: dict[str, Any], open_calls: dict[str | None, bool]) -> None:
    """A result answers a call of the turn before that has none yet."""
    several = message.get("tool_call_ids")
    id_ = message.get("tool_call_id") or (several[0] if several else None)
    if id_ is None and len(open_calls) == 1:
        id_ = next(iter(open_calls))
    if open_calls.get(id_, True):
        raise BadRecordError("a result without a call")
    open_calls[id_] = True


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    given = parser.parse_args()
    checker = Checker(given.engine)
    records = rejected = 0
    begun, processor = time.perf_counter(), time.process_time()
    with given.source.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            records += 1
            try:
                checker.record(line)
            except BadRecordError:
                rejected += 1
    found = {"records": records, "rejected": rejected, "wrong_calls": checker.wrong_calls}
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    print(json.dumps({"seconds": seconds, "processor_seconds": processor, **found}))


if __name__ == "__main__":
    main()
