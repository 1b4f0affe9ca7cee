//! Whatever the options, each turn is trained in one sample at most, and everyone counts it alike.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tooltrain_core::ledger::Bucket;
use tooltrain_core::options::{History, Loss, LossPreset, Options, OverLength, Samples};
use tooltrain_core::parse::ParseOptions;
use tooltrain_core::prepare::{Prepared, Recipe};
use tooltrain_core::run::recipe;
use tooltrain_core::sample::Source;
use tooltrain_core::tokenize::builtin::Loaded;

/// Turns are known by the word that only they have.
const WORDS: [&str; 12] = [
    "apple", "banana", "cherry", "date", "elder", "fig", "grape", "honey", "iris", "juniper", "kiwi", "lemon",
];

fn user(words: usize) -> Value {
    json!({"role": "user", "content": vec!["word"; words].join(" ")})
}

fn says(turn: usize, words: usize) -> Value {
    let content = format!("{} {}", WORDS[turn], vec!["word"; words].join(" "));
    json!({"role": "assistant", "content": content})
}

fn thinks(turn: usize, words: usize) -> Value {
    let mut message = says(turn, words);
    message["reasoning_content"] = json!(vec!["hm"; words].join(" "));
    message
}

fn calls(turn: usize) -> Value {
    let function = json!({"name": "look_up", "arguments": {"word": WORDS[turn]}});
    let call = json!({"id": format!("call{turn:05}"), "type": "function", "function": function});
    json!({"role": "assistant", "reasoning_content": "so", "tool_calls": [call]})
}

fn result(turn: usize, words: usize) -> Value {
    let id = format!("call{turn:05}");
    json!({"role": "tool", "tool_call_id": id, "content": vec!["found"; words].join(" ")})
}

fn weighed(mut message: Value, weight: f64) -> Value {
    message["weight"] = json!(weight);
    message
}

/// Records, the turns of each in order.
fn records() -> Vec<Value> {
    let tool = json!({"type": "function", "function": {"name": "look_up", "description": "Looks a word up.", "parameters":
        {"type": "object", "properties": {"word": {"type": "string"}}}}});
    let talk: Vec<Value> = (0..12).flat_map(|turn| [user(30), thinks(turn, 12)]).collect();
    let plain: Vec<Value> = (0..8).flat_map(|turn| [user(25), says(turn, 20)]).collect();
    let tools = vec![
        user(20),
        calls(0),
        result(0, 30),
        calls(1),
        result(1, 50),
        thinks(2, 25),
        user(20),
        calls(3),
        result(3, 20),
        says(4, 30),
        user(10),
        thinks(5, 10),
        user(10),
        calls(6),
    ];
    let weights = vec![
        user(20),
        weighed(thinks(0, 10), 0.0),
        user(20),
        weighed(thinks(1, 10), 1.0),
        user(20),
        json!({"role": "assistant", "weight": 0, "content": [
            {"type": "text", "text": "first part,", "weight": 0},
            {"type": "text", "text": format!(" {}", WORDS[2]), "weight": 1},
        ]}),
        user(20),
        json!({"role": "assistant", "content": [
            {"type": "text", "text": WORDS[3]},
            {"type": "text", "text": " and another part", "weight": 0},
        ]}),
        user(20),
        thinks(4, 10),
    ];
    [talk, plain, tools, weights].map(|messages| json!({"messages": messages, "tools": [tool]})).to_vec()
}

fn losses() -> Vec<Option<Loss>> {
    let presets = [LossPreset::LastTurn, LossPreset::ToolCalls, LossPreset::NoReasoning, LossPreset::All];
    let weights = [("text", 1.0), ("call_arguments", 1.0), ("stop", 1.0)];
    let weights = weights.map(|(name, weight)| (name.to_owned(), weight));
    let presets = presets.into_iter().map(|preset| Some(Loss::Preset(preset)));
    presets.chain([None, Some(Loss::Weights(BTreeMap::from(weights)))]).collect()
}

