// The table of error codes. Included by `error.rs`; one row per code:
// Variant = name, exception, what it means, what to do about it.
error_codes! {
    UnknownOption = "unknown_option", Options,
        "No option has this name.",
        "The message names the nearest option; docs/options.md lists all of them.";
    RenamedOption = "renamed_option", Options,
        "The option has another name now.",
        "Write the name that the message gives.";
    InvalidOption = "invalid_option", Options,
        "An option has a value that cannot be used.",
        "Choose one of the values that the message names.";
    ConflictingOptions = "conflicting_options", Options,
        "Two options, or an option and the input, contradict each other.",
        "Change one of the two.";
    InvalidSource = "invalid_source", Options,
        "The source is neither a path, nor a list of paths, nor a frame.",
        "Give a path, a glob pattern, a directory, a list of those, or a frame.";
    InvalidOutput = "invalid_output", Options,
        "The name of the output does not lead to a form that can be written.",
        "End it in the suffix that the hint names.";
    OutputIsInput = "output_is_input", Options,
        "The output would replace an input.",
        "Write to another place, or narrow the pattern of the inputs.";
    UnsupportedColumns = "unsupported_columns", Options,
        "The file does not have the columns that the trainer reads.",
        "Write the file again with the columns that the hint names.";
    NoRows = "no_rows", Options,
        "The file has no rows, so there is nothing to train on.",
        "Read in the report what happened to the records.";
    StreamUsed = "stream_used", Options,
        "A stream of rows can be read once, and this one was.",
        "Call stream() again, or keep what was read in a table.";
    StreamNotFinished = "stream_not_finished", Options,
        "The report of a stream exists only when all rows were read.",
        "Read the stream to its end first.";
    InputNotFound = "input_not_found", NotFound,
        "A named input does not exist.",
        "Correct the path.";
    NoInputMatches = "no_input_matches", NotFound,
        "A pattern or a directory leads to no shard.",
        "Check the pattern and the suffixes of the files; name other files directly.";
    ReadFailed = "read_failed", Read,
        "Reading an input failed for a reason of the operating system.",
        "Check the permissions and the disk.";
    UnsupportedInput = "unsupported_input", Read,
        "The input is of a kind that is not read.",
        "The hint names what is read instead.";
    NotPacked = "not_packed", Read,
        "The file was not written by pack() or tokenize().",
        "Give a file that pack() or tokenize() wrote.";
    DamagedOutput = "damaged_output", Read,
        "A written file was cut or changed after it was written.",
        "Pack again.";
    DamagedShard = "damaged_shard", DamagedShard,
        "An input is damaged: truncated or corrupt compression, wrong checksum.",
        "Fetch or write the shard again.";
    InputChanged = "input_changed", InputChanged,
        "An input changed while it was read.",
        "Run again when nothing writes to the inputs.";
    WriteFailed = "write_failed", Write,
        "Writing the output failed; nothing was published.",
        "Check the permissions and the room on the disk.";
    OutputExists = "output_exists", OutputExists,
        "The output exists, and if_exists=\"error\".",
        "Choose another name, or set if_exists=\"overwrite\".";
    OutputInUse = "output_in_use", OutputExists,
        "Another run writes this output.",
        "Wait for it, or choose another name.";
    RecordRejected = "record_rejected", Rejected,
        "A record was rejected, and on_error=\"raise\".",
        "Fix the record, or set on_error=\"quarantine\".";
    TooManyRejected = "too_many_rejected", TooManyRejected,
        "More records were rejected than max_rejected allows.",
        "Fix the shards, or raise max_rejected.";
    OverLength = "over_length", OverLength,
        "A conversation is longer than max_length, and over_length=\"error\".",
        "Raise max_length, or set over_length=\"split\".";
    TokenizerNotFound = "tokenizer_not_found", Tokenizer,
        "The tokenizer does not exist.",
        "Give a built-in name, a folder that has tokenizer.json, or a hub name.";
    TokenizerUnusable = "tokenizer_unusable", Tokenizer,
        "The tokenizer cannot be read, or has features that exact ids do not allow.",
        "The message names the feature; save the tokenizer again without it.";
    HubUnavailable = "hub_unavailable", Tokenizer,
        "The tokenizer could not be fetched from the hub.",
        "Give a folder that has tokenizer.json.";
    TemplateNotFound = "template_not_found", Template,
        "There is no chat template.",
        "Give one with chat_template=: a built-in name, a path, or the template itself.";
    TemplateUnusable = "template_unusable", Template,
        "The chat template cannot be run, or its turns cannot be determined exactly.",
        "Give another one with chat_template=.";
    OutOfRange = "out_of_range", OutOfRange,
        "There is no such row, record or line.",
        "The message has the number of rows, records or lines.";
    Interrupted = "interrupted", Interrupted,
        "The run was interrupted from outside; existing output was left unchanged.",
        "Run again.";
    Internal = "internal", Internal,
        "A promise of this package does not hold.",
        "This is a bug in tooltrain_fast; please report it with the message.";
}
