"""explain_template: what a template can do is found by trying it out, and files keep the short form."""

import json

import msgspec
import pytest
from chats import write_shards

import tooltrain_fast as tt
from tooltrain_fast._files.packed_file import PackedFile
from tooltrain_fast._reports.report import TemplateFacts

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def shapes(known):
    return {shape.shape: shape for shape in known.certificate.shapes}


def prompts(known):
    return {prompt.mode: prompt.text for prompt in known.certificate.generation_prompts}


def test_a_built_in_template():
    known = tt.explain_template("qwen3")
    assert [(stop.text, stop.id) for stop in known.stops] == [("<|im_end|>", 151645)]
    assert prompts(known) == {
        "default": "<|im_start|>assistant\n",
        "thinking": "<|im_start|>assistant\n",
        "no_thinking": "<|im_start|>assistant\n<think>\n\n</think>\n\n",
    }
    assert known.certificate.native
    assert all(known.certificate.capabilities.values())
    assert shapes(known)["parallel calls"].turns == ["exact", "exact"]
    dropped = shapes(known)["reasoning in rounds"]
    assert dropped.turns == ["exact, field dropped", "exact"]
    assert "/messages/1/reasoning_content" in dropped.notes[0]


def test_the_serving_mode_changes_the_grades():
    reasoning = [
        shapes(tt.explain_template("qwen3", thinking=mode))["reasoning"].turns for mode in (True, False)
    ]
    assert reasoning[0] == ["exact"]
    assert reasoning[1] != ["exact"]
    with pytest.raises(tt.OptionsError, match="no thinking mode"):
        tt.explain_template("qwen2.5", thinking=True)


def test_any_template_is_tried_out_with_the_tokenizer_given():
    known = tt.explain_template(CHATML)
    assert not known.certificate.native
    assert prompts(known) == {"default": "<|im_start|>assistant\n"}
    assert known.certificate.capabilities == {
        "system": True,
        "tools": False,
        "calls": False,
        "parallel_calls": False,
        "text_beside_calls": True,
        "reasoning": False,
    }
    assert shapes(known)["rounds"].turns == ["exact"] * 3
    assert known.ok


def test_what_is_refused_says_why():
    known = tt.explain_template(CHATML.replace("<|im_end|>", ""))
    assert not known.ok
    assert shapes(known)["text"].turns == ["unproved: no stop token ends it"]
    assert "no turn is proved" in repr(known)
    no_tools = "{% if tools %}{{ raise_exception('no tools here!') }}{% endif %}"
    assert "no tools here!" in str(shapes(tt.explain_template(no_tools + CHATML))["call"].refused)


def test_a_file_and_the_folder_it_lies_in(tmp_path):
    template = tmp_path / "chat_template.jinja"
    template.write_text(CHATML)
    of_file, of_text = tt.explain_template(template), tt.explain_template(CHATML)
    turns = [[shape.turns for shape in shapes(known).values()] for known in (of_file, of_text)]
    assert turns[0] == turns[1]
    assert of_file.certificate.sha256 == of_text.certificate.sha256
    with pytest.raises(tt.TemplateError):
        tt.explain_template(CHATML + "{% if %}")
    with pytest.raises(tt.TokenizerError, match="no-such-model"):
        tt.explain_template("no-such-model")


@pytest.mark.parametrize(
    ("given", "named"),
    [("mine.jinja", "mine.jinja"), ("model/chat_template.jinja", "model/chat_template.jinja")],
)
def test_a_template_in_a_file_is_named_by_it(given, named, tmp_path):
    path = tmp_path / given
    path.parent.mkdir(exist_ok=True)
    path.write_text(CHATML)
    assert tt.explain_template(path).certificate.template == named
    shards = tmp_path / "chats.jsonl"
    shards.write_text(
        '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n'
    )
    report = tt.pack(shards, out=tmp_path / "packed.parquet", chat_template=path, progress=False)
    assert report.template.name == named
    assert f"template {named} " in repr(report)
    with pytest.raises(tt.OptionsError, match=f"^thinking: the {named} template has no thinking mode"):
        tt.explain_template(path, thinking=True)


def test_a_template_given_as_text_is_named_by_its_digest():
    known = tt.explain_template(CHATML)
    assert known.certificate.template == known.certificate.sha256[:12]
    with pytest.raises(tt.OptionsError, match=r"^thinking: the \w{12} template has no thinking mode"):
        tt.explain_template(CHATML, thinking=True)


def test_a_template_file_never_has_the_name_of_a_built_in_one(tmp_path):
    path = tmp_path / "gpt-oss"
    path.write_text(CHATML)
    assert tt.explain_template(path).certificate.template == "./gpt-oss"
    with pytest.raises(tt.OptionsError, match="it has only one"):
        tt.explain_template(path, dialect="harmony")


def test_a_template_with_the_tokenizer_of_another_model():
    known = tt.explain_template("qwen2.5", tokenizer="qwen3")
    assert known.certificate.template == "qwen2.5"
    assert known.tokenizer == "qwen3"


def test_it_is_printed_as_a_table():
    printed = repr(tt.explain_template("qwen3"))
    assert printed.startswith("template qwen3 | sha256 ")
    assert 'prompt not thinking  "<|im_start|>assistant\\n<think>\\n\\n</think>\\n\\n"' in printed
    assert "it cannot say        -" in printed
    assert "\nrounds               exact, 3 turns\n" in printed


def test_the_footer_and_the_report_keep_a_short_form_and_verify_shows_it(tmp_path):
    shards = write_shards(tmp_path / "shards", shards=1, records=4)
    report = tt.pack(shards, out=tmp_path / "packed.parquet", progress=False)
    known = tt.explain_template("qwen3", date=str(report.options["date"])).certificate
    short = report.template.certificate
    assert (short.turns, short.exact, short.consistent) == (known.turns, known.exact, known.consistent)
    assert short.capabilities == known.capabilities
    assert short.refused == {}
    assert "reasoning in rounds" in short.inexact
    footer = PackedFile(tmp_path / "packed.parquet").footer
    assert msgspec.convert(footer["template"], TemplateFacts) == report.template
    found = tt.verify(tmp_path / "packed.parquet")
    assert found.template == f"qwen3: {short.in_words()}"
    assert found.template in repr(found)
    assert json.loads(found.to_json())["template"] == found.template


def test_the_digest_of_the_certificate_follows_the_mode(tmp_path):
    shards = write_shards(tmp_path / "shards", shards=1, records=4)
    digests = set()
    for mode in (None, False):
        report = tt.pack(
            shards, out=tmp_path / "packed.parquet", thinking=mode, progress=False, if_exists="overwrite"
        )
        digests.add(report.template.certificate.sha256)
    assert len(digests) == 2


def test_a_tokenizer_without_the_stop_token_of_the_template_is_refused(tmp_path):
    shards = write_shards(tmp_path / "shards", shards=1, records=3)
    with pytest.raises(
        tt.TemplateError, match=r"ends turns with <\|return\|>, and the tokenizer qwen3 has no such"
    ):
        tt.pack(shards, out=tmp_path / "packed.parquet", chat_template="gpt-oss", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["shards"]
