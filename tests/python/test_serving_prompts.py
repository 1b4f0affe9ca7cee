"""A row up to the end of a turn is the prompt that serving gives and what is sampled after it, token by token.

The prompt is what transformers prints for the messages before the turn, with the generation prompt; its ids are those
of the `tokenizers` library, which serving uses.
"""

import datetime as dt
import json
import os

import pytest
from family_models import FAMILIES, HERE, OFFICIAL, has_engine, model_options, template_source
from places import ROOT

import tooltrain_fast as tt

SHAPES = [
    json.loads(line)
    for line in (ROOT / "rust/core/tests/templates/shapes.jsonl").read_text(encoding="utf-8").splitlines()
]
DATE = "2026-11-20"
RENDERERS = [
    (name, native)
    for name in HERE
    for native in (True, False)
    if name != "harmony" and (native or has_engine(name))
]
MODES = [None, True, False]


@pytest.fixture(scope="module")
def serving():
    """What transformers prints as the prompt, and the ids that serving makes of it."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    tokenizers = pytest.importorskip("tokenizers")
    jinja2 = pytest.importorskip("jinja2")

    class PinnedClock(dt.datetime):
        @classmethod
        def now(cls, tz=None):  # noqa: ARG003 - the signature of datetime
            return cls.fromisoformat(DATE)

    patch = pytest.MonkeyPatch()
    patch.setattr(utils, "datetime", PinnedClock)

    def ids(model, template, messages, tools, **options):
        """`None` where the template raises, as some do without content."""
        kept = [{key: value for key, value in one.items() if value is not None} for one in messages]
        try:
            (text,), _ = utils.render_jinja_template(
                [kept], tools=tools, chat_template=template, add_generation_prompt=True, **options
            )
        except jinja2.TemplateError:
            return None
        tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
        return tokenizer.encode(text, add_special_tokens=False).ids

    yield ids
    patch.undo()


def modes_of(known):
    return MODES if len(known.certificate.generation_prompts) > 1 else [None]


@pytest.mark.parametrize(
    ("name", "native"),
    RENDERERS,
    ids=[f"{name}, {'own' if native else 'engine'}" for name, native in RENDERERS],
)
def test_prompt_and_sampled_part_are_the_row(name, native, serving, tmp_path, request):
    compare(name, native, serving, tmp_path, request)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_official_templates(serving, tmp_path, request, shared):
    for name in OFFICIAL:
        for native in (True, False):
            compare(name, native, serving, tmp_path / str(native), request)


def compare(name, native, serving, folder, request):
    """Every shape: what comes before a turn is what serving makes of the messages before it."""
    ours = model_options(name, folder, request, native=native)
    model, template, family = ours["tokenizer"], template_source(name, request), FAMILIES[name]
    specials = {"bos_token": family.bos, "eos_token": family.eos}
    modes = modes_of(tt.explain_template(model))
    compared = 0
    for mode in modes:
        for shape in SHAPES:
            try:
                row = tt.render(json.dumps(shape), thinking=mode, **ours)  # spelled as Python spells numbers
            except tt.RejectedRecordError:
                continue
            if any(finding.code == "parallel_calls_split" for finding in row.findings):
                continue  # the oracle would have to be given the split conversation
            for turn in row.turns:
                if turn.serving != "consistent":
                    continue
                sampled = row.tokens_in(turn.start, turn.end)
                before = row.input_ids[: sampled.start]
                prompts = []
                for served in dict.fromkeys([mode, *modes]):
                    options = {} if served is None else {"enable_thinking": served, "thinking": served}
                    messages = shape["messages"][: turn.turn]
                    prompts.append(
                        serving(model, template, messages, shape.get("tools"), **specials, **options)
                    )
                if not any(prompts):
                    continue
                assert before in prompts, f"{shape['shape']} turn {turn.turn}, thinking {mode}"
                assert row.token_ends[sampled.start - 1] == turn.start
                compared += 1
    assert compared >= 10
