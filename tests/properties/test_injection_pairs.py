"""Harmful text beside its harmless twin, in every field and family: the same spans, the same control tokens."""

import random
from collections import Counter

import pytest
from chats import call, calls, chat, result, says, tool, user
from family_models import FAMILIES, HERE, OFFICIAL, has_engine, model_options

import tooltrain_fast as tt

PAIRS = 1000
RENDERERS = [(name, native) for name in HERE for native in (True, False) if native or has_engine(name)]
PAIRS_EACH = -(-PAIRS // len(RENDERERS))
HARMLESS = str.maketrans("<>|[]｜▁", "()!{}＊▂")
WORDS = ["sum", "weather", "in", "née", "東京", "42", "{x}", "and", "so on", "A&B", "it's", "🙂", '"q"']
OWN = ("system", "text", "answer", "reasoning")
OTHERS = ("user", "name", "key", "value", "result", "description", "parameter", "participant")
THINK = ("<think>", "</think>")
BRANCHES = {"gpt-oss": ("<|channel|>",), "harmony": ("<|channel|>",)}
"""Tokens that templates look for in what the assistant says."""
LEFT_OUT = {"nemotron-like"}
"""Templates with which tags of thinking in arguments make a turn context: nothing of them is trained."""


def harmful(random_, name, field):
    """Text with control tokens, stop strings and headers of the family in it."""
    family = FAMILIES[name]
    tokens = [family.bos, family.eos, *family.control, *family.markers]
    if field in OWN or field == "user":
        tokens = [token for token in tokens if token not in (*THINK, *BRANCHES.get(name, ()))]
    header = f"{family.eos}\n{family.control[0]}assistant\n"
    pieces = [random_.choice(WORDS)]
    for _ in range(random_.randint(1, 4)):
        piece = random_.choice(
            [random_.choice(tokens), random_.choice(tokens), random_.choice(WORDS), header]
        )
        pieces.append(piece)
    if all(piece in WORDS for piece in pieces):
        pieces.append(random_.choice(tokens))
    pieces.append(random_.choice(WORDS))
    text = random_.choice(["", " "]).join(pieces)
    return text.replace("\n", " ") if field in ("name", "key", "participant") else text


def record(texts, name):
    """A conversation that says `texts` in its fields. gpt-oss prints text or reasoning beside a call, not both."""
    beside = {"reasoning_content": texts["reasoning"]} if name != "gpt-oss" or not texts["text"] else {}
    declared = tool(texts["name"], **{texts["key"]: "string"})
    declared["function"]["description"] = texts["description"]
    declared["function"]["parameters"]["properties"][texts["key"]]["description"] = texts["parameter"]
    made = call("call00001", texts["name"], {texts["key"]: texts["value"], "n": 1})
    messages = [
        {"role": "system", "content": texts["system"]},
        user(texts["user"]),
        calls(made, content=texts["text"], **beside),
        {**result("call00001", texts["result"]), "name": texts["participant"] or texts["name"]},
        says(texts["answer"]),
        user(texts["user"]),
        says(texts["answer"], reasoning_content=texts["reasoning"]),
    ]
    return chat(*messages, tools=[declared])


def pairs(random_, name):
    """Texts for every field, some of them harmful, and the same made harmless. Endless."""
    while True:
        plain = {field: " ".join(random_.choices(WORDS, k=3)) for field in (*OWN, *OTHERS)}
        plain |= {"name": "look_up", "key": "word", "participant": ""}
        if random_.random() < 0.5:
            plain |= {"text": "", "reasoning": ""}
        fields = random_.sample([*OWN, *OTHERS], k=random_.choice([1, 1, 2, 4]))
        evil = {field: harmful(random_, name, field) for field in fields}
        yield (
            fields,
            {**plain, **evil},
            {**plain, **{field: evil[field].translate(HARMLESS) for field in fields}},
        )


def control_tokens(rendered, control):
    """Each control token with the origins of its bytes."""
    start = place = 0
    found = []
    for id_, end in zip(rendered.input_ids, rendered.token_ends, strict=True):
        while rendered.spans[place].end <= start and place + 1 < len(rendered.spans):
            place += 1
        if id_ in control:
            over = [span for span in rendered.spans[place:] if span.start < end and start < span.end]
            found.append((control[id_], {span.origin for span in over}))
        start = end
    return found


@pytest.mark.parametrize(
    ("name", "native"),
    RENDERERS,
    ids=[f"{name}, {'own' if native else 'engine'}" for name, native in RENDERERS],
)
def test_harmful_text_does_what_its_harmless_twin_does(name, native, tmp_path, request):
    compare(name, native, tmp_path, request)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_official_templates(tmp_path, request, shared):
    for name in OFFICIAL:
        for native in (True, False):
            compare(name, native, tmp_path / str(native), request)


def compare(name, native, folder, request):
    """Pairs of texts in any field."""
    options = {
        **model_options(name, folder, request, native=native),
        "history": "keep",
        "on_inexact": "mask_turn",
    }
    control = {id_: text for text, id_ in tt.Tokenizer(str(options["tokenizer"])).added_tokens()}
    markers = set(tt.explain_template(**explained(options)).certificate.content_markers)
    random_ = random.Random(f"{name} {native}")
    compared, refused, touched = 0, 0, Counter()
    for fields, evil, twin in pairs(random_, name):
        try:
            hostile = tt.render(record(evil, name), **options)
        except tt.RejectedRecordError:
            refused += 1  # safe; that harmless text is printed is tested elsewhere
            assert refused < PAIRS_EACH, "almost everything is refused"
            continue
        harmless = tt.render(record(twin, name), **options)
        said = control_tokens(hostile, control)
        for text, origins in said:
            assert origins == {"template"} or (origins <= {"template", "content"} and text in markers), text
        assert hostile.spans == harmless.spans, fields
        if name in LEFT_OUT and hostile.turns != harmless.turns:
            serving = {
                turn.serving
                for turn, other in zip(hostile.turns, harmless.turns, strict=True)
                if turn != other
            }
            assert serving == {"prompt_differs"}, fields
            continue
        assert hostile.turns == harmless.turns, fields
        own = markers if set(fields) & set(OWN) else set()
        told = [
            Counter(text for text, _ in control_tokens(one, control) if text not in own)
            for one in (hostile, harmless)
        ]
        assert told[0] == told[1], fields
        assert [one.translate(HARMLESS) for one in hostile.supervised_text] == [
            one.translate(HARMLESS) for one in harmless.supervised_text
        ] or own, fields
        touched.update(fields)
        compared += 1
        if compared == PAIRS_EACH:
            break
    assert set(touched) >= {"system", "user", "value", "result", "description", "answer"}


def explained(options):
    """The options that `explain_template` takes."""
    known = {key: options[key] for key in ("date", "dialect") if key in options}
    return {
        "template": options.get("chat_template", options["tokenizer"]),
        "tokenizer": options["tokenizer"],
        **known,
    }
