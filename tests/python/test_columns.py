"""Column sources: Parquet, Arrow and CSV files and frames give the rows that the same records give as JSONL."""

import csv
import decimal
import io
import json
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest
from chats import WEATHER, call, calls, chat, result, says, user, write_lines

import tooltrain_fast as tt

EXACT = '{"n": 1E5, "z": [2.50, 1e400, 123456789012345678901234567890], "a": null, "é": "\\u00e9"}'


def records(count=60):
    asks = [
        chat(
            user(f"weather {n}?"),
            calls(call("a", "get_weather", {"city": f"c{n}"})),
            result("a", "18"),
            says("18."),
            tools=WEATHER,
        )
        for n in range(count)
    ]
    return [record if n % 3 else chat(user(f"hi {n}"), says("hello")) for n, record in enumerate(asks)]


def as_text(rows):
    """The records as columns of JSON text."""
    return pa.table(
        {
            "messages": [json.dumps(row["messages"]) for row in rows],
            "tools": [json.dumps(row["tools"]) if "tools" in row else None for row in rows],
            "note": [f"row {n}" for n in range(len(rows))],
        }
    )


def as_structs(rows):
    """The records as columns of structs, null-padded by unification."""
    return pa.table({key: [row.get(key) for row in rows] for key in ("messages", "tools")})


def rows_of(source, tmp_path, name, **options):
    report = tt.pack(source, tmp_path / f"{name}.parquet", progress=False, **options)
    table = pq.read_table(report.out)
    return report, table.to_pydict()


def without_sources(columns):
    return {name: values for name, values in columns.items() if name != "sources"}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jsonl")
    return rows_of(write_lines(folder / "a.jsonl", records()), folder, "packed")


def write_arrow(table, path):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=7)


def write_csv(table, path):
    pa.csv.write_csv(table, path)


FILES = {
    **{
        f"{codec}.parquet": lambda table, path, codec=codec: pq.write_table(
            table, path, compression=codec, row_group_size=17
        )
        for codec in ("none", "snappy", "zstd", "gzip", "lz4")
    },
    "a.arrow": write_arrow,
    "zstd.feather": lambda table, path: pa.feather.write_feather(table, str(path), compression="zstd"),
    "lz4.feather": lambda table, path: pa.feather.write_feather(table, str(path), compression="lz4"),
    "a.csv": write_csv,
}


@pytest.mark.parametrize("name", FILES)
def test_files_of_text_columns_give_the_rows_of_jsonl(tmp_path, expected, name):
    FILES[name](as_text(records()), tmp_path / name)
    report, rows = rows_of(tmp_path / name, tmp_path, "out")
    assert report.records.read == report.records.packed == 60
    assert report.shards[0].bytes == (tmp_path / name).stat().st_size
    assert rows == expected[1]
    assert report.findings == expected[0].findings


FRAMES = {
    "polars": pl.from_arrow,
    "pyarrow table": lambda table: table,
    "record batch reader": lambda table: table.to_reader(max_chunksize=9),
    "python generator": lambda table: pa.RecordBatchReader.from_batches(
        table.schema, (batch for batch in table.to_batches(max_chunksize=5))
    ),
    "pandas": lambda table: table.to_pandas(),
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("form", [as_text, as_structs])
def test_frames_give_the_rows_of_jsonl(tmp_path, expected, name, form):
    if name == "pandas":
        pytest.importorskip("pandas")
        if form is as_structs:
            pytest.skip("pandas has no structs")
    report, rows = rows_of(FRAMES[name](form(records())), tmp_path, "out")
    assert (report.records.read, report.shards[0].name) == (60, "frame")
    assert without_sources(rows) == without_sources(expected[1])


def test_nulls_that_unification_invented_are_left_out_and_counted(tmp_path, expected):
    pq.write_table(as_structs(records()), tmp_path / "a.parquet")
    report, rows = rows_of(tmp_path / "a.parquet", tmp_path, "out")
    assert without_sources(rows) == without_sources(expected[1])
    (padded,) = [finding for finding in report.findings if finding.code == "nulls_left_out"]
    assert (padded.severity, padded.count, padded.first.line) == ("warning", 60, 1)


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "frame"])
def test_json_text_keeps_its_bytes(tmp_path, form):
    messages = json.dumps(chat(user("x"), calls(call("a", "f", {}), content=""))["messages"])
    messages = messages.replace('"arguments": {}', f'"arguments": {EXACT}')
    assert EXACT in messages
    table = pa.table({"messages": [messages]})
    source = tmp_path / f"a.{form}"
    if form == "frame":
        source = pl.from_arrow(table)
    else:
        {"parquet": pq.write_table, "arrow": write_arrow, "csv": write_csv}[form](table, source)
    written = tt.convert(source, tmp_path / "out.jsonl", "messages", progress=False)
    assert EXACT in Path(written.out).read_text(encoding="utf-8")


