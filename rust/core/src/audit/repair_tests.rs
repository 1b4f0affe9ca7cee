use super::*;

/// What becomes of a record, and of what it became.
fn repair(line: &str) -> FixedRecord {
    let (options, validate) = (ParseOptions::default(), ValidateOptions::default());
    let mut scratch = Scratch::default();
    let mut parsed = parse::parse(line.as_bytes(), &mut scratch, &options).unwrap();
    Validator::new(validate.clone()).validate(&mut parsed.conversation, &mut parsed.findings);
    Repairer::new(validate).write(line.as_bytes(), &parsed.conversation, &parsed.findings, &options)
}

fn becomes(before: &str, after: &str) {
    assert_eq!(repair(before), FixedRecord::Repaired(after.to_owned()), "{before}");
    assert_eq!(repair(after), FixedRecord::AsItWas(after.to_owned()), "repaired once is enough");
}

#[test]
fn what_needs_no_repair_keeps_every_byte() {
    let line = r#"{"x":1E5, "messages" : [{"role":"user","content":"h\u0069"},{"role":"assistant","content":"ho","y":null}]}"#;
    assert_eq!(repair(line), FixedRecord::AsItWas(line.to_owned()));
    let spread = "{\"messages\":\n [{\"role\": \"user\", \"content\": \"a\"},\r\n {\"role\": \"assistant\", \"content\": \"b\"}]}";
    assert_eq!(repair(spread), FixedRecord::AsItWas(spread.replace(['\n', '\r'], " ")));
}

#[test]
fn ids_are_made_and_renamed_in_pairs() {
    becomes(
        r#"{"id": 1.50, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"b": 2.50, "a": 1E5}}}]}, {"role": "tool", "content": "1", "extra": {"k": 1e400}}, {"role": "assistant", "content": "y"}]}"#,
        r#"{"id": 1.50, "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": {"b": 2.50, "a": 1E5}}}]}, {"role": "tool", "content": "1", "extra": {"k": 1e400}, "tool_call_id": "call_1"}, {"role": "assistant", "content": "y"}]}"#,
    );
    becomes(
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "2"}, {"role": "assistant", "content": "y"}]}"#,
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "tool_calls": [{"id": "call_1", "function": {"name": "f", "arguments": "{}"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "2"}, {"role": "assistant", "content": "y"}]}"#,
    );
}

#[test]
fn results_are_put_in_order_and_a_tail_goes() {
    becomes(
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}, {"id": "b", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "b", "content": "2"}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "assistant", "content": "y"}, {"role": "user", "content": "thanks"}]}"#,
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "f", "arguments": {}}}, {"id": "b", "function": {"name": "f", "arguments": {}}}]}, {"role": "tool", "tool_call_id": "a", "content": "1"}, {"role": "tool", "tool_call_id": "b", "content": "2"}, {"role": "assistant", "content": "y"}]}"#,
    );
}

#[test]
fn roles_parts_refusals_and_empty_lists_are_written_as_they_are_read() {
    becomes(
        r#"{"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "a\u00e9"}, {"type": "text", "text": "b"}]}, {"role": "assistant", "content": null, "refusal": "no", "tool_calls": []}]}"#,
        r#"{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "aéb"}, {"role": "assistant", "content": "no"}]}"#,
    );
    becomes(
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "refusal": "no"}]}"#,
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "no"}]}"#,
    );
}

#[test]
fn function_calls_become_tool_calls() {
    becomes(
        r#"{"functions": [{"name": "f", "parameters": {}}], "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{\"n\": 1.0}"}}, {"role": "function", "name": "f", "content": "1"}, {"role": "assistant", "content": "y"}]}"#,
        r#"{"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "f", "arguments": "{\"n\": 1.0}"}}]}, {"role": "tool", "name": "f", "content": "1", "tool_call_id": "call_0"}, {"role": "assistant", "content": "y"}]}"#,
    );
}

#[test]
fn parts_with_weights_and_other_layouts_are_left_as_they_were() {
    for left in [
        r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": [{"type": "text", "text": "a", "weight": 0}, {"type": "text", "text": "b"}]}]}"#,
        r#"{"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}, {"from": "human", "value": "z"}]}"#,
    ] {
        assert_eq!(repair(left), FixedRecord::Left(left.to_owned()));
    }
}

#[test]
fn a_line_of_a_rejects_file_gives_the_record_back() {
    let record = r#"{"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}"#;
    let mut raw = String::new();
    print_json_string(record, &mut raw);
    let reject = format!(r#"{{"code": "role_missing", "raw": {raw}}}"#);
    assert_eq!(repair(&reject), FixedRecord::AsItWas(record.to_owned()));
    let tail = record.replace("]}", r#", {"role": "user", "content": "z"}]}"#);
    let mut raw = String::new();
    print_json_string(&tail, &mut raw);
    assert_eq!(
        repair(&format!(r#"{{"code": "x", "raw": {raw}}}"#)),
        FixedRecord::Repaired(record.to_owned())
    );
}
