"""The report as a table, as HTML and as JSON, from a recorded one."""

import json
from html.parser import HTMLParser

import msgspec
import pytest
from places import DATA

from tooltrain_fast._reports.report import read_report


@pytest.fixture
def recorded():
    return json.loads((DATA / "report.json").read_text())


@pytest.fixture
def report(recorded):
    return read_report(msgspec.json.encode(recorded))


def test_the_first_line_names_tokenizer_template_and_serving_mode(report):
    first = repr(report).splitlines()[0]
    assert first == (
        "tooltrain_fast 0.1.0 pack | tokenizer qwen3 (reference) | template qwen3 | "
        "thinking on (the template's own default)"
    )


def test_rejects_are_said_loudly_with_their_file(report):
    assert "!! 2 of 40 records REJECTED (5.00%)\n!! kept in packed.parquet.rejects.jsonl" in repr(report)


def test_nothing_is_said_of_rejects_when_there_are_none(recorded):
    recorded["records"].update(rejected=0, packed=38)
    recorded["rejects"] = None
    assert "!!" not in repr(read_report(msgspec.json.encode(recorded)))


def test_the_table_shows_how_the_ledger_adds_up(report):
    lines = [line.split() for line in repr(report).splitlines()]
    assert ["read", "40", "34,000", "6,100", "17.9%"] in lines
    assert ["repeated", "as", "context", "600", "0", "0.0%"] in lines
    assert ["rejected", "2"] in lines
    assert ["nothing", "to", "train", "1"] in lines
    assert ["dropped:", "over", "length", "1", "2,600", "500", "19.2%"] in lines
    assert ["dropped:", "split", "turn", "too", "long", "100", "100", "100.0%"] in lines
    assert ["packed", "36", "31,900", "5,500", "17.2%"] in lines
    assert not any(line[:1] == ["duplicate"] for line in lines)


def test_columns_are_aligned(report):
    block = next(block for block in repr(report).split("\n\n") if block.lstrip().startswith("records"))
    ends = {
        line.index(cell) + len(cell) for line, cell in zip(block.splitlines()[1:2], ["34,000"], strict=True)
    }
    ends |= {line.index("31,900") + len("31,900") for line in block.splitlines() if "31,900" in line}
    assert len(ends) == 1


def test_findings_stand_by_severity_with_place_and_hint(report):
    text = repr(report)
    assert text.index("invalid_json") < text.index("undeclared_tool") < text.index("field_not_printed")
    assert "shards/b.jsonl:7: the text ends inside a string, at byte 102" in text
    assert "a.jsonl:3 /messages/4/tool_calls/0: no tool is called 'rename_file'" in text
    assert "hint: mend the line <here>" in text


def test_fill_rows_turns_and_pace(report):
    text = repr(report)
    assert "4 rows, 37 samples, 97.35% full at max_length 8,192 (shortest row 7,600, longest 8,190)" in text
    assert (
        "80 of 90 trained; 3 masked by validation, 6 prompt differs from serving, 1 a field dropped" in text
    )
    assert "note: 70 of 80 trained turns have no reasoning" in text
    assert (
        "1.0 MB of JSONL (250.0 kB stored) from 2 shards in 0.50 s: 2.0 MB/s, 63,800 tokens/s, 2 threads"
        in text
    )
    assert "tokenize 0.60" in text


def test_no_note_on_reasoning_when_serving_does_not_think(recorded):
    recorded["serving"] = "thinking off"
    assert "note:" not in repr(read_report(msgspec.json.encode(recorded)))


@pytest.mark.parametrize(
    ("history", "remedy"),
    [("mask", 'history="inline" or history="expand"'), ("inline", "is thinking= the mode")],
)
def test_turns_that_are_mostly_lost_are_said_loudly_with_a_remedy(recorded, history, remedy):
    recorded["turns"].update(trained=30, prompt_differs=60)
    recorded["options"]["history"] = history
    report = read_report(msgspec.json.encode(recorded))
    line = "!! 60 of 90 assistant turns are NOT TRAINED: prompt differs from serving\n!! " + remedy
    assert line in repr(report)
    assert "NOT TRAINED" in report._repr_html_()


def test_turns_that_are_trained_elsewhere_or_few_are_not_loud(recorded):
    assert "NOT TRAINED" not in repr(read_report(msgspec.json.encode(recorded)))
    recorded["turns"].update(trained=80, prompt_differs=60)  # pieces of their own train them
    assert "NOT TRAINED" not in repr(read_report(msgspec.json.encode(recorded)))


def test_the_note_on_reasoning_names_the_history_that_goes_with_it(report):
    assert 'thinking=False, history="inline"' in repr(report)


def test_json_goes_there_and_back(report, recorded):
    assert json.loads(report.to_json()) == recorded
    assert read_report(report.to_json().encode()) == report


def test_shares(report):
    assert report.trained_share == pytest.approx(5500 / 31900)
    assert report.mb_per_second == pytest.approx(2.0)


def test_html_is_well_formed_and_escaped(report):
    html = report._repr_html_()
    stack = []

    class Check(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag not in {"script", "link", "img"}
            if tag != "br":
                stack.append(tag)

        def handle_endtag(self, tag):
            assert stack.pop() == tag

    Check().feed(html)
    assert not stack
    assert "mend the line &lt;here&gt;" in html
    assert "REJECTED" in html


def test_a_run_without_rows_has_a_report_too(recorded):
    recorded.update(rows=0, samples=0, fill=0.0, shortest_row=0, longest_row=0)
    report = read_report(msgspec.json.encode(recorded))
    assert "packed.parquet: no rows" in repr(report)
    loud = "!! NOTHING TO TRAIN ON: no row was written; 40 records read, of them 2 rejected, 1 with nothing to train"
    assert loud in repr(report)
    assert "NOTHING TO TRAIN ON" in report._repr_html_()