def test_an_arrow_json_column_is_json_text(tmp_path, expected):
    table = as_text(records())
    typed = table["messages"].combine_chunks().cast(pa.string())
    column = pa.ExtensionArray.from_storage(pa.json_(pa.utf8()), typed)
    _, rows = rows_of(table.set_column(0, "messages", column), tmp_path, "out")
    assert without_sources(rows) == without_sources(expected[1])


def test_a_bad_row_costs_itself_and_is_found_by_its_number(tmp_path):
    table = as_text(records(9)).to_pydict()
    table["messages"][4] = '[{"role": "user", "content": "hi"'
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    report = tt.pack(tmp_path / "a.parquet", tmp_path / "out.parquet", progress=False)
    assert (report.records.packed, report.records.rejected) == (8, 1)
    entry = json.loads(Path(report.rejects).read_text())
    assert (entry["file"], entry["line"], entry["pointer"]) == ("a.parquet", 5, "/messages")
    found = tt.validate(tmp_path / "a.parquet", progress=False)
    assert (found.records.read, found.records.rejected) == (9, 1)
    mended = entry["raw"].replace(
        '\\"hi\\"', '\\"hi\\"}, {\\"role\\": \\"assistant\\", \\"content\\": \\"yes\\"}]'
    )
    (tmp_path / "mended.jsonl").write_text(mended)
    assert tt.pack(tmp_path / "mended.jsonl", tmp_path / "m.parquet", progress=False).records.packed == 1


def test_the_same_bytes_whatever_the_threads(tmp_path):
    pq.write_table(as_structs(records(700)), tmp_path / "a.parquet")
    digests = set()
    for threads in (1, 3):
        out = tmp_path / f"{threads}.parquet"
        digests.add(tt.pack(tmp_path / "a.parquet", out, threads=threads, progress=False).files[0].sha256)
    assert len(digests) == 1


