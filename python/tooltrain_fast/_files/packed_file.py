"""Reading a written file or directory of part files back. The one door to pyarrow."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tooltrain_fast import _core
from tooltrain_fast._files.footer import read_footer, read_manifest
from tooltrain_fast._files.guarded import (
    CHANGED,
    LONGEST_LIST,
    read_file,
    read_json,
    reading,
    refuse_other_kinds,
)
from tooltrain_fast.errors import InputNotFoundError, OutOfRangeError, ReadError

FOOTER_KEY = b"tooltrain_fast"
MANIFEST = "manifest.json"
PART_NAME = re.compile(r"part-\d{5,}\.parquet")
ARROW_SUFFIXES = (".arrow", ".ipc", ".feather")


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One sample of a row."""

    start: int
    """Its first token in the row."""
    end: int
    shard: str | None
    """Name of the shard it came from, where the file says."""
    line: int | None
    part: int


class PackedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a file."""

    input_ids: list[int]
    trained: list[bool]
    samples: list[Sample]


@contextmanager
def _reading(part: Path) -> Iterator[None]:
    """Turns what the reader of `part` raises into the errors of this package."""
    try:
        yield
    except FileNotFoundError:
        raise InputNotFoundError("no such file", file=str(part)) from None
    except (pa.ArrowException, OSError) as error:
        name = "Arrow" if part.suffix in ARROW_SUFFIXES else "Parquet"
        raise ReadError(
            f"not readable as {name}: {error}",
            code="damaged_output",
            file=str(part),
            hint=CHANGED,
        ) from None


class _ParquetPart:
    """Row groups of a Parquet file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pq.ParquetFile(path)
        self.schema = self._file.schema_arrow
        self.metadata = self._file.metadata.metadata or {}
        self.groups = [
            self._file.metadata.row_group(one).num_rows for one in range(self._file.num_row_groups)
        ]

    def group(self, number: int) -> pa.Table:
        with _reading(self._path):
            return self._file.read_row_group(number)


class _ArrowPart:
    """Record batches of an Arrow file."""

    def __init__(self, path: Path) -> None:
        # The reader of pyarrow ends the process on some damaged files; that of the core does not.
        self._file = _core.PackedArrow(str(path))
        self.schema = self._table(None).schema
        self.metadata = self._file.metadata()
        self.groups = [self._table(one).num_rows for one in range(self._file.batches())]

    def _table(self, batch: int | None) -> pa.Table:
        self._file.choose(batch)
        return pa.RecordBatchReader.from_stream(self._file).read_all()

    def group(self, number: int) -> pa.Table:
        return self._table(number)


