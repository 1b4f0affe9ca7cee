//! Mutations of what was made of a conversation: every one breaks a law, and every law has one that only
//! it finds.

use std::collections::{BTreeMap, BTreeSet};

use tooltrain_core::conversation::{Conversation, Role};
use tooltrain_core::loss::decide;
use tooltrain_core::mask::LossPolicy;
use tooltrain_core::options::{History, Options};
use tooltrain_core::parse::{self, ParseOptions};
use tooltrain_core::prepare::Recipe;
use tooltrain_core::render::fitting::fit;
use tooltrain_core::render::{Field, NO_MESSAGE, Origin, RenderOptions, Rendered, Serving, Span};
use tooltrain_core::run::recipe;
use tooltrain_core::sample::TrainedRun;
use tooltrain_core::self_check::{Checked, Law, broken};
use tooltrain_core::tokenize::cut::Cutter;
use tooltrain_core::tokenize::masked::{self, Tokens};

const QWEN3: &str = include_str!("../../assets/qwen3/qwen3.jinja");

/// A conversation with all that was made of it, to be corrupted.
struct Made {
    conversation: Conversation<'static>,
    rendered: Rendered,
    tokens: Tokens,
    policy: LossPolicy,
    options: RenderOptions,
}

struct Family {
    recipe: Recipe,
    options: Options,
}

impl Family {
    fn new(options: Options) -> Self {
        Self { recipe: recipe(&options, &[]).unwrap(), options }
    }

    fn make(&self, line: &str) -> Option<Made> {
        let mut scratch = parse::Scratch::default();
        let parsed = parse::parse(line.as_bytes(), &mut scratch, &ParseOptions::default()).unwrap();
        let mut conversation = parsed.conversation.into_owned();
        let template = self.recipe.template.as_ref();
        if let Some(fitted) = fit(&conversation, template, &mut Vec::new()).ok()? {
            conversation = fitted.into_owned();
        }
        decide(&mut conversation, None);
        let options = RenderOptions { date: "2026-11-20".into(), ..RenderOptions::default() };
        let mut rendered = Rendered::default();
        template.render(&conversation, &options, &mut rendered, &mut Vec::new()).ok()?;
        let policy = LossPolicy { loss: None, history: self.options.history, thinking: template.thinks() };
        policy.weigh(&conversation, &mut rendered);
        let mut made = Made { conversation, rendered, tokens: Tokens::default(), policy, options };
        self.tokenize(&mut made);
        Some(made)
    }

    fn tokenize(&self, made: &mut Made) {
        let tokenizer = &self.recipe.loaded.tokenizer;
        let markers = self.recipe.template.content_markers();
        let cutter = Cutter::new(tokenizer.added_tokens(), markers, self.options.boundary);
        let mut encoder = tokenizer.encoder();
        let mut scratch = masked::Scratch::default();
        made.tokens =
            masked::tokenize(&made.rendered, &[], &cutter, encoder.as_mut(), &mut scratch, true).unwrap();
    }

    fn laws(&self, made: &Made) -> BTreeSet<Law> {
        let checked = Checked {
            conversation: &made.conversation,
            rendered: &made.rendered,
            tokens: &made.tokens,
            template: self.recipe.template.as_ref(),
            options: &made.options,
            policy: &made.policy,
            added: self.recipe.loaded.tokenizer.added_tokens(),
        };
        broken(&checked).into_iter().map(|broken| broken.law).collect()
    }
}

fn families() -> Vec<Family> {
    let named = |tokenizer: &str| Options { tokenizer: tokenizer.into(), ..Options::default() };
    let engine = format!("{QWEN3}{{# the same text, another digest #}}");
    vec![
        Family::new(named("qwen3")),
        Family::new(named("qwen2.5")),
        Family::new(named("gpt-oss")),
        Family::new(Options { dialect: Some("harmony".into()), ..named("gpt-oss") }),
        Family::new(Options { chat_template: Some(engine), ..Options::default() }),
        Family::new(Options { history: History::Keep, ..Options::default() }),
    ]
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("../templates/shapes.jsonl").lines()
}

#[test]
fn what_is_made_of_every_shape_keeps_every_law() {
    for family in families() {
        let mut made = 0;
        for line in lines() {
            let Some(row) = family.make(line) else { continue };
            assert_eq!(family.laws(&row), BTreeSet::new(), "{} on {line}", family.recipe.template.name());
            made += 1;
        }
        assert!(made > 15, "{}", family.recipe.template.name());
    }
}

