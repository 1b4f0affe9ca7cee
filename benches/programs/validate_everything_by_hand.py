"""Everything `tt.validate` says of these records, as a skilled user writes it in Python, as far as the libraries go.

All problems of a record are noted, each with its line, a code, a JSON pointer and a sentence, and the use of tools is
counted: declared, called, called wrongly, calls in a conversation, several in a turn. `jsonschema` lists all that is
wrong with arguments (five at most, as `tt.validate` does), `fastjsonschema` only the first. `msgspec` cannot see a key
that stands twice, and does not say where inside a text it stopped. Repairs are noted and not made.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from validate_by_hand import ROLES, STANDARD, BadRecordError, Dumps, Loads, standard, without_duplicates

Problem = tuple[str, str]
"""A pointer into the arguments, and what is wrong there."""
Problems = Callable[[Any], Iterable[Problem]]

MOST_PROBLEMS = 5
ID_KEYS = ("tool_call_id", "name")
REASONING = ("reasoning_content", "reasoning", "thinking")
WEIGHTS = ("weight", "train", "loss")


def with_jsonschema() -> tuple[Loads, Dumps, Callable[[Any], Problems]]:
    from jsonschema import Draft202012Validator

    def compiled(schema: Any) -> Problems:
        Draft202012Validator.check_schema(schema)
        errors = Draft202012Validator(schema).iter_errors

        def problems(arguments: Any) -> Iterable[Problem]:
            for error in islice(errors(arguments), MOST_PROBLEMS):
                yield "".join(f"/{step}" for step in error.absolute_path), error.message

        return problems

    return json.JSONDecoder(object_pairs_hook=without_duplicates).decode, json.dumps, compiled


def with_fastjsonschema() -> tuple[Loads, Dumps, Callable[[Any], Problems]]:
    import fastjsonschema
    import msgspec

    def compiled(schema: Any) -> Problems:
        check = fastjsonschema.compile(
            schema, use_default=False, use_formats=False, detailed_exceptions=False
        )

        def problems(arguments: Any) -> Iterable[Problem]:
            try:
                check(arguments)
            except fastjsonschema.JsonSchemaValueException as error:
                return (("", error.message),)
            return ()

        return problems

    return msgspec.json.Decoder().decode, msgspec.json.Encoder().encode, compiled


ENGINES = {"jsonschema": with_jsonschema, "fastjsonschema": with_fastjsonschema}


class Schema:
    """A schema, read once: how arguments are checked against it, its foreign words, and why it is broken."""

    __slots__ = ("broken", "foreign", "problems")

    def __init__(self, schema: Any, compiled: Callable[[Any], Problems]) -> None:
        self.problems: Problems | None = None
        self.broken: str | None = None
        self.foreign = foreign_words(schema)
        try:
            self.problems = compiled(standard(schema))
        except Exception as error:
            self.broken = str(error)


class Checker:
    """Checks records one by one, and keeps what it finds."""

    def __init__(self, engine: str) -> None:
        self.loads, self.dumps, self.compiled = ENGINES[engine]()
        self.schemas: dict[str | bytes, Schema] = {}
        self.line = 0
        self.rejects = False
        self.found: list[tuple[int, str, str, str]] = []
        self.verdicts: Counter[str] = Counter()
        self.declared: Counter[str] = Counter()
        self.called: Counter[str] = Counter()
        self.called_wrongly: Counter[str] = Counter()
        self.calls_in_conversations: Counter[int] = Counter()
        self.turns: Counter[str] = Counter()

    def note(self, code: str, pointer: str, what: str, rejects: bool = False) -> None:
        """Keeps one problem of the record."""
        self.found.append((self.line, code, pointer, what))
        self.rejects = self.rejects or rejects

    def record(self, line: str) -> None:
        """Notes all that is wrong with one record, and counts what it does."""
        self.line += 1
        self.rejects = False
        try:
            record = self.loads(line)
        except (ValueError, BadRecordError) as error:
            self.note("invalid_json", "", str(error), rejects=True)
        else:
            self.read(record)
        self.verdicts["rejected" if self.rejects else "accepted"] += 1

    def read(self, record: Any) -> None:
        """Looks at each part of a record for itself, and if all can be read, at how they go together."""
        messages = record.get("messages") if isinstance(record, dict) else None
        if not isinstance(messages, list) or not messages:
            self.note("no_messages", "/messages", "there are no messages", rejects=True)
            return
        for position, message in enumerate(messages):
            self.message(message, position)
        declared = record.get("tools")
        tools = self.tools(declared) if declared else {}
        if self.rejects:
            return
        messages = self.order_of_turns(messages)
        self.pairing(messages)
        self.calls(messages, tools)
        self.count(messages, tools)

    def message(self, message: Any, position: int) -> None:
        """Role, content and calls of one message, each for itself."""
        if not isinstance(message, dict):
            self.note("field_wrong_type", f"/messages/{position}", "no message", rejects=True)
            return
        role = message.get("role")
        if role not in ROLES:
            self.note("unknown_role", f"/messages/{position}/role", f"the role {role!r}", rejects=True)
        content = message.get("content")
        if content is not None and not isinstance(content, str):
            self.content(content, position)
        for key in ID_KEYS:
            value = message.get(key)
            if value is not None and not isinstance(value, str):
                self.note("field_wrong_type", f"/messages/{position}/{key}", "no string", rejects=True)
        for key in REASONING:
            if key in message and not isinstance(message[key], str | None):
                self.note("field_wrong_type", f"/messages/{position}/{key}", "no string", rejects=True)
        for key in WEIGHTS:
            if key in message and not isinstance(message[key], int | float | None):
                self.note("weight_invalid", f"/messages/{position}/{key}", "no weight", rejects=True)
        calls = message.get("tool_calls")
        if calls is None:
            return
        pointer = f"/messages/{position}/tool_calls"
        if not isinstance(calls, list):
            self.note("field_wrong_type", pointer, "no list of calls", rejects=True)
        elif not calls:
            self.note("empty_calls", pointer, "an empty list of calls")
        elif role != "assistant":
            self.note("calls_misplaced", pointer, f"a message of role {role} makes calls", rejects=True)
        else:
            for place, call in enumerate(calls):
                self.shape_of_call(call, position, place)

    def content(self, content: Any, position: int) -> None:
        """Content that is no text is a list of text parts."""
        pointer = f"/messages/{position}/content"
        if not isinstance(content, list):
            self.note("content_wrong_type", pointer, "neither text nor parts", rejects=True)
            return
        for place, part in enumerate(content):
            if (
                not isinstance(part, dict)
                or part.get("type") != "text"
                or not isinstance(part.get("text"), str)
            ):
                self.note("unknown_content_part", f"{pointer}/{place}", "no part of text", rejects=True)

    def shape_of_call(self, call: Any, position: int, place: int) -> None:
        """A call as an object with a name and arguments; arguments in a text are read and put in its place."""
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            pointer = f"/messages/{position}/tool_calls/{place}"
            self.note("call_name_missing", pointer, "the call does not name its tool", rejects=True)
            return
        if call.get("type", "function") != "function":
            pointer = f"/messages/{position}/tool_calls/{place}/type"
            self.note("call_type_unknown", pointer, f"a call of type {call['type']!r}", rejects=True)
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            try:
                arguments = function["arguments"] = self.loads(arguments)
            except (ValueError, BadRecordError) as error:
                pointer = f"/messages/{position}/tool_calls/{place}/function/arguments"
                self.note("arguments_not_json", pointer, str(error), rejects=True)
                return
        if not isinstance(arguments, dict):
            pointer = f"/messages/{position}/tool_calls/{place}/function/arguments"
            self.note("arguments_not_object", pointer, "the arguments are no object", rejects=True)

    def tools(self, declared: Any) -> dict[str, list[Schema | None]]:
        """The schemas of each declared name."""
        schemas: dict[str, list[Schema | None]] = {}
        first_foreign = None
        foreign: set[str] = set()
        for position, tool in enumerate(self.loads(declared) if isinstance(declared, str) else declared):
            function = tool.get("function", tool) if isinstance(tool, dict) else None
            name = function.get("name") if isinstance(function, dict) else None
            if not isinstance(name, str):
                self.note("tool_wrong_shape", f"/tools/{position}", "the tool has no name", rejects=True)
                continue
            if name in schemas:
                self.note("duplicate_tool", f"/tools/{position}", f"another tool has the name {name}")
            schema = self.schema(function.get("parameters"))
            schemas.setdefault(name, []).append(schema)
            if schema is None:
                continue
            if schema.broken is not None:
                self.note("tool_schema_invalid", f"/tools/{position}", schema.broken)
            if schema.foreign:
                first_foreign = position if first_foreign is None else first_foreign
                foreign |= schema.foreign
        if first_foreign is not None:
            words = ", ".join(sorted(foreign))
            self.note(
                "nonstandard_schema_type", f"/tools/{first_foreign}", f"read as what they mean: {words}"
            )
        return schemas

    def schema(self, schema: Any) -> Schema | None:
        """The schema, read once."""
        if not schema:
            return None
        key = self.dumps(schema)
        known = self.schemas.get(key)
        if known is None:
            known = self.schemas[key] = Schema(schema, self.compiled)
        return known

    def order_of_turns(self, messages: list[Any]) -> list[Any]:
        """Notes turns that are out of order; returns the messages up to the last answer."""
        last = len(messages) - 1
        while last >= 0 and messages[last]["role"] != "assistant":
            last -= 1
        if last < 0:
            self.note("nothing_to_train", "/messages", "the record has no assistant turn")
        elif last + 1 < len(messages):
            self.note("trailing_turns", f"/messages/{last + 1}", f"{len(messages) - last - 1} dropped")
            messages = messages[: last + 1]
        before = None
        for position, message in enumerate(messages):
            role = message["role"]
            if role == "user" and before == "user":
                self.note("consecutive_user", f"/messages/{position}", "a user message follows another")
            elif role == "system" and before is not None:
                self.note("system_not_first", f"/messages/{position}", "not at the start", rejects=True)
            elif (
                role == "assistant"
                and not message.get("content")
                and not message.get("tool_calls")
                and not any(message.get(key) for key in REASONING)
            ):
                self.note("empty_assistant", f"/messages/{position}", "it says and calls nothing")
            before = role
        return messages

    def pairing(self, messages: list[Any]) -> None:
        """Which result answers which call."""
        any_result = any(message["role"] == "tool" for message in messages)
        used: set[str] = set()
        pending: list[list[Any]] = []  # id, name, whether it is answered, pointer
        unanswered: list[str] = []
        for position, message in enumerate(messages):
            role = message["role"]
            if role == "tool":
                self.result(message, position, pending)
                continue
            if role != "assistant" or messages[position - 1]["role"] == "tool":
                unanswered += [call[3] for call in pending if not call[2]]
                pending = []
            first = len(pending)
            for place, call in enumerate(message.get("tool_calls") or ()):
                id_, pointer = call.get("id"), f"/messages/{position}/tool_calls/{place}"
                if not id_:
                    self.note("call_id_missing", pointer, "the call has no id")
                elif any(other[0] == id_ for other in pending[first:]):
                    self.note("duplicate_call_id", pointer, f"the id {id_} stands twice", rejects=True)
                elif id_ in used:
                    self.note("call_id_reused", pointer, f"the id {id_} was used before")
                else:
                    used.add(id_)
                pending.append([id_, call["function"]["name"], False, pointer])
        if any_result:
            for pointer in unanswered:
                self.note("call_unanswered", pointer, "the call has no result", rejects=True)
        elif unanswered:
            self.note("call_unanswered", unanswered[0], f"{len(unanswered)} calls, and no results at all")

    def result(self, message: Any, position: int, pending: list[list[Any]]) -> None:
        """A result answers an open call of the turns before."""
        pointer = f"/messages/{position}"
        several = message.get("tool_call_ids")
        id_ = message.get("tool_call_id") or (several[0] if several else None)
        still_open = [call for call in pending if not call[2]]
        if id_:
            answered = next((call for call in still_open if call[0] == id_), None)
            if answered is None:
                again = any(call[0] == id_ for call in pending)
                code = "duplicate_result" if again else "result_without_call"
                self.note(code, pointer, f"no open call has the id {id_}", rejects=True)
                return
        elif len(still_open) == 1:
            answered = still_open[0]
            self.note("result_id_missing", pointer, "the result does not say which call it answers")
        else:
            self.note("result_without_call", pointer, "it does not say which call it answers", rejects=True)
            return
        answered[2] = True
        name = message.get("name")
        if name is not None and name != answered[1]:
            self.note("result_name_differs", pointer, f"the result names {name}, its call {answered[1]}")

    def calls(self, messages: list[Any], tools: dict[str, list[Schema | None]]) -> None:
        """The calls against the declared tools."""
        any_call = trained = spoiled = False
        for position, message in enumerate(messages):
            wrong = False
            for place, call in enumerate(message.get("tool_calls") or ()):
                if not any_call and not tools:
                    pointer = f"/messages/{position}/tool_calls/{place}"
                    self.note("no_tools_declared", pointer, "calls are not checked")
                any_call = True
                if tools and not self.accepts(call["function"], tools, position, place):
                    self.called_wrongly[call["function"]["name"]] += 1
                    wrong = True
            if message["role"] == "assistant":
                trained, spoiled = trained or not wrong, spoiled or wrong
        if spoiled and not trained:
            self.note("only_wrong_calls", "/messages", "every turn has a wrong call")

    def accepts(
        self, function: Any, tools: dict[str, list[Schema | None]], position: int, place: int
    ) -> bool:
        """Whether one of the declarations of a called tool takes the arguments; else says why the first does not."""
        name = function["name"]
        declared = tools.get(name)
        if declared is None:
            pointer = f"/messages/{position}/tool_calls/{place}"
            self.note("undeclared_tool", pointer, f"no declared tool is called {name}")
            return False
        first: list[Problem] | None = None
        for schema in declared:
            if schema is None or schema.problems is None:
                return True
            problems = list(schema.problems(function["arguments"]))
            if not problems:
                return True
            first = problems if first is None else first
        for inside, what in first or ():
            pointer = f"/messages/{position}/tool_calls/{place}/function/arguments{inside}"
            self.note("arguments_against_schema", pointer, f"{name}: {what}")
        return False

    def count(self, messages: list[Any], tools: dict[str, list[Schema | None]]) -> None:
        """What the conversation does with its tools."""
        self.declared.update(tools.keys())
        several = False
        all_calls = 0
        for message in messages:
            if message["role"] == "tool":
                self.turns["results"] += 1
            elif message["role"] == "assistant":
                self.turns["turns"] += 1
                calls = message.get("tool_calls")
                if calls:
                    self.turns["calling"] += 1
                    all_calls += len(calls)
                    for call in calls:
                        self.called[call["function"]["name"]] += 1
                    if len(calls) > 1:
                        self.turns["parallel"] += 1
                        several = True
        self.calls_in_conversations[all_calls] += 1
        self.turns["conversations with parallel calls"] += several
        self.turns["conversations with tools"] += bool(tools)


def foreign_words(schema: Any) -> set[str]:
    """Words for types that JSON Schema does not know, anywhere in a schema."""
    found: set[str] = set()
    rest = [schema]
    while rest:
        one = rest.pop()
        if isinstance(one, list):
            rest += one
        elif isinstance(one, dict):
            kind = one.get("type")
            if isinstance(kind, str) and kind not in STANDARD:
                found.add(kind)
            rest += [value for key, value in one.items() if key not in ("enum", "const", "default")]
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    given = parser.parse_args()
    checker = Checker(given.engine)
    begun, processor = time.perf_counter(), time.process_time()
    with given.source.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            checker.record(line)
    counts = Counter(code for _, code, _, _ in checker.found)
    never_called = sorted(set(checker.declared) - set(checker.called))
    seconds, processor = time.perf_counter() - begun, time.process_time() - processor
    print(
        json.dumps(
            {
                "seconds": seconds,
                "processor_seconds": processor,
                "records": checker.line,
                "rejected": checker.verdicts["rejected"],
                "wrong_calls": checker.called_wrongly.total(),
                "calls": checker.called.total(),
                "never_called": len(never_called),
                "turns": checker.turns,
                "findings": dict(counts.most_common()),
            }
        )
    )


if __name__ == "__main__":
    main()
