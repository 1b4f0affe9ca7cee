"""The command line end to end: output, exit codes, JSON."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from chats import BAD_LINES, chat, says, user, write_shards
from made_files import row, write


def tooltrain(*arguments, stdin=None, cwd=None, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tooltrain_fast", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environment},
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return write_shards(tmp_path_factory.mktemp("cli") / "shards", bad=True)


@pytest.fixture(scope="module")
def packed(shards, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "packed.parquet"
    done = tooltrain("pack", shards, "--out", out, "--max-length", 2048, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_pack_prints_the_report_the_rejects_and_the_snippet(shards, tmp_path):
    done = tooltrain("pack", f"{shards}/*.jsonl", "-o", tmp_path / "packed.parquet")
    assert done.returncode == 0
    assert done.stdout.startswith("tooltrain_fast ")
    assert f"!! {len(BAD_LINES)} of" in done.stdout
    assert "SFTTrainer" in done.stdout


def test_quiet_prints_the_report_only(shards, tmp_path):
    done = tooltrain("pack", shards, "-o", tmp_path / "packed.parquet", "--quiet")
    assert done.stdout.count("REJECTED") == 1
    assert "SFTTrainer" not in done.stdout


def test_hints_are_spelled_as_flags(shards, packed, tmp_path):
    out, _ = packed
    refused = tooltrain("pack", shards, "-o", out)
    assert "--if-exists overwrite" in refused.stderr
    assert "if_exists" not in refused.stderr
    (tmp_path / "chats.jsonl").write_text(json.dumps(chat(user("Hi"))) + "\n")
    report = tooltrain("pack", tmp_path / "chats.jsonl", "-o", tmp_path / "packed.parquet", "--quiet").stdout
    assert "look at its weights and at --loss\n" in report


def test_json_is_the_report(packed):
    out, report = packed
    assert report["out"] == str(out)
    assert report["records"]["rejected"] == len(BAD_LINES)
    assert report["options"]["max_length"] == 2048


def test_standard_input_is_a_shard(shards, tmp_path):
    text = (shards / "chats-1.jsonl").read_text(errors="surrogateescape")
    lines = [line for line in text.splitlines() if line.isprintable()]
    done = tooltrain("pack", "-", "-o", tmp_path / "packed.parquet", "--json", stdin="\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["records"]["read"] == len(lines)


def test_tokenize(shards, tmp_path):
    done = tooltrain("tokenize", shards, "-o", tmp_path / "tokenized", "--columns", "axolotl", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["rows"] == report["samples"]
    assert "base_model" in tooltrain("how-to-train", tmp_path / "tokenized", "axolotl").stdout


def test_verify(packed, tmp_path):
    out, report = packed
    done = tooltrain("verify", out, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"] == report["rows"]
    bad = row(([1, 2, 3], [0, 1, 1]))
    bad["labels"][1] = 9
    done = tooltrain("verify", write(tmp_path / "bad.parquet", [bad]))
    assert done.returncode == 1
    assert "label and mask do not agree" in done.stdout


def test_explain_template(tmp_path):
    done = tooltrain("explain-template", "qwen2.5")
    assert done.returncode == 0
    assert "stop tokens          <|im_end|> (151645)" in done.stdout
    told = json.loads(tooltrain("explain-template", "qwen3", "--thinking", "off", "--json").stdout)
    assert told["serving"] == "thinking off"
    assert {shape["shape"] for shape in told["certificate"]["shapes"]} >= {"parallel calls", "reasoning"}
    template = tmp_path / "chat_template.jinja"
    template.write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
    done = tooltrain("explain-template", template, "--tokenizer", "qwen3")
    assert done.returncode == 1
    assert "no stop token ends it" in done.stdout
    assert tooltrain("explain-template", "qwen2.5", "--thinking", "on").returncode == 2
    assert tooltrain("explain-template", tmp_path / "none.jinja").returncode == 6


def test_validate_prints_like_a_compiler(shards):
    done = tooltrain("validate", shards, "--quiet")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("error[not_an_object]"))
    place, bar, piece, marks, hint = lines[start + 1 : start + 6]
    assert re.fullmatch(r" +--> chats-\d\.jsonl:\d+", place)
    assert bar.strip() == "|"
    assert piece.endswith("| [1, 2, 3]")
    assert marks.endswith("| ^^^^^^^^^")
    assert hint.lstrip().startswith("= hint: ")
    assert f"!! {len(BAD_LINES)} of" in done.stdout
    assert ".frame" not in done.stdout


def test_validate_has_colors_on_a_terminal_only(shards):
    plain = tooltrain("validate", shards, "--quiet").stdout
    assert "\x1b[" not in plain
    colored = tooltrain("validate", shards, "--quiet", FORCE_COLOR="1").stdout
    assert "\x1b[1;31merror" in colored
    assert (
        re.sub(r"\x1b\[[\d;]*m", "", colored).split("tooltrain_fast ")[0] == plain.split("tooltrain_fast ")[0]
    )


def test_validate_counts_what_it_does_not_print(shards):
    done = tooltrain("validate", shards, "--quiet", "--each", "0")
    shown = done.stdout.split("tooltrain_fast ")[0]
    assert "-->" not in shown
    more = re.findall(r"^error\[\w+\]: (\d+) more$", shown, flags=re.MULTILINE)
    assert sum(map(int, more)) >= len(BAD_LINES)


def test_validate_as_json_and_its_exit_codes(shards, tmp_path):
    done = tooltrain("validate", shards, "--json", "--quiet")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["records"]["rejected"] == len(BAD_LINES)
    good = tmp_path / "good.jsonl"
    good.write_text(json.dumps(chat(user("2+2?"), says("4"))) + "\n")
    assert tooltrain("validate", good, "--quiet").returncode == 0
    assert tooltrain("validate", good, "--validation", "strict").returncode == 2
    assert tooltrain("validate").returncode == 2
    assert tooltrain("validate", tmp_path / "none.jsonl").returncode == 3
    piped = tooltrain("validate", "-", "--quiet", stdin=good.read_text())
    assert piped.returncode == 0
    assert "1 record of 1 shard" in piped.stdout


def test_validate_writes_what_can_be_mended(shards, tmp_path):
    out = tmp_path / "fixed.jsonl"
    done = tooltrain("validate", shards, "--quiet", "--fix", out, "--each", "0", "--json")
    assert done.returncode == 1
    fixed = json.loads(done.stdout)["fixed"]
    assert len(out.read_text().splitlines()) == fixed["written"]
    assert fixed["rejects"] == f"{out}.rejects.jsonl"
    assert tooltrain("validate", out, "--quiet").returncode == 0
    assert tooltrain("validate", shards, "--quiet", "--fix", out).returncode == 4
    assert tooltrain("validate", shards, "--quiet", "--fix", tmp_path / "fixed.txt").returncode == 2


def test_how_to_train(packed):
    out, _ = packed
    done = tooltrain("how-to-train", out, "transformers", "--json")
    assert json.loads(done.stdout)["trainer"] == "transformers"
    assert tooltrain("how-to-train", out, "keras").returncode == 2


def test_show_a_row_a_record_and_a_conversation(packed, shards, tmp_path):
    out, _ = packed
    assert "row 0 of" in tooltrain("show", out).stdout
    shown = json.loads(tooltrain("show", shards / "chats-1.jsonl", 2, "--json").stdout)
    assert shown["trained_tokens"] > 0
    record = json.dumps(chat(user("2+2?"), says("4")))
    assert "┃ 4<|im_end|>" in tooltrain("show", "-", stdin=record).stdout
    done = tooltrain("show", "-", "--html", tmp_path / "view.html", stdin=record)
    assert done.returncode == 0
    assert (tmp_path / "view.html").read_text().startswith("<!doctype html>")


def test_a_row_and_a_line_are_a_usage_error(shards):
    done = tooltrain("show", shards / "chats-1.jsonl", 2, "--line", 3)
    assert done.returncode == 2
    assert "only one can be shown" in done.stderr


@pytest.mark.parametrize("verb", ["verify", "show", "how-to-train"])
def test_a_damaged_file_ends_with_3_and_the_way_on(verb, packed, tmp_path):
    text = tmp_path / "text.parquet"
    text.write_text("no Parquet")
    done = tooltrain(verb, text)
    assert done.returncode == 3
    assert f"error: {text}: not readable as Parquet" in done.stderr
    assert "give what pack or tokenize wrote" in done.stderr
    whole = packed[0].read_bytes()
    text.write_bytes(whole[:100] + b"\xff" * 200 + whole[300:])
    done = tooltrain(verb, text)
    assert done.returncode == (0 if verb == "how-to-train" else 3)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["pack", "tokenize"])
def test_a_run_without_a_row_ends_with_1_and_says_so(verb, tmp_path):
    shard = tmp_path / "users.jsonl"
    shard.write_text('{"messages": [{"role": "user", "content": "hi"}]}\n')
    done = tooltrain(verb, shard, "-o", tmp_path / "rows.parquet")
    assert done.returncode == 1
    assert "no row was written; 1 record read, of them 1 with nothing to train" in done.stdout
    done = tooltrain(verb, shard, "-o", tmp_path / "rows.parquet", "--if-exists", "overwrite", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["rows"] == 0
    assert "no row was written" in done.stderr


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"PAR1\x15\x04", "Parquet"),
        (b"ARROW1\x00\x00", "Arrow"),
        (b"\xff\xff\xff\xff\x70\x00", "Arrow"),
        (b"question,answer\nhi,yes\n", "CSV"),
    ],
)
def test_columns_on_standard_input_are_an_error_that_says_to_name_the_file(text, what, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tooltrain_fast", "pack", "-", "-o", str(tmp_path / "rows.parquet")],
        input=text,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3
    assert f"error: standard input: is {what}, which is read from files only" in done.stderr.decode()
    assert "hint: give the path" in done.stderr.decode()


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (2, ["--max-length", "long"]),
        (2, ["--columns", "input_ids,lables"]),
        (5, ["--on-error", "raise"]),
        (5, ["--max-rejected", "1"]),
        (5, ["--max-length", "64", "--over-length", "error"]),
        (6, ["--tokenizer", "no-such-tokenizer"]),
        (6, ["--chat-template", "{% if %}"]),
    ],
)
def test_exit_codes_of_options(shards, tmp_path, code, arguments):
    done = tooltrain("pack", shards, "-o", tmp_path / "packed.parquet", *arguments)
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "packed.parquet").exists()


def test_exit_codes_of_files(shards, packed, tmp_path):
    out, _ = packed
    missing = tooltrain("pack", tmp_path / "none.jsonl", "-o", tmp_path / "packed.parquet", "--json")
    assert missing.returncode == 3
    assert json.loads(missing.stdout)["error"]["kind"] == "InputNotFoundError"
    assert tooltrain("pack", shards, "-o", out).returncode == 4
    (tmp_path / "cut.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    assert tooltrain("pack", tmp_path / "cut.jsonl.gz", "-o", tmp_path / "packed.parquet").returncode == 3
    assert tooltrain("show", out, 10_000).returncode == 3
    assert tooltrain("verify", tmp_path / "none.parquet").returncode == 3


def test_an_interrupt_ends_with_130(tmp_path):
    out = tmp_path / "out" / "packed.parquet"
    out.parent.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "tooltrain_fast", "pack", "-", "-o", str(out)],
        stdin=subprocess.PIPE,  # stays open, so that the run cannot come to its end
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not list(out.parent.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=30)
    _, said = process.communicate()
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert not list(out.parent.iterdir())