/// Moves the border between two spans by one character, and the borders of turns that lie there.
fn move_border(made: &mut Made, span: usize, forward: bool) -> bool {
    let border = made.rendered.spans[span].end;
    let text = &made.rendered.text;
    let to = if forward {
        text[border as usize..].chars().next().map(|c| border + c.len_utf8() as u32)
    } else {
        text[..border as usize].chars().next_back().map(|c| border - c.len_utf8() as u32)
    };
    let Some(to) = to else { return false };
    let (before, after) = (made.rendered.spans[span], made.rendered.spans[span + 1]);
    if to <= before.start || to >= after.end {
        return false;
    }
    made.rendered.spans[span].end = to;
    made.rendered.spans[span + 1].start = to;
    for turn in &mut made.rendered.turns {
        for place in [&mut turn.sampled.start, &mut turn.sampled.end] {
            if *place == border {
                *place = to;
            }
        }
    }
    true
}

/// Borders whose place means something: between spans that differ in what they train, or in whose bytes
/// they are. Where one call ends and its syntax begins is the template's word only.
fn matters(before: &Span, after: &Span) -> bool {
    before.sampled != after.sampled || before.origin != after.origin
}

#[test]
fn a_border_moved_by_one_character_breaks_a_law() {
    for family in families() {
        let mut moved = 0;
        for line in lines() {
            let Some(whole) = family.make(line) else { continue };
            for span in 0..whole.rendered.spans.len() - 1 {
                let (before, after) = (whole.rendered.spans[span], whole.rendered.spans[span + 1]);
                if !matters(&before, &after) || is_white_space_at_an_edge(&whole, span) {
                    continue;
                }
                for forward in [false, true] {
                    let mut made = family.make(line).unwrap();
                    if !move_border(&mut made, span, forward) {
                        continue;
                    }
                    family.tokenize(&mut made);
                    assert!(
                        !family.laws(&made).is_empty(),
                        "{}: {:?} | {:?} moved {} in {line}",
                        family.recipe.template.name(),
                        &whole.rendered.text[before.range()],
                        &whole.rendered.text[after.range()],
                        if forward { "on" } else { "back" },
                    );
                    moved += 1;
                }
            }
        }
        assert!(moved > 300, "{}: {moved}", family.recipe.template.name());
    }
}

/// Templates trim what is said, so white space at its edge may be anybody's.
fn is_white_space_at_an_edge(made: &Made, span: usize) -> bool {
    let border = made.rendered.spans[span].end as usize;
    let (before, after) = made.rendered.text.split_at(border);
    let edge = before.ends_with(char::is_whitespace) || after.starts_with(char::is_whitespace);
    let (one, other) = (made.rendered.spans[span], made.rendered.spans[span + 1]);
    edge && one.sampled == other.sampled
}

#[test]
fn every_span_given_to_another_owner_breaks_a_law() {
    for family in families() {
        let mut given = 0;
        for line in lines() {
            let Some(whole) = family.make(line) else { continue };
            for span in 0..whole.rendered.spans.len() {
                let old = whole.rendered.spans[span];
                if old.message == NO_MESSAGE || matches!(old.field, Field::Header | Field::ToolDefinition) {
                    continue;
                }
                let messages = whole.conversation.messages.len() as u32;
                let mut made = family.make(line).unwrap();
                made.rendered.spans[span].message = (old.message + 1) % messages;
                assert!(!family.laws(&made).is_empty(), "{old:?} in {line}");
                given += 1;
            }
        }
        assert!(given > 100, "{}: {given}", family.recipe.template.name());
    }
}

#[test]
fn every_span_of_another_weight_breaks_a_law() {
    for family in families() {
        for line in lines() {
            let Some(whole) = family.make(line) else { continue };
            for span in 0..whole.rendered.spans.len() {
                for again in [false, true] {
                    let mut made = family.make(line).unwrap();
                    let weight = &mut made.rendered.spans[span].weight;
                    *weight = 1.0 - *weight;
                    if again {
                        family.tokenize(&mut made);
                    }
                    assert!(!family.laws(&made).is_empty(), "span {span} in {line}");
                }
            }
        }
    }
}

#[test]
fn every_token_of_another_weight_breaks_a_law() {
    let family = Family::new(Options::default());
    for line in lines() {
        let Some(whole) = family.make(line) else { continue };
        for token in 0..whole.tokens.ids.len() as u32 {
            let mut made = family.make(line).unwrap();
            let trained: Vec<bool> = (0..made.tokens.ids.len() as u32)
                .map(|at| {
                    made.tokens.trained.iter().any(|run| run.start <= at && at < run.end) != (at == token)
                })
                .collect();
            made.tokens.trained = (0..)
                .zip(trained)
                .filter(|(_, trained)| *trained)
                .map(|(start, _)| TrainedRun { start, end: start + 1, weight: 1.0 })
                .collect();
            assert_eq!(family.laws(&made), BTreeSet::from([Law::Tokens]), "token {token} in {line}");
        }
    }
}

