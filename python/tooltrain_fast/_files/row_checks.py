"""Recounts rows: lengths, masks, labels and ids must agree with each other."""

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tooltrain_fast._files.verification import Figures, Verification

SOURCE_FIELDS = {"shard", "line", "part"}
COLUMN_TYPES = {
    "input_ids": pa.int32(),
    "loss_mask": pa.int8(),
    "labels": pa.int32(),
    "seq_lengths": pa.int32(),
    "attention_mask": pa.int8(),
}


def check_schema(schema: pa.Schema, part: Path, found: Verification) -> None:
    """The columns must be plain lists without nulls, of the types that trainers read."""
    if "input_ids" not in schema.names:
        found.problem(part, "there is no column input_ids")
    for field in schema:
        expected = COLUMN_TYPES.get(field.name)
        if expected is None:
            continue
        if not pa.types.is_list(field.type) or field.type.value_type != expected:
            found.problem(part, f"column {field.name} is {field.type}, not list<{expected}>")
        elif field.nullable or field.type.value_field.nullable:
            found.problem(part, f"column {field.name} may hold nulls")
    if b"huggingface" in (schema.metadata or {}):
        found.problem(part, "the footer has a huggingface key, which older versions of datasets cannot read")


class PartRecount:
    """Recounts one file, row group by row group.

    Args:
        part: its path, for messages.
        footer: what it says about itself.
        vocabulary: number of ids, where it is known.
        found: gets the problems.
    """

    def __init__(
        self, part: Path, footer: dict[str, Any], vocabulary: int | None, found: Verification
    ) -> None:
        self.counts = Figures()
        self._part = part
        self._max_length: int = footer["options"]["max_length"]
        self._shards = len(footer.get("shards", []))
        self._wrapped = footer["options"].get("packing") == "wrapped"
        self._ignored: int = footer.get("ignore_index", -100)
        self._vocabulary = vocabulary
        self._found = found
        self._first_row = 0

    def add(self, group: pa.Table) -> None:
        """Recounts the next row group."""
        columns = {name: group.column(name).combine_chunks() for name in group.column_names}
        if group.num_rows and "input_ids" in columns and self._has_no_null(columns):
            sizes = self._check_lengths(columns)
            self._check_samples(columns, sizes)
        self._first_row = self.counts.rows

    def _has_no_null(self, columns: dict[str, pa.Array]) -> bool:
        """Notes columns with nulls, or that are no lists at all: nothing of the group can be recounted then."""
        sound = True
        for name, column in columns.items():
            if not pa.types.is_list(column.type):
                self._found.problem(self._part, f"column {name} is {column.type}, not a list")
                sound = False
            elif column.null_count or column.flatten().null_count:
                self._found.problem(self._part, f"column {name} holds nulls")
                sound = False
        return sound

    def _problem(self, row: int, message: str) -> None:
        self._found.problem(f"{self._part} row {self._first_row + row}", message)

    def _check_lengths(self, columns: dict[str, pa.Array]) -> list[int]:
        lengths = pc.list_value_length(columns["input_ids"])
        sizes: list[int] = lengths.to_pylist()
        self.counts.add_rows(sizes)
        for row, size in enumerate(sizes):
            if not 1 <= size <= self._max_length:
                self._problem(row, f"{size:,} tokens, where 1 to {self._max_length:,} may be")
        aligned = True
        for name in ("loss_mask", "labels", "attention_mask"):
            if name not in columns:
                continue
            wrong = _first(pc.not_equal(pc.list_value_length(columns[name]), lengths))
            if wrong is not None:
                self._problem(wrong, f"{name} is not as long as input_ids")
                aligned = False
        if aligned:
            self._check_tokens(columns, sizes)
        return sizes

    def _check_samples(self, columns: dict[str, pa.Array], sizes: list[int]) -> None:
        if "seq_lengths" not in columns:
            self.counts.samples += len(sizes)
            return
        samples: list[int] = pc.list_value_length(columns["seq_lengths"]).to_pylist()
        lengths = pc.list_flatten(columns["seq_lengths"])
        self.counts.samples += sum(samples)
        for row, (covered, size) in enumerate(zip(_sums(lengths, samples), sizes, strict=True)):
            if covered != size:
                self._problem(row, f"seq_lengths cover {covered:,} of {size:,} tokens")
        empty = _first(pc.less(lengths, 1))
        if empty is not None:
            self._problem(_row_of(empty, samples), f"seq_lengths holds {lengths[empty].as_py()}")
        if "sources" in columns:
            wrong = _first(
                pc.not_equal(pc.list_value_length(columns["sources"]), pa.array(samples, pa.int32()))
            )
            if wrong is not None:
                self._problem(wrong, "sources and seq_lengths do not have one entry a sample each")
            self._check_sources(columns["sources"], samples)

    def _check_sources(self, sources: pa.Array, samples: list[int]) -> None:
        places = pc.list_flatten(sources)
        if not pa.types.is_struct(places.type) or {field.name for field in places.type} != SOURCE_FIELDS:
            self._found.problem(self._part, f"column sources is {sources.type}")
            return
        bounds = {"shard": (0, self._shards), "line": (1, 2**63 - 1), "part": (0, 2**31)}
        for name, (least, end) in bounds.items():
            values = places.field(name)
            outside = pc.or_(pc.less(values, least), pc.greater_equal(values, end))
            wrong = _first(pc.fill_null(outside, True))
            if wrong is not None:
                row = _row_of(wrong, samples)
                self._problem(row, f"sources name {name} {values[wrong].as_py()}, which the run did not read")

    def _check_tokens(self, columns: dict[str, pa.Array], sizes: list[int]) -> None:
        flat = {name: pc.list_flatten(column) for name, column in columns.items() if name in COLUMN_TYPES}
        ids, mask, labels = flat["input_ids"], flat.get("loss_mask"), flat.get("labels")
        self._none(pc.less(ids, 0), sizes, "a negative id")
        if self._vocabulary is not None:
            outside = pc.greater_equal(ids, self._vocabulary)
            self._none(outside, sizes, f"an id outside the vocabulary of {self._vocabulary:,}")
        if "attention_mask" in flat:
            self._none(pc.not_equal(flat["attention_mask"], 1), sizes, "attention_mask is not 1")
        if mask is not None:
            neither = pc.and_(pc.not_equal(mask, 0), pc.not_equal(mask, 1))
            self._none(neither, sizes, "loss_mask is neither 0 nor 1")
            trained = pc.equal(mask, 1)
        elif labels is not None:
            trained = pc.not_equal(labels, self._ignored)
        else:
            return
        if labels is not None:
            expected = pc.if_else(trained, ids, pa.scalar(self._ignored, pa.int32()))
            self._none(pc.not_equal(labels, expected), sizes, "label and mask do not agree")
        by_row = _sums(pc.cast(trained, pa.int8()), sizes)
        self.counts.trained_tokens += sum(by_row)
        if not self._wrapped and 0 in by_row:
            self._problem(by_row.index(0), "no token is trained")

    def _none(self, wrong: pa.Array, sizes: list[int], message: str) -> None:
        token = _first(wrong)
        if token is not None:
            row = _row_of(token, sizes)
            self._problem(row, f"{message} at token {token - sum(sizes[:row]):,}")


def _first(wrong: pa.Array) -> int | None:
    place: int = pc.index(wrong, True).as_py()
    return None if place < 0 else place


def _row_of(value: int, sizes: list[int]) -> int:
    for row, size in enumerate(sizes):
        if value < size:
            return row
        value -= size
    raise IndexError(value)


def _sums(flat: pa.Array, sizes: list[int]) -> list[int]:
    before = pa.concat_arrays([pa.array([0], pa.int64()), pc.cumulative_sum(pc.cast(flat, pa.int64()))])
    borders = before.take(pa.array([0, *accumulate(sizes)])).to_pylist()
    return [end - start for start, end in pairwise(borders)]