/// The words of the turns that the samples train, once for each time.
fn trained_words(recipe: &Recipe, prepared: &Prepared) -> Vec<&'static str> {
    let mut found = Vec::new();
    for sample in &prepared.samples {
        let ids = sample.trained.iter().flat_map(|run| &sample.ids[run.start as usize..run.end as usize]);
        let ids: Vec<u32> = ids.map(|&id| id as u32).collect();
        let text = recipe.loaded.tokenizer.decode(&ids).unwrap();
        for word in WORDS {
            found.extend(std::iter::repeat_n(word, text.matches(word).count()));
        }
    }
    found
}

fn check(recipe: &Recipe, options: &Options, record: &Value) -> Prepared {
    let prepared = recipe.worker().prepare(record.to_string().as_bytes(), Source::default()).unwrap();
    let case = || format!("{} {options:?} {:?}", recipe.template.name(), prepared.findings);
    assert_ne!(prepared.bucket, Bucket::Rejected, "{}", case());
    let words = trained_words(recipe, &prepared);
    let distinct: BTreeSet<_> = words.iter().collect();
    // What is trained beside turns is context of several samples.
    if options.loss != Some(Loss::Preset(LossPreset::All)) {
        assert_eq!(words.len(), distinct.len(), "a turn is trained twice: {words:?} {}", case());
        assert_eq!(prepared.turns.trained, distinct.len() as u64, "{words:?} {}", case());
        assert_eq!(prepared.trained.repeated, 0);
        // A turn that a cut or truncation makes the last one may be trained there first.
        if options.history != History::Expand && options.over_length == OverLength::Drop {
            assert_eq!(prepared.trained.added, 0, "{}", case());
        }
    }
    assert!(prepared.turns.trained <= prepared.turns.assistant, "{}", case());
    for ledger in [&prepared.tokens, &prepared.trained] {
        let dropped: i64 = ledger.dropped.values().sum();
        assert_eq!(ledger.out, ledger.tokens_in + ledger.added + ledger.repeated - dropped, "{}", case());
    }
    let trained: u64 = prepared.samples.iter().map(tooltrain_core::sample::Sample::trained_tokens).sum();
    assert_eq!(prepared.trained.out, trained as i64);
    prepared
}

/// A family, loaded once for every combination of options.
struct Family {
    options: Options,
    recipe: Recipe,
}

impl Family {
    fn new(options: Options) -> Self {
        let recipe = recipe(&options, &[]).unwrap();
        Self { options, recipe }
    }

    fn qwen3() -> Self {
        Self::new(Options::default())
    }

    fn gpt_oss() -> Self {
        Self::new(Options { tokenizer: "gpt-oss".into(), date: "2026-01-01".into(), ..Options::default() })
    }

    fn in_the_engine() -> Self {
        let source = include_str!("../assets/qwen3/qwen3.jinja");
        let other_digest = format!("{source}{{# another digest #}}");
        Self::new(Options { chat_template: Some(other_digest), ..Options::default() })
    }

    /// The recipe of options that name the same tokenizer and template.
    fn recipe(&self, options: &Options) -> Recipe {
        let Loaded { tokenizer, name, reason, chat_template, special_tokens, eos_tokens, named_templates } =
            &self.recipe.loaded;
        let loaded = Loaded {
            tokenizer: tokenizer.clone(),
            name: name.clone(),
            reason: reason.clone(),
            chat_template: chat_template.clone(),
            special_tokens: special_tokens.clone(),
            eos_tokens: eos_tokens.clone(),
            named_templates: named_templates.clone(),
        };
        let template = self.recipe.template.clone();
        Recipe::new(options, loaded, template, ParseOptions::default(), false).unwrap()
    }

    /// Every combination of options, in an order in which every fifth has each pair of values.
    fn combinations(&self) -> Vec<Options> {
        let mut combinations = Vec::new();
        for history in [History::Mask, History::Keep, History::Expand, History::Inline] {
            for samples in [Samples::Conversation, Samples::Turn, Samples::Round] {
                for loss in losses() {
                    for (over_length, max_length) in LENGTHS {
                        let loss = loss.clone();
                        let options = self.options.clone();
                        combinations.push(Options {
                            history,
                            samples,
                            loss,
                            over_length,
                            max_length,
                            ..options
                        });
                    }
                }
            }
        }
        combinations
    }

