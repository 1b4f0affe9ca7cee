"""The command line: the same verbs, with `--json` on each and exit codes that scripts can rely on."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from tooltrain_fast import __version__, _core, errors
from tooltrain_fast._cli.ending import BROKEN_PIPE, exit_code_of, leave, raise_on_termination
from tooltrain_fast._cli.flags import Word, flags_for, given_options, option_flags, word_or_json
from tooltrain_fast._cli.spelling import as_flags, flag
from tooltrain_fast._options.table import CHECKING_OPTIONS, CONVERTING_OPTIONS
from tooltrain_fast._reports.printed import visible, visible_json
from tooltrain_fast._verbs.guarded import own_errors

FOUND_PROBLEMS = 1
NO_ROWS = 1
EPILOG = """\b
Exit codes:
  0    success; rejected records are listed in the report and the rejects file
  1    pack, tokenize, convert: no row was written; validate: records would be rejected;
       verify: something does not agree; explain-template: no turn can be proved
  2    a flag or option cannot be used
  3    an input is missing, unreadable, damaged, or changed while it was read
  4    the output exists, or cannot be written
  5    a record was rejected (--on-error raise), more than --max-rejected were,
       or a conversation is too long (--over-length error)
  6    the tokenizer or the chat template cannot be used
  70   internal error: this is a bug in tooltrain_fast, please report it
  130  interrupted (129, 143: by SIGHUP, SIGTERM); existing output was left unchanged
