use super::*;
use crate::options::{History, Options, OverLength};
use crate::run::recipe;

fn prepare(line: &str, options: &Options) -> Prepared {
    recipe(options, &[]).unwrap().worker().prepare(line.as_bytes(), Source::default()).unwrap()
}

fn up_to(max_length: u32, over_length: OverLength) -> Options {
    Options { max_length, over_length, ..Options::default() }
}

/// A record of these messages, and of a tool whose definition has some fifty tokens.
fn with_tool(messages: &[String]) -> String {
    let tool = r#"{"type": "function", "function": {"name": "look_up", "description": "looks a word up in the dictionary that was loaded last", "parameters": {"type": "object", "properties": {"word": {"type": "string"}}}}}"#;
    format!(r#"{{"messages": [{}], "tools": [{tool}]}}"#, messages.join(", "))
}

fn say(role: &str, words: usize) -> String {
    format!(r#"{{"role": "{role}", "content": "{}"}}"#, "word ".repeat(words).trim_end())
}

fn call(word: &str) -> String {
    format!(
        r#"{{"role": "assistant", "tool_calls": [{{"id": "{word}", "type": "function", "function": {{"name": "look_up", "arguments": {{"word": "{word}"}}}}}}]}}"#
    )
}

fn result(word: &str, words: usize) -> String {
    format!(
        r#"{{"role": "tool", "tool_call_id": "{word}", "content": "{}"}}"#,
        "word ".repeat(words).trim_end()
    )
}

fn named(prepared: &Prepared) -> Vec<(Code, &str, &str)> {
    let findings = prepared.findings.iter();
    findings.map(|finding| (finding.code, &*finding.pointer, &*finding.message)).collect()
}

/// out = in + repeated - dropped, with no part below zero.
fn assert_parts_add_up(prepared: &Prepared) {
    for ledger in [&prepared.tokens, &prepared.trained] {
        let dropped: i64 = ledger.dropped.values().sum();
        assert!(ledger.repeated >= 0 && ledger.dropped.values().all(|&tokens| tokens >= 0), "{ledger:?}");
        assert_eq!(ledger.out, ledger.tokens_in + ledger.repeated - dropped, "{ledger:?}");
    }
}

#[test]
fn a_conversation_that_is_left_out_is_named_with_what_it_held() {
    let line = with_tool(&[say("user", 300), say("assistant", 20)]);
    for policy in [OverLength::Drop, OverLength::Truncate, OverLength::Split] {
        let prepared = prepare(&line, &up_to(200, policy));
        assert_eq!(prepared.bucket, Bucket::OverLength);
        let [(Code::ConversationOverLength, "", message)] = named(&prepared)[..] else {
            panic!("{policy:?}: {:?}", prepared.findings)
        };
        let lost = format!(
            "{} tokens, {} of them trained, are more than max_length 200 and left out",
            prepared.tokens.tokens_in, prepared.trained.tokens_in
        );
        assert!(message.starts_with(&lost), "{policy:?}: {message}");
        assert_eq!(prepared.tokens.dropped.values().sum::<i64>(), prepared.tokens.tokens_in);
        assert_eq!((prepared.tokens.repeated, prepared.trained.repeated), (0, 0));
        assert_parts_add_up(&prepared);
    }
}

#[test]
fn a_truncated_conversation_is_named_at_the_first_message_that_is_left_out() {
    let line = with_tool(&[say("user", 9), say("assistant", 9), say("user", 300), say("assistant", 9)]);
    let prepared = prepare(&line, &up_to(250, OverLength::Truncate));
    assert_eq!(prepared.bucket, Bucket::Packed);
    let [(Code::ConversationTruncated, "/messages/2", message)] = named(&prepared)[..] else {
        panic!("{:?}", prepared.findings)
    };
    let (tokens, trained) = (prepared.tokens.dropped["truncated"], prepared.trained.dropped["truncated"]);
    assert_eq!(
        message,
        format!(
            "{tokens} tokens, {trained} of them trained, from here on are beyond max_length 250 and left out"
        )
    );
    assert_parts_add_up(&prepared);
}

#[test]
fn a_turn_that_fits_no_row_is_named_and_the_others_are_packed() {
    let line = with_tool(&[say("user", 9), say("assistant", 9), say("user", 300), say("assistant", 9)]);
    let prepared = prepare(&line, &up_to(250, OverLength::Split));
    assert_eq!((prepared.bucket, prepared.samples.len()), (Bucket::Packed, 1));
    let [(Code::TurnOverLength, "/messages/3", message)] = named(&prepared)[..] else {
        panic!("{:?}", prepared.findings)
    };
    assert!(message.ends_with("of this turn and what belongs to it do not fit max_length 250"), "{message}");
    assert_parts_add_up(&prepared);
}

#[test]
fn results_that_fit_no_piece_are_named() {
    let line = with_tool(&[
        say("user", 9),
        call("one"),
        result("one", 190),
        say("assistant", 120),
        say("user", 9),
        say("assistant", 9),
    ]);
    let prepared = prepare(&line, &up_to(350, OverLength::Split));
    let found = named(&prepared);
    let (code, pointer, _) = found[0];
    assert_eq!((code, pointer, found.len()), (Code::ResultsAtACut, "/messages/2", 1), "{found:?}");
    assert!(prepared.tokens.dropped["results_at_a_cut"] > 190);
    assert_parts_add_up(&prepared);
}

#[test]
fn a_piece_without_a_trained_turn_is_named() {
    let unweighted = say("assistant", 100).replace("\"content\"", "\"weight\": 0, \"content\"");
    let line = with_tool(&[say("user", 9), unweighted, say("user", 9), say("assistant", 100)]);
    let prepared = prepare(&line, &up_to(300, OverLength::Split));
    let [(Code::UntrainedPiece, "/messages/1", message)] = named(&prepared)[..] else {
        panic!("{:?}", prepared.findings)
    };
    let tokens = prepared.tokens.dropped["untrained_piece"];
    assert_eq!(
        message,
        format!("the piece that ends here has {tokens} tokens, 0 of them trained, and is left out")
    );
    assert_parts_add_up(&prepared);
}

/// Qwen3 prints the leading line ends of an answer in history, and not in the last round.
#[test]
fn what_only_the_whole_prints_is_dropped_and_never_repeated_below_zero() {
    let opened = say("assistant", 60).replace("\"word", "\"\\n\\n\\nword");
    let line = format!(
        r#"{{"messages": [{}, {opened}, {}, {}]}}"#,
        say("user", 9),
        say("user", 9),
        say("assistant", 60)
    );
    for history in [History::Mask, History::Keep, History::Expand] {
        for max_length in [90, 100, 120] {
            let options = Options { history, ..up_to(max_length, OverLength::Split) };
            assert_parts_add_up(&prepare(&line, &options));
        }
    }
    let prepared = prepare(&line, &up_to(100, OverLength::Split));
    assert_eq!(prepared.samples.len(), 2);
    assert!(prepared.trained.dropped["shorter_pieces"] > 0, "{:?}", prepared.trained);
}

fn hint_of_nothing(prepared: &Prepared) -> &str {
    prepared.findings.iter().find(|finding| finding.code == Code::NothingToTrain).unwrap().hint_text()
}

#[test]
fn history_is_named_where_it_is_why_nothing_is_trained() {
    let line = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "reasoning_content": "hm", "content": "yes", "weight": 1}, {"role": "user", "content": "and?"}, {"role": "assistant", "content": "no", "weight": 0}]}"#;
    let prepared = prepare(line, &Options::default());
    assert_eq!(prepared.bucket, Bucket::NothingToTrain);
    let hint = hint_of_nothing(&prepared);
    assert!(hint.contains("history=\"expand\"") && hint.contains("history=\"keep\""), "{hint}");
    let reasons = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "reasoning_content": "hm", "content": "yes"}]}"#;
    let prepared = prepare(reasons, &Options { thinking: Some(false), ..Options::default() });
    assert!(hint_of_nothing(&prepared).contains("thinking=False"));
    let keep = Options { history: History::Keep, ..Options::default() };
    assert_eq!(prepare(line, &keep).bucket, Bucket::Packed);
    let weightless = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": [{"type": "text", "text": "a", "weight": 0}], "weight": 0}]}"#;
    let prepared = prepare(weightless, &Options::default());
    assert!(!hint_of_nothing(&prepared).contains("history="));
}
