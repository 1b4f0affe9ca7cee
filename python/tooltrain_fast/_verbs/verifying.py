"""verify: counts a written file again and compares it with what it says about itself."""

from os import PathLike
from pathlib import Path
from typing import Any

import msgspec

from tooltrain_fast._files.footer import SCHEMA_VERSION
from tooltrain_fast._files.guarded import reading
from tooltrain_fast._files.model_checks import check_model, file_digest, model_folder, vocabulary_size
from tooltrain_fast._files.packed_file import PackedFile
from tooltrain_fast._files.row_checks import PartRecount, check_schema
from tooltrain_fast._files.verification import Figures, Verification
from tooltrain_fast._reports.report import TemplateFacts
from tooltrain_fast._verbs.guarded import guarded
from tooltrain_fast.errors import ReadError


@guarded
def verify(path: str | PathLike[str], model: str | PathLike[str] | None = None) -> Verification:
    """Recounts a file or directory that `pack` or `tokenize` wrote.

    Compares lengths, `seq_lengths`, mask and labels row by row; ids with the vocabulary; counts with the
    footers; part files with the manifest by rows and SHA-256; the report beside the file with that file; and, given a
    model, its tokenizer and chat template with those that made the file. Reads one row group at a time.

    Args:
        path: the `.parquet` file or the directory.
        model: a folder with `tokenizer.json` and the chat template, or a hub name.

    Returns:
        A `Verification`: `.ok`, `.problems`, `.checked` and the recounted figures; its repr is a summary.

    Raises:
        InputNotFoundError: there is nothing at `path` or `model`.
        ReadError: it is no Parquet file of this package, or of a newer version of it.

    Example:
        >>> import tooltrain_fast as tt
        >>> _ = tt.pack("examples/shards/*.jsonl", out="packed.parquet", progress=False)
        >>> tt.verify("packed.parquet").ok
        True
    """
    written = PackedFile(path)
    with reading(written.path):
        return _verified(written, path, model)


def _verified(
    written: PackedFile, path: str | PathLike[str], model: str | PathLike[str] | None
) -> Verification:
    if written.footer["schema_version"] > SCHEMA_VERSION:
        raise ReadError(
            f"written by version {written.footer['version']}",
            code="unsupported_input",
            file=str(path),
            hint="update tooltrain_fast",
        )
    found = Verification(path=str(path), files=len(written.parts), template=_template(written.footer))
    vocabulary = vocabulary_size(written.footer, model, found)
    totals = Figures()
    for part, footer in zip(written.parts, written.footers, strict=True):
        check_schema(written.schema(part), part, found)
        recount = PartRecount(part, footer, vocabulary, found)
        for group in written.row_groups(part):
            recount.add(group)
        _compare(recount.counts, footer["counts"], part, written.max_length, found)
        totals.add(recount.counts)
    found.checked.append("lengths, mask, labels and sample lengths of every row; counts in every footer")
    if written.manifest is not None:
        _check_manifest(written, written.manifest, totals, found)
    _check_report(written, found)
    if model is not None:
        check_model(written.footer, model_folder(model), found)
    found.rows, found.samples = totals.rows, totals.samples
    found.tokens, found.trained_tokens = totals.tokens, totals.trained_tokens
    found.shortest_row, found.longest_row = totals.shortest or 0, totals.longest
    found.fill = totals.fill(written.max_length)
    return found


def _template(footer: dict[str, Any]) -> str:
    """The template in words; files of older versions have no certificate."""
    facts = msgspec.convert(footer["template"], TemplateFacts)
    certified = f": {facts.certificate.in_words()}" if facts.certificate else ""
    return facts.name + certified


def _compare(
    counts: Figures, said: dict[str, Any], place: Path, max_length: int, found: Verification
) -> None:
    for name in ("rows", "samples", "tokens", "trained_tokens"):
        counted = getattr(counts, name)
        if said[name] != counted:
            found.problem(place, f"{said[name]:,} {name} are written down, {counted:,} are there")
    if not abs(said["fill"] - counts.fill(max_length)) <= 1e-6:
        found.problem(place, f"{said['fill']:.4%} full is written down, it is {counts.fill(max_length):.4%}")


def _check_manifest(
    written: PackedFile, manifest: dict[str, Any], totals: Figures, found: Verification
) -> None:
    for entry, part in zip(manifest["files"], written.parts, strict=True):
        if entry["sha256"] != file_digest(part):
            found.problem(part, "its SHA-256 is not the one in the manifest")
    named = {part.name for part in written.parts}
    for stray in sorted(written.path.glob("*.parquet")):
        if stray.name not in named:
            found.problem(stray, "the manifest does not name it")
    _compare(totals, manifest["counts"], written.path, written.max_length, found)
    found.checked.append("totals, and SHA-256 of every part file, against the manifest")


def _check_report(written: PackedFile, found: Verification) -> None:
    """The report beside the file must be that of the run that wrote it."""
    report = written.report
    files = report.get("files") if report else None
    if report is None or not isinstance(files, list) or report.get("refused"):
        found.not_checked.append("the report of the run: there is none beside the file")
        return
    listed = [one.get("sha256") if isinstance(one, dict) else None for one in files]
    if written.manifest is not None:
        there = [entry["sha256"] for entry in written.manifest["files"]]
    else:
        there = [file_digest(part) for part in written.parts]
    if listed == there:
        found.checked.append("the report beside the file, by SHA-256")
    else:
        found.problem(written.report_path, "it is the report of another run")