/// A mutation that one law alone finds, by the name of what it does.
type Mutation = (&'static str, Law, fn(&Family, &mut Made));

fn of_field(made: &Made, field: Field) -> usize {
    made.rendered
        .spans
        .iter()
        .position(|span| span.field == field && span.origin != Origin::Template)
        .unwrap()
}

const MUTATIONS: &[Mutation] = &[
    ("a span ends a byte early and leaves a gap", Law::Tiling, |_, made| {
        let user = of_field(made, Field::User);
        made.rendered.spans[user].end -= 1;
    }),
    ("a header counts as sampled", Law::Turns, |_, made| {
        let turn = made.rendered.turns[0].sampled.start;
        let header = made.rendered.spans.iter().position(|span| span.end == turn).unwrap();
        made.rendered.spans[header].sampled = true;
    }),
    ("the result of a call is taken for the result of another", Law::Owner, |_, made| {
        let result = of_field(made, Field::ToolResult);
        let last = made.rendered.spans.iter().rposition(|span| span.field == Field::ToolResult).unwrap();
        let (one, other) = (made.rendered.spans[result].message, made.rendered.spans[last].message);
        made.rendered.spans[result].message = other;
        made.rendered.spans[last].message = one;
    }),
    ("what the user says may become content markers", Law::Origin, |_, made| {
        let user = of_field(made, Field::User);
        made.rendered.spans[user].origin = Origin::Content;
    }),
    ("the last letter of the header counts as sampled", Law::Prompt, |family, made| {
        let turn = made.rendered.turns[0].sampled.start;
        let header = made.rendered.spans.iter().position(|span| span.end == turn).unwrap();
        move_border(made, header, false);
        family.tokenize(made);
    }),
    ("the stop token is no stop token", Law::Stop, |_, made| {
        let stop = made.rendered.spans.iter().position(|span| span.field == Field::Stop).unwrap();
        made.rendered.spans[stop].field = Field::Text;
    }),
    ("a turn that serving would prompt otherwise takes its header along", Law::RoleHeader, |family, made| {
        let start = made.rendered.turns[0].sampled.start;
        let header = family.recipe.template.generation_prompt(&made.options).unwrap().len() as u32;
        made.rendered.turns[0].serving = Serving::PromptDiffers;
        let span = made.rendered.spans.iter().position(|span| span.end == start).unwrap();
        let span = &mut made.rendered.spans[span];
        assert_eq!(span.start, start - header);
        (span.sampled, span.field) = (true, Field::Text);
        made.rendered.turns[0].sampled.start = start - header;
        for message in &mut made.conversation.messages {
            message.decided.weight = 0.0;
        }
        made.rendered.spans.iter_mut().for_each(|span| span.weight = 0.0);
        // The row is one that a template without the prompt of serving could have printed.
        made.options.inline = true;
        family.tokenize(made);
    }),
    ("a turn of weight 0 is trained", Law::Weights, |family, made| {
        for message in made.conversation.messages.iter_mut().filter(|m| m.role == Role::Assistant) {
            message.decided.weight = 0.0;
        }
        family.tokenize(made);
    }),
    ("a token is trained that covers the header", Law::Tokens, |_, made| {
        made.tokens.trained[0].start -= 1;
    }),
    ("a stop token is made of what the user says", Law::ControlTokens, |family, made| {
        let id = family.recipe.loaded.tokenizer.added_tokens()[2].id as i32;
        let user = made.rendered.spans[of_field(made, Field::User)];
        let token = made.tokens.ends.iter().position(|end| *end > user.start).unwrap();
        made.tokens.ids[token] = id;
    }),
];

#[test]
fn every_law_has_a_mutation_that_only_it_finds() {
    let family = Family::new(Options::default());
    let line = lines().find(|line| line.contains("\"parallel calls\"")).unwrap();
    let mut found = BTreeMap::new();
    for (name, law, mutate) in MUTATIONS {
        let mut made = family.make(line).unwrap();
        mutate(&family, &mut made);
        assert_eq!(family.laws(&made), BTreeSet::from([*law]), "{name}");
        found.insert(*law, *name);
    }
    assert_eq!(found.len(), 10);
}
