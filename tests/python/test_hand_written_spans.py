"""The exact text that is trained, written by hand in a file for each family."""

import json
import tomllib

import pytest
from places import DATA
from small_tokenizer import write_model

import tooltrain_fast as tt

FOLDER = DATA / "supervised_text"
CONVERSATIONS = json.loads((FOLDER / "conversations.json").read_text(encoding="utf-8"))
TOOLS = CONVERSATIONS.pop("tools")
FAMILIES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))
}
SHAPES = [(family, shape) for family in FAMILIES for shape in CONVERSATIONS]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The tokenizer of each family: a built-in one, or a small one with the family's template."""
    folder = tmp_path_factory.mktemp("models")
    made = {}

    def model(family, shared):
        facts = FAMILIES[family]
        if "model" in facts:
            return facts["model"]
        if family not in made:
            template = (shared() / "templates" / facts["template"]).read_text(encoding="utf-8")
            made[family] = write_model(
                folder / family, template, bos=facts["bos"], eos=facts["eos"], special=facts["control"]
            )
        return made[family]

    return model


def rendered(family, shape, model, **options):
    made = CONVERSATIONS[shape]
    record = {"messages": made["messages"], **({"tools": TOOLS} if made.get("tools") else {})}
    return tt.render(
        record, tokenizer=model, dialect=FAMILIES[family].get("dialect"), date="2026-11-20", **options
    )


def test_every_family_has_every_shape():
    assert len(FAMILIES) == 10
    for family, facts in FAMILIES.items():
        assert set(CONVERSATIONS) <= set(facts), family


@pytest.mark.parametrize(("family", "shape"), SHAPES)
def test_exactly_this_text_is_trained(family, shape, models, request):
    model = models(family, lambda: request.getfixturevalue("shared"))
    expected = FAMILIES[family][shape]
    if isinstance(expected, str):
        with pytest.raises(tt.RejectedRecordError, match=expected):
            rendered(family, shape, model)
        return
    assert rendered(family, shape, model).supervised_text == expected


@pytest.mark.parametrize(
    ("family", "shape"),
    [(family, shape) for family, facts in FAMILIES.items() for shape in facts.get("kept", ())],
)
def test_exactly_this_text_is_trained_with_history_kept(family, shape, models, request):
    model = models(family, lambda: request.getfixturevalue("shared"))
    assert rendered(family, shape, model, history="keep").supervised_text == FAMILIES[family]["kept"][shape]
