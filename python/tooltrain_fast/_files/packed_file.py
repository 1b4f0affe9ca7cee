"""Reading a written file or directory of part files back. The one door to pyarrow."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from tooltrain_fast._files.footer import read_footer, read_manifest
from tooltrain_fast.errors import InputNotFoundError, OutOfRangeError, ReadError

FOOTER_KEY = b"tooltrain_fast"
MANIFEST = "manifest.json"
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
            hint="give what pack() or tokenize() wrote; if this is that file, it was cut or overwritten: pack again",
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
        self._path = path
        self._file = pa.ipc.open_file(pa.memory_map(str(path)))
        self.schema = self._file.schema
        self.metadata = self._file.metadata or {}
        self.groups = [self._file.get_batch(one).num_rows for one in range(self._file.num_record_batches)]

    def group(self, number: int) -> pa.Table:
        with _reading(self._path):
            return pa.Table.from_batches([self._file.get_batch(number)])


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
        report = self.path.with_name(self.path.name + ".report.json")
        try:
            path: str = json.loads(report.read_bytes())["options"]["tokenizer"]
        except (OSError, ValueError, KeyError):
            return []
        return [path, str(report.parent / path)]

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
        try:
            text = manifest.read_bytes()
        except FileNotFoundError:
            raise ReadError(
                f"the directory has no {MANIFEST}",
                code="not_packed",
                file=str(self.path),
                hint="it was not written by this package, or its run did not end",
            ) from None
        self.manifest = read_manifest(text, manifest)
        parts = [self.path / file["name"] for file in self.manifest["files"]]
        if not parts:
            raise ReadError("the manifest names no part file", code="damaged_output", file=str(self.path))
        return parts

    def _open(self, part: Path) -> _ParquetPart | _ArrowPart:
        kind = _ArrowPart if part.suffix in ARROW_SUFFIXES else _ParquetPart
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


def text_lines(path: Path) -> Iterator[bytes]:
    """Lines of a shard, decompressed by its suffix."""
    compression = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    try:
        with pa.input_stream(str(path), compression=compression) as stream:
            left = b""
            while chunk := stream.read(1 << 20):
                *lines, left = (left + chunk).split(b"\n")
                yield from lines
            if left:
                yield left
    except FileNotFoundError:
        raise InputNotFoundError("no such file", file=str(path)) from None
    except (pa.ArrowException, OSError) as error:
        raise ReadError(str(error), file=str(path)) from None


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
                shard=shards[source["shard"]] if source and source["shard"] < len(shards) else None,
                line=source["line"] if source else None,
                part=source["part"] if source else 0,
            )
        )
        start += length
    return PackedRow(input_ids=ids, trained=trained, samples=samples)