def test_distil_rows_as_csv(tmp_path):
    (tmp_path / "job_description.json").write_text(
        json.dumps({"task_description": "Go.", "tools": [{"name": "f", "parameters": {"type": "object"}}]})
    )
    with (tmp_path / "train.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "question", "answer"])
        writer.writerow([1, 'say "hi",\nplease', '{"name": "f", "parameters": {"x": 1E5}}'])
        writer.writerow([2, json.dumps([user("a, b")]), '{"name": "f", "parameters": {}}'])
    report = tt.pack(tmp_path / "train.csv", tmp_path / "out.parquet", progress=False)
    assert (report.records.packed, report.turns.trained, report.findings) == (2, 2, [])
    rows = tt.convert(tmp_path / "train.csv", tmp_path / "rows.jsonl", "messages", progress=False)
    first, second = [json.loads(line) for line in Path(rows.out).read_text().splitlines()]
    assert first["messages"][:2] == [{"role": "system", "content": "Go."}, user('say "hi",\nplease')]
    assert second["messages"][1] == user("a, b")
    assert "1E5" in Path(rows.out).read_text()


def test_rows_of_csv_that_are_wrong_are_rejected_alone(tmp_path):
    good = '"[{""role"": ""user"", ""content"": ""hi""}, {""role"": ""assistant"", ""content"": ""yo""}]"'
    text = f"\ufeffmessages,tools\r\n{good},\r\n{good}\r\n\r\n{good},,,\n{good},\n"
    (tmp_path / "a.csv").write_bytes(text.encode())
    report = tt.pack(tmp_path / "a.csv", tmp_path / "out.parquet", progress=False)
    assert (report.records.packed, report.records.rejected) == (2, 2)
    assert [finding.code for finding in report.findings] == ["row_wrong_width"]
    assert report.findings[0].first.line == 2
    (tmp_path / "open.csv").write_text('messages\n"[]\n')
    with pytest.raises(tt.DamagedShardError, match="does not end"):
        tt.pack(tmp_path / "open.csv", tmp_path / "b.parquet", progress=False)
    latin = text.replace("hi", "h\u00e9").encode("latin-1", errors="replace")
    (tmp_path / "latin.csv").write_bytes(latin.lstrip(b"?"))
    report = tt.pack(tmp_path / "latin.csv", tmp_path / "c.parquet", progress=False)
    assert {finding.code for finding in report.findings} == {"invalid_utf8", "row_wrong_width"}


def test_columns_that_no_layout_knows_are_refused(tmp_path):
    frame = pl.DataFrame({"text": ["hi"]})
    with pytest.raises(tt.ReadError, match="no layout reads its columns text"):
        tt.pack(frame, tmp_path / "out.parquet", progress=False)
    frame.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(tt.ReadError, match=r"a\.parquet: no layout"):
        tt.pack(tmp_path / "a.parquet", tmp_path / "out.parquet", progress=False)


def test_damaged_files_are_errors_that_name_them(tmp_path):
    pq.write_table(as_text(records()), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(tt.DamagedShardError, match=r"a\.parquet"):
        tt.pack(tmp_path / "a.parquet", tmp_path / "out.parquet", progress=False)
    assert not (tmp_path / "out.parquet").exists()


def test_a_directory_holds_all_kinds_of_shards_and_none_of_our_outputs(tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    write_lines(shards / "a.jsonl", records(5))
    pq.write_table(as_text(records(7)), shards / "b.parquet")
    first = tt.pack(shards, shards / "packed.parquet", progress=False)
    again = tt.pack(shards, tmp_path / "again.parquet", progress=False)
    assert [shard.name for shard in again.shards] == ["a.jsonl", "b.parquet"]
    assert first.records.read == again.records.read == 12


def test_an_error_of_the_frame_is_told(tmp_path):
    table = as_text(records(3))

    def batches():
        yield from table.to_batches()
        msg = "the well is dry"
        raise ValueError(msg)

    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    with pytest.raises(tt.ReadError, match="the well is dry"):
        tt.pack(reader, tmp_path / "out.parquet", progress=False)


def test_a_stream_reads_a_frame_made_in_python(expected):
    table = as_text(records())
    reader = pa.RecordBatchReader.from_batches(table.schema, (b for b in table.to_batches(max_chunksize=3)))
    rows = pa.table(tt.stream(reader))
    assert without_sources(rows.to_pydict()) == without_sources(expected[1])


def test_text_that_begins_like_a_list_is_not_taken_for_one(tmp_path):
    shard = write_lines(tmp_path / "a.jsonl", [{"prompt": "[1, 2", "completion": "[3]"}])
    report = tt.pack(shard, tmp_path / "out.parquet", progress=False)
    assert report.records.packed == 1
    out = io.StringIO()
    out.write(json.dumps({"messages": "hello"}))
    (tmp_path / "b.jsonl").write_text(out.getvalue())
    report = tt.pack(tmp_path / "b.jsonl", tmp_path / "b.parquet", progress=False)
    assert [finding.code for finding in report.findings] == ["field_wrong_type"]


def test_all_five_distil_rows_of_the_seed_are_trained_on_their_answer_as_jsonl_csv_and_frame(
    tmp_path, shared
):
    seed = shared / "seed" / "distil"
    for name in ("job_description.json", "config.yaml"):
        (tmp_path / name).write_bytes((seed / name).read_bytes())
    table = pl.read_ndjson(seed / "train.jsonl")
    table.write_csv(tmp_path / "train.csv")
    given = {"tools": seed / "job_description.json"}
    sources = [(seed / "train.jsonl", {}), (tmp_path / "train.csv", {}), (table, given)]
    columns = []
    for number, (source, options) in enumerate(sources):
        report, rows = rows_of(source, tmp_path, str(number), **options)
        assert (report.records.read, report.records.packed, report.turns.trained) == (5, 5, 5)
        found = {one.code: (one.severity, one.count, one.first.line) for one in report.findings}
        assert found == {"undeclared_tool": ("warning", 2, 2), "call_unanswered": ("warning", 5, 1)}
        columns.append(without_sources(rows))
    assert columns[0] == columns[1] == columns[2]


def test_a_job_description_can_be_given(tmp_path):
    frame = pl.DataFrame({"question": ["go"], "answer": ['{"name": "f", "parameters": {}}']})
    job = {"task_description": "Be quick.", "tools": [{"name": "f", "parameters": {"type": "object"}}]}
    written = tt.convert(frame, tmp_path / "rows.jsonl", "messages", tools=job, progress=False)
    (row,) = [json.loads(line) for line in Path(written.out).read_text().splitlines()]
    assert row["messages"][0] == {"role": "system", "content": "Be quick."}
    assert row["tools"][0]["function"]["name"] == "f"


TYPES = {
    "large text": lambda table: table.cast(
        pa.schema([(name, pa.large_string()) for name in table.column_names])
    ),
    "dictionaries": lambda table: pa.table(
        {name: table[name].combine_chunks().dictionary_encode() for name in table.column_names}
    ),
    "text views": lambda table: table.cast(
        pa.schema([(name, pa.string_view()) for name in table.column_names])
    ),
}


@pytest.mark.parametrize("name", TYPES)
def test_every_form_of_text_is_text(tmp_path, expected, name):
    _, rows = rows_of(TYPES[name](as_text(records())), tmp_path, "out")
    assert without_sources(rows) == without_sources(expected[1])


def test_typed_values_are_printed_as_json_spells_them(tmp_path):
    arguments = pa.struct(
        [
            ("whole", pa.int64()),
            ("float", pa.float64()),
            ("short", pa.float32()),
            ("exact", pa.decimal128(20, 2)),
            ("flag", pa.bool_()),
            ("list", pa.list_(pa.uint8())),
            ("map", pa.map_(pa.string(), pa.int8())),
        ]
    )
    message = pa.struct(
        [
            ("role", pa.string()),
            ("content", pa.string()),
            ("tool_calls", pa.list_(pa.struct([("name", pa.string()), ("arguments", arguments)]))),
        ]
    )
    values = {
        "whole": 2**62,
        "float": 2.0,
        "short": 0.1,
        "exact": decimal.Decimal("12.50"),
        "flag": True,
        "list": [1, 2],
        "map": [("a", 1), ('"b"', 2)],
    }
    row = [user("go"), {"role": "assistant", "tool_calls": [{"name": "f", "arguments": values}]}]
    table = pa.table({"messages": pa.array([row], pa.list_(message))})
    written = tt.convert(table, tmp_path / "rows.jsonl", "messages", progress=False)
    text = Path(written.out).read_text(encoding="utf-8")
    assert (
        '{"whole": 4611686018427387904, "float": 2.0, "short": 0.1, "exact": 12.50, "flag": true, '
        '"list": [1, 2], "map": {"a": 1, "\\"b\\"": 2}}'
    ) in text
    times = pa.table({"messages": pa.array([[0]], pa.list_(pa.timestamp("s")))})
    with pytest.raises(tt.ReadError, match=r"messages\[\] has the type"):
        tt.convert(times, tmp_path / "times.jsonl", progress=False)