"""


def exits(command: Callable[..., int | None]) -> Callable[..., None]:
    """Turns what `command` returns or raises into an exit code, and errors into a message or into JSON."""

    @wraps(command)
    def wrapped(**flags: Any) -> None:
        try:
            raise_on_termination()
            with own_errors():
                code = command(**flags) or 0
        except errors.TooltrainError as error:
            code = exit_code(error)
            tell(error, as_json=flags["as_json"])
        except KeyboardInterrupt as interrupt:
            say("interrupted; existing output was left unchanged", err=True)
            leave(exit_code_of(interrupt))
        except BrokenPipeError:
            # Whoever read the output has enough of it.
            leave(BROKEN_PIPE)
        sys.exit(code)

    return wrapped


def exit_code(error: errors.TooltrainError) -> int:
    """The exit code for an error, out of the table of error codes."""
    codes: dict[str, int] = {row["name"]: row["exit_code"] for row in json.loads(_core.error_codes())}
    return codes[error.code]


def tell(error: errors.TooltrainError, *, as_json: bool) -> None:
    """Prints an error: its fields as JSON to standard output, or a message to standard error."""
    hint = error.hint and as_flags(error.hint)
    if as_json:
        fields = {"kind": type(error).__name__, **error.fields(), "message": error.message, "hint": hint}
        say_json(json.dumps({"error": fields}, ensure_ascii=False))
    else:
        option = error.option and flag(error.option, error.value)
        say("error: " + errors.error_text(error, option, hint), err=True)


def say(text: str, *, err: bool = False) -> None:
    """Prints text; what a terminal would obey is shown instead."""
    click.echo(visible(text), err=err)


def say_json(text: str, *, err: bool = False) -> None:
    """Prints JSON, with escapes for what a terminal would obey."""
    click.echo(visible_json(text), err=err)


json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON to standard output.")
quiet_flag = click.option("--quiet", is_flag=True, help="No progress, and nothing printed but the report.")


@click.group(
    epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="tooltrain-fast")
def main() -> None:
    """Tool-calling conversations in, packed training rows with exact loss masks out."""


def _writing_command(verb: str, summary: str) -> None:
    @main.command(verb, help=summary, epilog=EPILOG)
    @click.argument("sources", nargs=-1, required=True)
    @click.option("-o", "--out", required=True, help="A .parquet file, or a directory for part files.")
    @option_flags
    @json_flag
    @quiet_flag
    @exits
    def command(sources: tuple[str, ...], out: str, as_json: bool, quiet: bool, **flags: Any) -> int:
        from tooltrain_fast._reports.report_text import loud_block, report_text  # noqa: PLC0415 - keeps --help quick
        from tooltrain_fast._verbs.packing import how_to_go_on, run  # noqa: PLC0415 - keeps --help quick

        options = given_options(flags) | {"progress": False if quiet else None}
        report = run(verb, sources, out, options, announce=False)
        if as_json:
            say_json(report.to_json())
        else:
            say(report_text(report, as_flags))
        if not (as_json or quiet):
            loud = loud_block(report, as_flags)
            say("\n" + "\n\n".join(part for part in (loud, how_to_go_on(report)) if part))
        return 0 if report.rows else _no_rows(report, is_told=not (as_json or quiet))


def _no_rows(report: Any, *, is_told: bool) -> int:
    """The exit code of a run that wrote no row; standard error says so where nothing else does."""
    if not is_told:
        say(f"no row was written: {report.records.read:,} records were read; see the report", err=True)
    return NO_ROWS


_writing_command(
    "pack", "Packs SOURCES (paths, globs, directories, or - for standard input) into full rows of Parquet."
)
_writing_command("tokenize", "Writes SOURCES one conversation a row, not packed.")


@main.command(epilog=EPILOG)
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "--each", default=5, show_default=True, type=click.IntRange(min=0), help="Findings to print of each code."
)
@click.option("--fix", help="A .jsonl file for the records that are not rejected, with their repairs.")
@flags_for(CHECKING_OPTIONS)
@json_flag
@quiet_flag
@exits
def validate(
    sources: tuple[str, ...], each: int, fix: str | None, as_json: bool, quiet: bool, **flags: Any
) -> int:
    """Checks SOURCES record by record and prints what is wrong, where, and what to do about it."""
    from tooltrain_fast._reports.findings_terminal import print_findings  # noqa: PLC0415 - keeps --help quick
    from tooltrain_fast._reports.findings_text import findings_text  # noqa: PLC0415 - keeps --help quick
    from tooltrain_fast._verbs.validating import validate as findings_of  # noqa: PLC0415 - keeps --help quick

    options = given_options(flags) | {"progress": False if quiet else None}
    found = findings_of(sources, fix=fix, findings_per_code=0, examples_per_code=each, **options)
    if as_json:
        say_json(found.to_json())
    else:
        print_findings(found, as_flags)
        say(findings_text(found, as_flags))
    return 0 if found.ok else FOUND_PROBLEMS


@main.command(epilog=EPILOG)
@click.argument("sources", nargs=-1, required=True)
@click.option(
    "-o",
    "--out",
    required=True,
    help="A .jsonl, .jsonl.gz or .jsonl.zst file, or - for standard output: the report then goes to standard error, "
    "and rejected records are not kept.",
)
@click.option(
    "--to",
    type=Word(["openai", "distil", "messages", "sharegpt"]),
    default="openai",
    show_default=True,
    help="What the rows are written as.",
)
@click.option(
    "--validation",
    type=Word(["mask", "reject", "warn", "off"]),
    default="warn",
    show_default=True,
    help="What a wrong call does; mask gives its turn weight 0.",
)
@flags_for([name for name in CONVERTING_OPTIONS if name != "validation"])
@json_flag
@quiet_flag
@exits
def convert(
    sources: tuple[str, ...], out: str, to: Any, validation: Any, as_json: bool, quiet: bool, **flags: Any
) -> int:
    """Writes SOURCES as rows of another layout; what a row does not hold is listed beside it."""
    from tooltrain_fast._reports.report_text import convert_report_text  # noqa: PLC0415 - keeps --help quick
    from tooltrain_fast._verbs import converting  # noqa: PLC0415 - keeps --help quick

    options = given_options(flags) | {"progress": False if quiet else None, "validation": validation}
    to_stdout = out == "-"
    if to_stdout:
        report = converting.convert_to_stream(sources, sys.stdout.buffer, to, **options)
    else:
        report = converting.convert(sources, out, to, **options)
    if as_json:
        say_json(report.to_json(), err=to_stdout)
    else:
        say(convert_report_text(report, as_flags), err=to_stdout)
    return 0 if report.rows else _no_rows(report, is_told=False)


@main.command(epilog=EPILOG)
@click.argument("what")
@click.argument("row", type=click.INT, required=False)
@click.option(
    "--line",
    type=click.IntRange(min=1),
    help="Line of a shard instead of ROW, counted from 1 as findings count it.",
)
@click.option("--html", type=click.Path(dir_okay=False), help="Write one self-contained page instead.")
@click.option("--full", is_flag=True, help="Show long context whole.")
@option_flags
@json_flag
@exits
def show(
    what: str, row: int | None, line: int | None, html: str | None, full: bool, as_json: bool, **flags: Any
) -> None:
    """Shows what is trained and why.

    WHAT is a written file or directory (ROW counts from 0), a shard (ROW counts its records from 0, --line its lines
    from 1), or - for one conversation on standard input. Without ROW and --line it is the first.
    """
    from tooltrain_fast._verbs import showing  # noqa: PLC0415 - keeps --help quick

    source: Any = what
    if what == "-":
        try:
            source = json.loads(sys.stdin.buffer.read())
        except (ValueError, RecursionError) as error:
            raise errors.ReadError(
                f"not one JSON record: {error}", code="unsupported_input", file="standard input"
            ) from None
    shown = showing.show(source, row, line=line, full=full, **given_options(flags))
    if html:
        shown.to_html(html)
        say(json.dumps({"html": html}) if as_json else html)
    elif as_json:
        say_json(shown.to_json())
    else:
        # What is not visible was made so before colors were added.
        click.echo(repr(shown))


@main.command(epilog=EPILOG)
@click.argument("path")
@click.option(
    "--model", help="Model folder or hub name: its tokenizer and template must be those of the file."
)
@json_flag
@exits
def verify(path: str, model: str | None, as_json: bool) -> int:
    """Recounts a written file or directory: lengths, masks, labels, ids, counts, digests."""
    from tooltrain_fast._verbs.verifying import verify as verification_of  # noqa: PLC0415 - keeps --help quick

    found = verification_of(path, model)
    if as_json:
        say_json(found.to_json())
    else:
        say(repr(found))
    return 0 if found.ok else FOUND_PROBLEMS


@main.command("explain-template", epilog=EPILOG)
@click.argument("template", default="qwen3")
@click.option(
    "--tokenizer", help="Built-in name, folder or hub name; by default the one beside the template."
)
@click.option("--template-kwargs", callback=word_or_json, help="More template arguments, a JSON object.")
@click.option(
    "--thinking",
    type=Word(["on", "off"]),
    help="Serving mode to prepare for; by default the template's own.",
)
@click.option("--date", help="Date that templates print, YYYY-MM-DD.")
@click.option("--dialect", help="Dialect of the family, where it has several (gpt-oss).")
@json_flag
@exits
def explain_template(template: str, as_json: bool, **given: Any) -> int:
    """Says what a chat template can do: stop tokens, generation prompts, and a grade for each kind of turn.

    TEMPLATE is a built-in name, a model folder or hub name, or a template file.
    """
    from tooltrain_fast._verbs.explaining import explain_template as certificate_of  # noqa: PLC0415 - as above

    known = certificate_of(template, **given)
    if as_json:
        say_json(known.to_json())
    else:
        say(known.to_text(as_flags))
    return 0 if known.ok else FOUND_PROBLEMS


@main.command("how-to-train", epilog=EPILOG)
@click.argument("path")
@click.argument("trainer", default="trl")
@json_flag
@exits
def how_to_train(path: str, trainer: str, as_json: bool) -> None:
    """Prints the exact trainer code for a written file (TRAINER: trl, transformers, axolotl)."""
    from tooltrain_fast._verbs.training import how_to_train as snippet_for  # noqa: PLC0415 - keeps --help quick

    snippet = str(snippet_for(path, trainer))
    say(json.dumps({"trainer": trainer, "path": path, "snippet": snippet}) if as_json else snippet)
