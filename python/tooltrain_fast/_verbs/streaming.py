"""`stream`: the rows of `pack` as an Arrow stream."""

from tooltrain_fast import _core
from tooltrain_fast._options import table
from tooltrain_fast._options.documented import options_in, takes_options
from tooltrain_fast._options.resolve import core_json, resolved
from tooltrain_fast._options.sources import Source, core_source
from tooltrain_fast._reports.report import Report, read_report
from tooltrain_fast._verbs.guarded import guarded


class RowStream:
    """Rows as an Arrow stream, read once: `pl.DataFrame(stream)`, `pa.table(stream)`, or batch by batch."""

    def __init__(self, stream: _core.RowStream) -> None:
        self._stream = stream

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The stream, for any library that reads Arrow. It can be taken once."""
        return self._stream.__arrow_c_stream__(requested_schema)

    def report(self) -> Report:
        """The report of the run.

        Raises:
            OptionsError: the stream was not read to its end yet.
            TooltrainError: why the run ended early.
        """
        return read_report(self._stream.report())


@guarded
@takes_options
def stream(
    source: Source,
    *,
    # all options, by tools/signatures.py
    tokenizer: table.LiveTokenizer = "qwen3",
    chat_template: table.ChatTemplate = None,
    template_kwargs: table.TemplateArguments = None,
    stop_tokens: table.StopTokens = None,
    thinking: table.Thinking = None,
    date: table.DateToPrint = None,
    dialect: table.Dialect | None = None,
    tools: table.ToolList = None,
    layout: table.Layout = None,
    verdict: table.Verdict = "refuse",
    repair: bool = True,
    validation: table.Validation = "mask",
    on_error: table.OnError = "quarantine",
    max_rejected: float | None = None,
    loss: table.Loss = None,
    samples: table.Samples = "conversation",
    history: table.History = "mask",
    on_inexact: table.OnInexact = "reject",
    boundary: table.Boundary = "prompt",
    max_length: int = 8192,
    over_length: table.OverLength = "split",
    packing: table.Packing = "best_fit",
    sample_multiple: int = 1,
    shuffle_window: int = 0,
    seed: int = 0,
    columns: table.ColumnChoice = "trl",
    if_exists: table.IfExists = "error",
    threads: int | None = None,
    memory_limit: table.ByteSize | None = None,
    max_line_bytes: table.ByteSize = 67_108_864,
    max_depth: int = 256,
    tokenizer_backend: table.TokenizerBackend = "auto",
    progress: table.ProgressOption = None,
    # end of options
) -> RowStream:
    """The rows that `pack` would write, as an Arrow stream; nothing is written.

    Args:
        source: as in `pack`.
        tokenizer: Built-in name (qwen3, qwen3-instruct-2507, qwen2.5, gpt-oss), folder with tokenizer.json,
            tokenizer.json, hub name, or a live tokenizers/transformers tokenizer.
        chat_template: Another chat template: its source or its path.
        template_kwargs: More template arguments, by name.
        stop_tokens: Tokens that end a turn; by default those that generation_config.json and eos_token name, or,
            where these end no turn, the ones that the template ends turns with.
        thinking: Serving mode to prepare for, on or off; by default the template's own.
        date: Date that templates print, YYYY-MM-DD. Default: today, UTC; recorded.
        dialect: gpt-oss as its chat template prints it (hf, the default), or as its library does (harmony).
        tools: JSON file with the tool list of records that declare none, or the job description of distil rows.
        layout: How records are laid out: a name (openai, anthropic, sharegpt, distil, ...; docs/layouts.md lists
            them), a JSON file, or a mapping such as {'messages': 'dialog', 'roles': {'caller': 'user'}}; by default
            it is recognized record by record.
        verdict: Records that are judged (label, kto_tag) or hold a better and a worse side (chosen, rejected): reject
            them (refuse), leave out what was judged bad and train the better side (better), or train them unjudged
            (ignore).
        repair: Mend what can be mended without loss, and count it; else it is an error.
        validation: What a wrong call does: its turn is not trained (mask), its record is rejected (reject), it is
            counted only (warn), or not looked for (off).
        on_error: Keep bad records in the rejects file (quarantine), or stop at the first (raise).
        max_rejected: Most rejected records: a count, or a fraction below 1 judged at the end.
        loss: What is trained: every assistant turn (assistant), the last one (last_turn), those after the last user
            message (last_round), calls without text and reasoning (tool_calls), turns that do not call
            (final_answer), every assistant turn without its reasoning (no_reasoning), every byte (all), or weights by
            field; by default what the layout means.
        samples: A sample is all of it (conversation), or each trained turn (turn) or round (round) with all before
            it.
        history: Turns whose prompt in the row differs from serving: not trained (mask), trained all the same (keep),
            in a sample of their own with all before them (expand), or printed in place as last turns are (inline).
        on_inexact: A turn whose sampled text is not proved: its record is rejected (reject), or it is context
            (mask_turn).
        boundary: Cut text for encoding where serving cuts it (prompt), or nowhere, as transformers does (whole).
        max_length: Most tokens in a row.
        over_length: Conversations longer than a row: parts that fit, each turn trained once (split), cut after the
            last turn that fits (truncate), left out (drop), or the end of the run (error).
        packing: How rows are filled: from a bounded pool (best_fit), with all samples in memory, fullest (bfd), as
            one stream cut where a row is full (wrapped), or one sample a row (none).
        sample_multiple: Count each sample as rounded up to a multiple of this many tokens when rows are filled.
        shuffle_window: Shuffle finished rows inside a window of this many; 0 keeps their order.
        seed: Seed of the shuffle.
        columns: Columns: what a trainer reads (trl, axolotl), or names.
        if_exists: Refuse to touch an output that exists (error), or replace it atomically at the end (overwrite).
        threads: Worker threads; one per processor by default.
        memory_limit: Bytes for records in flight (one half) and for the caches of all workers (the other), as a
            number or like "2 GiB".
        max_line_bytes: Longest line that is read, in bytes or like "64 MiB"; longer ones are rejected.
        max_depth: Deepest JSON nesting that is read; deeper records are rejected.
        tokenizer_backend: The fast engine where it recognizes the tokenizer (auto), or the reference always
            (reference).
        progress: Report while it runs: by itself on standard error (None), not at all (False), or to a callable that
            gets a Progress about five times a second.

    Returns:
        An object with `__arrow_c_stream__`; columns and types as in `pack`.

    Raises:
        TooltrainError: as in `pack`. What goes wrong later is raised by the library that reads, in its own way;
            `report()` then raises the error itself.

    Example:
        >>> import polars as pl
        >>> import tooltrain_fast as tt
        >>> rows = pl.DataFrame(tt.stream("examples/shards/*.jsonl"))
        >>> rows["input_ids"].list.len().max() <= 8192
        True
    """
    options = options_in(locals())
    given = core_source(source)
    with resolved(options) as chosen:
        return RowStream(_core.stream(given, core_json(chosen), "pack"))