    fn check(&self, combinations: impl Iterator<Item = Options>) {
        let records = records();
        for options in combinations {
            let recipe = self.recipe(&options);
            for record in &records {
                check(&recipe, &options, record);
            }
        }
    }

    fn check_every_fifth(&self) {
        self.check(self.combinations().into_iter().step_by(5));
    }
}

const LENGTHS: [(OverLength, u32); 7] = [
    (OverLength::Split, 8192),
    (OverLength::Split, 420),
    (OverLength::Truncate, 300),
    (OverLength::Drop, 420),
    (OverLength::Split, 300),
    (OverLength::Truncate, 420),
    (OverLength::Drop, 300),
];

#[test]
fn in_a_family_that_keeps_the_reasoning_of_the_last_round() {
    Family::qwen3().check_every_fifth();
}

#[test]
fn in_a_family_that_keeps_nothing_before_a_final_answer() {
    Family::gpt_oss().check_every_fifth();
}

#[test]
fn in_a_template_that_the_engine_runs() {
    Family::in_the_engine().check_every_fifth();
}

#[test]
#[ignore = "takes minutes; `make prove` runs it"]
fn under_every_combination_of_options() {
    for family in [Family::qwen3(), Family::gpt_oss(), Family::in_the_engine()] {
        family.check(family.combinations().into_iter());
    }
}

/// What a short run checks has every pair of values that options can have.
#[test]
fn every_fifth_combination_has_each_pair_of_values() {
    let combinations = Family::qwen3().combinations();
    let values = |options: &Options| {
        let Options { history, samples, loss, over_length, max_length, .. } = options;
        [
            format!("{history:?}"),
            format!("{samples:?}"),
            format!("{loss:?}"),
            format!("{over_length:?} {max_length}"),
        ]
    };
    let pairs = |options: &Options| {
        let values = values(options);
        let pair = |one: usize, other: usize| (values[one].clone(), values[other].clone());
        [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)].map(|(one, other)| pair(one, other))
    };
    let all: BTreeSet<_> = combinations.iter().flat_map(pairs).collect();
    let checked: BTreeSet<_> = combinations.iter().step_by(5).flat_map(pairs).collect();
    assert_eq!(all, checked);
}

/// Twelve turns of which a whole shows only the last as serving does: each is trained, once.
#[test]
fn expanding_a_split_conversation_trains_every_turn_once() {
    let family = Family::qwen3();
    for max_length in [8192, 420, 300] {
        let options = Options { history: History::Expand, max_length, ..Options::default() };
        let prepared = check(&family.recipe(&options), &options, &records()[0]);
        assert_eq!((prepared.turns.trained, prepared.turns.assistant), (12, 12), "{max_length}");
        assert!(prepared.trained.added > 0);
    }
}

/// One law for the whole and for a sample per turn, for what is counted and what is in the samples.
#[test]
fn a_part_with_a_weight_in_a_turn_of_weight_0_is_trained_whatever_a_sample_is() {
    let family = Family::qwen3();
    for samples in [Samples::Conversation, Samples::Turn, Samples::Round] {
        for history in [History::Mask, History::Keep, History::Expand, History::Inline] {
            let options = Options { samples, history, thinking: Some(false), ..Options::default() };
            let recipe = family.recipe(&options);
            let line = r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "weight": 0, "content": [{"type": "text", "text": "one", "weight": 0}, {"type": "text", "text": " two", "weight": 1}]}]}"#;
            let prepared = recipe.worker().prepare(line.as_bytes(), Source::default()).unwrap();
            assert_eq!((prepared.turns.trained, prepared.turns.assistant), (1, 1), "{samples:?} {history:?}");
            let sample = &prepared.samples[0];
            let [run] = sample.trained[..] else { panic!("{:?}", sample.trained) };
            let ids: Vec<u32> =
                sample.ids[run.start as usize..run.end as usize].iter().map(|&id| id as u32).collect();
            assert_eq!(recipe.loaded.tokenizer.decode(&ids).unwrap(), " two");
        }
    }
}
