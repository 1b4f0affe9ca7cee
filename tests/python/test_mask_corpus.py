"""Exactly the text that the corpus of `tests/corpus` names is trained, for every family and layout."""

import mask_corpus
import pytest
from mask_corpus import Case

import tooltrain_fast as tt

FAMILIES = [folder.name for folder in mask_corpus.folders()]
HERE = [case for case in mask_corpus.cases() if mask_corpus.has_template(case.family)]
OFFICIAL = [family for family in FAMILIES if "official" in mask_corpus.facts(family)]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The tokenizer of each family, made once."""
    folder = tmp_path_factory.mktemp("models")
    return {
        family: mask_corpus.model(family, folder) for family in FAMILIES if mask_corpus.has_template(family)
    }


def rendered(case: Case, model, **options):
    dialect = mask_corpus.facts(case.family).get("dialect")
    return tt.render(
        case.record.encode(),
        tokenizer=model,
        dialect=dialect,
        date="2026-11-20",
        **{**case.options, **options},
    )


def check(case: Case, model, **options):
    """Raises where other text is trained than the case says."""
    if case.refused is not None:
        with pytest.raises(tt.RejectedRecordError, match=case.refused):
            rendered(case, model, **options)
        return
    row = rendered(case, model, **options)
    assert row.supervised_text == case.trained, str(case)
    if case.text is not None:
        assert row.text == case.text, str(case)


@pytest.mark.parametrize("case", HERE, ids=str)
def test_exactly_this_text_is_trained(case, models):
    check(case, models[case.family])


@pytest.mark.parametrize("case", [case for case in HERE if "layout" in case.options], ids=str)
def test_the_layout_is_recognised_without_being_named(case, models):
    check(case, models[case.family], layout=None)


def test_exactly_this_text_is_trained_by_the_official_template(shared, tmp_path):
    for family in OFFICIAL:
        official = shared / "templates" / mask_corpus.facts(family)["official"]
        model = mask_corpus.model(family, tmp_path, official.read_text(encoding="utf-8"))
        for case in mask_corpus.cases(family):
            check(case, model)


def test_every_family_has_every_shape():
    shapes = {case.name for case in mask_corpus.cases("qwen3")}
    for family in FAMILIES:
        if family != "layouts":
            assert shapes <= {case.name for case in mask_corpus.cases(family)}, family
