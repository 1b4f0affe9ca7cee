//! Small conversations there and back.

use std::sync::Arc;

use super::*;
use crate::options::Validation;

fn converter(to: Dialect) -> Converter {
    let options = Options { validation: Validation::Warn, ..Options::default() };
    Converter::new(to, Arc::new(ParseOptions::default()), &options)
}

fn convert(record: &str, to: Dialect) -> Converted {
    converter(to).convert(record.as_bytes())
}

/// The row as it is written, which is not rejected.
fn row(record: &str, to: Dialect) -> String {
    let converted = convert(record, to);
    assert!(!converted.is_rejected(), "{:?}", converted.findings);
    converted.rows.trim_end().to_owned()
}

fn losses(record: &str, to: Dialect) -> Vec<(String, String)> {
    let lost = |finding: &Finding| finding.code == Code::LostInConversion;
    convert(record, to)
        .findings
        .into_iter()
        .filter(lost)
        .map(|finding| (finding.pointer, finding.message))
        .collect()
}

const NUMBERS: &str =
    r#"{"z": 1E5, "a": [2.50, 1e400, 123456789012345678901234567890], "n": null, "é": "\u00e9"}"#;

fn weather(arguments: &str) -> String {
    format!(
        r#"{{"messages": [{{"role": "user", "content": "Rome?"}}, {{"role": "assistant", "content": null, "tool_calls": [{{"id": "a", "type": "function", "function": {{"name": "f", "arguments": {arguments}}}}}]}}, {{"role": "tool", "tool_call_id": "a", "content": "18"}}, {{"role": "assistant", "content": "18 degrees."}}], "tools": [{{"type": "function", "function": {{"name": "f", "parameters": {{"type": "object", "maximum": 1.0}}}}}}]}}"#
    )
}

#[test]
fn messages_keep_the_record_as_it_is() {
    let record = weather(NUMBERS);
    let again = row(&record, Dialect::Messages);
    assert_eq!(again, record);
    assert_eq!(losses(&record, Dialect::Messages), []);
}