class PackedFile:
    """A Parquet or Arrow file that `pack` or `tokenize` wrote, or a directory of part files.

    Args:
        path: the file or directory.

    Raises:
        InputNotFoundError: there is nothing under this path.
        ReadError: it is not readable, or was not written by this package.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path).expanduser()
        self.manifest: dict[str, Any] | None = None
        with reading(self.path):
            if self.path.is_dir():
                self.parts = self._listed_parts()
            elif self.path.exists():
                self.parts = [self.path]
            else:
                raise InputNotFoundError(
                    "no such file or directory", file=str(self.path), hint="give what pack() wrote"
                )
            self.footers = [self._footer(part) for part in self.parts]

    @property
    def footer(self) -> dict[str, Any]:
        """What the file says about itself; of a directory, what its first part says."""
        return self.footers[0]

    @property
    def tokenizer_paths(self) -> list[str]:
        """Where the tokenizer that the run was given may be, if its report still stands beside the file.

        A relative path is tried from here and from the folder of the file.
        """
        options = (self.report or {}).get("options")
        path = options.get("tokenizer") if isinstance(options, dict) else None
        return [path, str(self.path.parent / path)] if isinstance(path, str) else []

    @property
    def report_path(self) -> Path:
        """Where the report of the run is."""
        return self.path.with_name(self.path.name + ".report.json")

    @property
    def report(self) -> dict[str, Any] | None:
        """The report beside the file, if there is one that can be read."""
        try:
            report = read_json(self.report_path)
        except (ReadError, InputNotFoundError):
            return None
        return report if isinstance(report, dict) else None

    @property
    def max_length(self) -> int:
        """Most tokens in a row."""
        return int(self.footer["options"]["max_length"])

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(sum(self._open(part).groups) for part in self.parts)

    def schema(self, part: Path) -> pa.Schema:
        """Columns of `part`."""
        return self._open(part).schema

    def row_groups(self, part: Path) -> Iterator[pa.Table]:
        """The row groups of `part`, one at a time."""
        opened = self._open(part)
        for number in range(len(opened.groups)):
            yield opened.group(number)

    def row(self, number: int) -> PackedRow:
        """Row `number`, counted from 0, or from the end when negative.

        Raises:
            IndexError: the file has fewer rows.
        """
        with reading(self.path):
            return self._row(number)

    def _row(self, number: int) -> PackedRow:
        total = self.rows
        if not -total <= number < total:
            raise OutOfRangeError(f"there is no row {number}, the file has {total:,}", file=str(self.path))
        left = number % total
        for part, footer in zip(self.parts, self.footers, strict=True):
            opened = self._open(part)
            for group, rows in enumerate(opened.groups):
                if left < rows:
                    return self._sound(number, _packed_row(opened.group(group).slice(left, 1), footer))
                left -= rows
        raise ReadError("fewer rows than its footer has counted", code="damaged_output", file=str(self.path))

    def _sound(self, number: int, row: PackedRow) -> PackedRow:
        """The row, where its columns fit together so far that it can be drawn."""
        size, ends = len(row.input_ids), [sample.end for sample in row.samples]
        if len(row.trained) == size and ends[-1:] == [size] and all(id_ >= 0 for id_ in row.input_ids):
            return row
        raise ReadError(
            f"row {number} is damaged",
            code="damaged_output",
            file=str(self.path),
            hint="verify() lists what does not agree; pack again",
        )

    def _listed_parts(self) -> list[Path]:
        manifest = self.path / MANIFEST
        if not manifest.exists():
            raise ReadError(
                f"the directory has no {MANIFEST}",
                code="not_packed",
                file=str(self.path),
                hint="it was not written by this package, or its run did not end",
            )
        self.manifest = read_manifest(read_file(manifest, LONGEST_LIST), manifest)
        names = [file["name"] for file in self.manifest["files"]]
        for name in names:
            if not PART_NAME.fullmatch(name) or names.count(name) > 1:
                raise ReadError(
                    f"the manifest names {name!r}, where the name of one part file of the directory belongs",
                    code="damaged_output",
                    file=str(manifest),
                    hint="pack again: it was changed",
                )
        parts = [self.path / name for name in names]
        if not parts:
            raise ReadError("the manifest names no part file", code="damaged_output", file=str(self.path))
        return parts

    def _open(self, part: Path) -> _ParquetPart | _ArrowPart:
        kind = _ArrowPart if part.suffix in ARROW_SUFFIXES else _ParquetPart
        refuse_other_kinds(part)
        with _reading(part):
            return kind(part)

    def _footer(self, part: Path) -> dict[str, Any]:
        metadata = self._open(part).metadata
        if FOOTER_KEY not in metadata:
            raise ReadError(
                "has no footer of this package",
                code="not_packed",
                file=str(part),
                hint="give a file that pack() or tokenize() wrote; to look at records of another, make JSON lines of "
                'it first, with convert() and to="messages"',
            )
        return read_footer(metadata[FOOTER_KEY], part)


def _packed_row(table: pa.Table, footer: dict[str, Any]) -> PackedRow:
    columns = {name: table.column(name)[0].as_py() for name in table.column_names}
    ids = columns["input_ids"]
    if "loss_mask" in columns:
        trained = [bool(one) for one in columns["loss_mask"]]
    else:
        ignore = footer.get("ignore_index", -100)
        trained = [label != ignore for label in columns.get("labels", [ignore] * len(ids))]
    lengths = columns.get("seq_lengths", [len(ids)])
    shards = footer.get("shards", [])
    samples, start = [], 0
    for place, length in enumerate(lengths):
        source = columns["sources"][place] if "sources" in columns else None
        samples.append(
            Sample(
                start=start,
                end=start + length,
                shard=shards[source["shard"]] if source and 0 <= source["shard"] < len(shards) else None,
                line=source["line"] if source else None,
                part=source["part"] if source else 0,
            )
        )
        start += length
    return PackedRow(input_ids=ids, trained=trained, samples=samples)
