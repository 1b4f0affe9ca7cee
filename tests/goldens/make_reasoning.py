"""Writes `reasoning.jsonl`: conversations with reasoning in several rounds, as transformers prints them.

Run it with transformers installed, from the repository root: `python tests/goldens/make_reasoning.py`. The Rust
test `reasoning_goldens` compares the native renderers with what is written here.
"""

import json
from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

HERE = Path(__file__).parent
TEMPLATES = HERE.parent.parent / "rust/core/assets/qwen3"

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": 'Weather of a <city> & its "region"',
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def user(text):
    return {"role": "user", "content": text}


def says(text, reasoning=None, *cities):
    message = {"role": "assistant", "content": text}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if cities:
        message["tool_calls"] = [
            {
                "id": f"c{n}",
                "type": "function",
                "function": {"name": "weather", "arguments": {"city": city, "n": 1.50}},
            }
            for n, city in enumerate(cities)
        ]
    return message


def result(text, n=0):
    return {"role": "tool", "tool_call_id": f"c{n}", "content": text}


SYSTEM = {"role": "system", "content": "Be brief."}

CONVERSATIONS = {
    "one answer with reasoning": ([user("hi"), says("hello", "They greet me.")], None),
    "one answer without": ([user("hi"), says("hello")], None),
    "empty reasoning": ([user("hi"), says("hello", "")], None),
    "reasoning of newlines only": ([user("hi"), says("\nhello", "\n\n")], None),
    "reasoning inside the content": ([user("hi"), says("<think>\nGreet.\n</think>\n\nhello")], None),
    "text before the reasoning": ([user("hi"), says("Well <think>Greet.</think>hello</think>twice")], None),
    "two rounds with reasoning": (
        [user("hi"), says("hello", "Greet."), user("and?"), says("bye", "\nLeave.\n")],
        None,
    ),
    "reasoning between call and answer": (
        [user("Rome?"), says("", "I need the weather.", "Rome"), result("sun"), says("Sun.", "It is sun.")],
        [WEATHER],
    ),
    "silent call, reasoned answer": (
        [
            SYSTEM,
            user("Rome?"),
            says("Let me look.", None, "Rome"),
            result("sun"),
            says("Sun.", "It is sun."),
        ],
        [WEATHER],
    ),
    "parallel calls in two rounds": (
        [
            SYSTEM,
            user("Rome and Oslo?"),
            says("", "Two calls.", "Rome", "Oslo"),
            result("sun"),
            result("rain <b>", 1),
            says("Sun and rain.", "Now I know."),
            user("And Bonn?"),
            says("I look.", "One call.", "Bonn"),
            result("fog"),
            says("Fog."),
        ],
        [WEATHER],
    ),
    "a user message that is a tool response": (
        [
            user("Rome?"),
            says("", "Look.", "Rome"),
            user("<tool_response>\nsun\n</tool_response>"),
            says("Sun.", "Done."),
        ],
        [WEATHER],
    ),
    "two assistant messages in a row": ([user("hi"), says("one"), says("two", "Again.")], None),
    "no user at all": ([SYSTEM, says("hello", "Greet.")], None),
}


def main():
    lines = []
    for name, (messages, tools) in CONVERSATIONS.items():
        texts = {}
        for template in ("qwen3", "qwen3-instruct-2507", "qwen2.5"):
            source = (TEMPLATES / f"{template}.jinja").read_text()
            rendered, _ = render_jinja_template([messages], tools=tools, chat_template=source)
            texts[template] = rendered[0]
        lines.append(
            json.dumps(
                {"name": name, "messages": messages, "tools": tools, "texts": texts}, ensure_ascii=False
            )
        )
    (HERE / "reasoning.jsonl").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
