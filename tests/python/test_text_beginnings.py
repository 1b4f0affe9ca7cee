"""What a tokenizer does at the beginning of text, and around its added tokens, against the `tokenizers` package."""

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers

import tooltrain_fast as tt

SPACE = "\u2581"
CONTROL = ("<s>", "</s>", "<|user|>", "<|assistant|>", "<|end|>")
TEMPLATES = {
    "control tokens": (
        (
            "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
        ),
        "<|end|>",
    ),
    "plain headers": (
        (
            "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}"
            "{{ '[INST] ' + m['content'] + ' [/INST]' }}"
            "{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}"
        ),
        "</s>",
    ),
}
MERGES = [
    ("h", "i"),
    (SPACE, "hi"),
    ("s", "a"),
    (SPACE, "sa"),
    (SPACE + "sa", "y"),
    (SPACE, SPACE),
    (SPACE, "a"),
    ("l", "i"),
]
SCHEMES = ("prepend", "metaspace always", "metaspace first", "metaspace never", "byte level", "nothing")
FLAGS = ("none", "rstrip", "lstrip", "single_word", "normalized")
WORDS = st.sampled_from(
    ["hi", " hi", "say hi", "  a", "li\n", "\nhi", "a_", "1", "", " ", "é", "字", "<", SPACE]
)
TEXTS = st.lists(WORDS, max_size=5).map("".join)


def made(folder, scheme, flags, template, eos):
    """A small tokenizer with one scheme and one flag, saved as a model folder; and the same without any prefix."""
    letters = [SPACE, *map(chr, range(33, 127))]
    byte_level = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), *letters]
    if scheme == "byte level":
        vocabulary = ["<unk>", *byte_level]
    merges = [] if scheme == "byte level" else MERGES
    vocab = {text: token for token, text in enumerate(dict.fromkeys([*vocabulary, *map("".join, merges)]))}
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=scheme != "byte level"
        )
    )
    if scheme == "prepend":
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
        )
    elif scheme.startswith("metaspace"):
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
            SPACE, prepend_scheme=scheme.split()[1], split=False
        )
    elif scheme == "byte level":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    chosen = {} if flags == "none" else {flags: True}
    tokenizer.add_special_tokens(
        [AddedToken(text, special=True, **{"normalized": False, **chosen}) for text in CONTROL]
    )
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"bos_token": "<s>", "eos_token": eos, "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder, tokenizer


@pytest.fixture(scope="module", autouse=True)
def folder_of_models(tmp_path_factory):
    model.folder = tmp_path_factory.mktemp("models")
    yield
    model.cache_clear()


@cache
def model(scheme, flags, template):
    """The folder of a model and its tokenizer."""
    return made(model.folder / f"{scheme} {flags} {template}", scheme, flags, *TEMPLATES[template])


def conversation(texts):
    roles = ("user", "assistant") * len(texts)
    return {"messages": [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]}


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=12, deadline=None)
@given(texts=st.lists(TEXTS, min_size=4, max_size=4))
def test_ids_are_those_of_the_whole_text(scheme, flags, template, texts):
    folder, tokenizer = model(scheme, flags, template)
    shown = tt.render(conversation(texts), tokenizer=folder, boundary="whole", on_inexact="mask_turn")
    assert shown.input_ids == tokenizer.encode(shown.text, add_special_tokens=False).ids


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=12, deadline=None)
@given(texts=st.lists(TEXTS, min_size=2, max_size=2))
def test_the_ids_of_a_row_begin_with_those_of_its_prompt(scheme, flags, template, texts):
    folder, tokenizer = model(scheme, flags, template)
    shown = tt.render(conversation(texts), tokenizer=folder, on_inexact="mask_turn")
    turn = next((span for span in shown.spans if span.sampled), None) if shown.supervised_text else None
    if turn is None:
        return
    prompt = tokenizer.encode(
        shown.text[: len(shown.text.encode()[: turn.start].decode())], add_special_tokens=False
    )
    assert shown.input_ids[: len(prompt.ids)] == prompt.ids
    assert all(mask == 0 for mask in shown.loss_mask[: len(prompt.ids)])


@pytest.mark.parametrize("scheme", ["prepend", "metaspace always", "metaspace first", "byte level"])
def test_nothing_is_added_where_the_prompt_ends_in_text(scheme):
    folder, tokenizer = model(scheme, "none", "control tokens")
    shown = tt.render(conversation(["hi", "hi"]), tokenizer=folder)
    trained = [token for token, mask in zip(shown.input_ids, shown.loss_mask, strict=True) if mask]
    expected = ["h", "i", "<|end|>"] if scheme == "byte level" else ["hi", "<|end|>"]
    assert [tokenizer.id_to_token(token) for token in trained] == expected
