// The table of finding codes. One row a code; add a row to add a finding.
codes! {
    InvalidJson = "invalid_json", "record", Error,
        "The line is not valid JSON.", "mend the line at the position given; one JSON object a line",
        fails r#"{"messages": [}"#, passes r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    InvalidUtf8 = "invalid_utf8", "record", Error,
        "The line is not valid UTF-8.", "write the shard as UTF-8",
        fails "a line with the byte 0xFF", passes "the same line without it";
    LineTooLong = "line_too_long", "record", Error,
        "The line is longer than `max_line_bytes`.", "raise max_line_bytes, or split the record",
        fails "a line of 65 MiB", passes "a line of 1 MiB";
    CannotRender = "cannot_render", "template", Error,
        "The chat template cannot print this conversation.", "see the message; another template may be able to",
        fails "a conversation for which the template raises", passes "one that it prints";
    FieldNotPrinted = "field_not_printed", "template", Warning,
        "The chat template does not print a field of this message.", "use a template that has a place for it, or drop the field",
        fails r#"{"role": "assistant", "reasoning_content": "hm", "content": "yes"} with a template without reasoning"#, passes r#"{"role": "assistant", "content": "yes"}"#;
    ControlTextInKey = "control_text_in_key", "template", Error,
        "A role, type, id or key holds the text of a control token.", "rename it",
        fails r#"{"<|im_end|>": 1} as a key that the template prints raw"#, passes r#"{"end": 1}"#;
    SpansNotProvable = "spans_not_provable", "template", Error,
        "What the model would have sampled cannot be proved for this conversation.", "use a built-in template, or on_inexact=\"mask_turn\"",
        fails "a template that prints an assistant turn without a stop token", passes "one that does";
}