#[test]
fn spelling_of_numbers_and_keys_survives_in_every_dialect() {
    let record = weather(NUMBERS);
    let in_a_string = serde_json::to_string(NUMBERS).unwrap();
    let in_a_string = in_a_string.trim_matches('"');
    assert!(row(&record, Dialect::Messages).contains(NUMBERS));
    assert!(row(&record, Dialect::OpenAi).contains(in_a_string));
    assert!(row(&record, Dialect::ShareGpt).contains(in_a_string));
    assert!(row(&record, Dialect::Distil).contains(in_a_string));
    for to in [Dialect::OpenAi, Dialect::Messages] {
        assert!(row(&record, to).contains(r#""maximum": 1.0"#));
        let back = row(&row(&record, to), Dialect::Messages);
        assert!(back.contains(NUMBERS), "{back}");
    }
    let back = row(&row(&record, Dialect::ShareGpt), Dialect::Messages);
    assert!(back.contains(NUMBERS) && back.contains(r#""maximum": 1.0"#), "{back}");
}

#[test]
fn the_hosted_api_gets_text_arguments_and_no_keys_of_others() {
    let record = weather("{\n \"city\": \"Rome\"\n}").replace(
        r#""content": "18 degrees.""#,
        r#""content": "18 degrees.", "reasoning_content": "easy", "weight": 0.5, "extra": 1"#,
    );
    let openai = row(
        &record.replace(r#""name": "f", "param"#, r#""name": "f", "returns": 1, "param"#),
        Dialect::OpenAi,
    );
    assert!(openai.contains(r#""arguments": "{\n \"city\": \"Rome\"\n}""#), "{openai}");
    for key in ["reasoning", "weight", "extra", "returns"] {
        assert!(!openai.contains(key), "{key} in {openai}");
    }
    assert_eq!(
        losses(&record, Dialect::OpenAi),
        [("/messages/3".into(), "the reasoning".into()), ("/messages/3".into(), "the weight".into())]
    );
}

#[test]
fn what_the_hosted_api_refuses_is_said() {
    let record = weather("{}").replace(r#""name": "f""#, r#""name": "my tool""#);
    let converted = convert(&record, Dialect::OpenAi);
    let places: Vec<_> = converted
        .findings
        .iter()
        .filter(|finding| finding.code == Code::OutsideServiceLimits)
        .map(|finding| &*finding.pointer)
        .collect();
    assert_eq!(places, ["/tools/0", "/messages/1/tool_calls/0"]);
    let silent = r#"{"messages": [{"role": "user", "content": "hi"}]}"#;
    let converted = convert(silent, Dialect::OpenAi);
    assert!(converted.is_rejected());
    assert_eq!(converted.findings.last().unwrap().code, Code::NotExpressible);
    assert_eq!(row(silent, Dialect::Messages), silent);
    let renamed = weather("{}").replace(r#""name": "f""#, r#""name": "my_tool""#);
    assert_eq!(convert(&renamed, Dialect::OpenAi).findings, []);
}

#[test]
fn which_turns_are_trained_is_spelled_as_weights() {
    let pair = r#"{"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}], "completion": [{"role": "assistant", "content": "d"}]}"#;
    let openai = row(pair, Dialect::OpenAi);
    assert_eq!(openai.matches(r#""content": "b", "weight": 0"#).count(), 1, "{openai}");
    assert_eq!(openai.matches("weight").count(), 1);
    assert_eq!(losses(pair, Dialect::OpenAi), []);
    let plain = r#"{"prompt": "2+2=", "completion": "4"}"#;
    assert_eq!(losses(plain, Dialect::Messages).len(), 1);
}

#[test]
fn sharegpt_says_calls_in_turns_of_their_own() {
    let record = weather("{\"a\": 1}").replace(r#""content": null"#, r#""content": "Let me see.""#);
    assert_eq!(
        row(&record, Dialect::ShareGpt),
        r#"{"conversations": [{"from": "human", "value": "Rome?"}, {"from": "gpt", "value": "Let me see."}, {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"a\": 1}}"}, {"from": "observation", "value": "18"}, {"from": "gpt", "value": "18 degrees."}], "tools": "[{\"name\": \"f\", \"parameters\": {\"type\": \"object\", \"maximum\": 1.0}}]"}"#
    );
    assert_eq!(
        losses(&record, Dialect::ShareGpt),
        [
            ("/messages/1".into(), "text beside calls became a turn of its own".into()),
            (
                "/messages/1/tool_calls/0".into(),
                "the ids of the calls; results answer them in their order".into()
            )
        ]
    );
}

#[test]
fn distil_asks_for_each_call_that_is_trained() {
    let record = r#"{"messages": [{"role": "system", "content": "Be quick."}, {"role": "user", "content": "list"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "ls", "arguments": "{}"}}]}, {"role": "user", "content": "go"}, {"role": "assistant", "content": "", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "cd", "arguments": {"to": "a"}}}]}], "tools": [{"name": "ls", "parameters": {}}]}"#;
    let converted = convert(record, Dialect::Distil);
    assert_eq!(
        converted.rows,
        concat!(
            r#"{"question": "[{\"role\": \"user\", \"content\": \"list\"}]", "answer": "{\"name\": \"ls\", \"parameters\": {}}"}"#,
            "\n",
            r#"{"question": "[{\"role\": \"user\", \"content\": \"list\"}, {\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"type\": \"function\", \"function\": {\"name\": \"ls\", \"arguments\": {}}}]}, {\"role\": \"user\", \"content\": \"go\"}]", "answer": "{\"name\": \"cd\", \"parameters\": {\"to\": \"a\"}}"}"#,
            "\n"
        )
    );
    assert_eq!(
        converted.job.unwrap().description(),
        concat!(
            r#"{"task_description": "Be quick.", "tools": [{"type": "function", "function": {"name": "ls", "parameters": {}}}]}"#,
            "\n"
        )
    );
    assert!(!convert(record, Dialect::Distil).is_lossy());
}

#[test]
fn distil_lists_what_it_has_no_place_for() {
    let record = weather("{}").replace(r#""content": null"#, r#""content": "Let me see.""#);
    let names: Vec<_> = losses(&record, Dialect::Distil).into_iter().map(|(_, what)| what).collect();
    for what in ["the result of a call", "a turn without a call", "text beside the call that is asked for"] {
        assert!(names.iter().any(|name| name == what), "{what} is not among {names:?}");
    }
    let chat =
        r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]}"#;
    let converted = convert(chat, Dialect::Distil);
    assert!(converted.is_rejected());
    assert_eq!(converted.findings[0].code, Code::NotExpressible);
}

#[test]
fn a_wrong_call_keeps_its_turn_out_of_training_where_validation_masks() {
    let record =
        weather("{}").replace(r#""function": {"name": "f", "arg"#, r#""function": {"name": "g", "arg"#);
    let options = Options { validation: Validation::Mask, ..Options::default() };
    // The tail is kept, so every turn counts as trained and the wrong call is found.
    let mut converter = Converter::new(Dialect::OpenAi, Arc::new(ParseOptions::default()), &options);
    let converted = converter.convert(record.as_bytes());
    assert_eq!(converted.rows.matches(r#""weight": 0"#).count(), 1, "{}", converted.rows);
    assert!(!row(&record, Dialect::OpenAi).contains("weight"));
}

#[test]
fn names_lead_back_to_their_dialects() {
    for dialect in Dialect::ALL {
        assert_eq!(Dialect::from_name(dialect.name()).unwrap(), dialect);
    }
    assert_eq!(Dialect::from_name("alpaca").unwrap_err().kind(), ErrorKind::Options);
}
