//! The middle of the flow: one line -> samples. Parse, validate, render, tokenize; no files.
//!
//! Everything that a run decides once is in [`Recipe`]; what a worker needs for itself (caches,
//! memory that is used again) is in [`Worker`]. A line in, a [`Prepared`] out, whoever reads the lines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::conversation::{Conversation, Place, Role};
use crate::error::{Error, ErrorKind, Result};
use crate::finding::{Code, Finding};
use crate::mask::{LossPolicy, pin_weights, turn_weight};
use crate::nearest::choice_hint;
use crate::options::{History, Loss, Options, OverLength, Packing, Rows};
use crate::parse::{self, ParseOptions};
use crate::pieces;
use crate::render::{
    Certificate, ChatTemplate, Field, RenderOptions, Rendered, Serving, certificate_cache, fitting, inline,
    plain,
};
use crate::report::{self, Bucket};
use crate::sample::{Sample, Source};
use crate::self_check::{self, Checked};
use crate::tokenize::builtin::Loaded;
use crate::tokenize::cut::Cutter;
use crate::tokenize::masked::{self, Tokens};
use crate::tokenize::{CacheMemory, Encoder};
use crate::validate::{ValidateOptions, Validator, Verdict};
use crate::write::ColumnSet;

/// One record in so many is held against the laws of [`self_check`], by its line, so that the same ones are
/// in every run. Builds for tests check all.
const CHECKED_LINES: i64 = 1024;

/// What a run decided about preparing conversations; shared by all workers.
pub struct Recipe {
    /// The tokenizer with what its folder says.
    pub loaded: Loaded,
    /// The chat template.
    pub template: Arc<dyn ChatTemplate>,
    /// Digest of the shared tool list, if there is one.
    pub tools_sha256: Option<String>,
    parse: ParseOptions,
    validate: ValidateOptions,
    render: RenderOptions,
    policy: LossPolicy,
    cutter: Cutter,
    rows: Rows,
    over_length: OverLength,
    /// Most tokens of a sample; `None` where rows are cut from one stream.
    longest: Option<usize>,
    /// Whether a column can say weights other than 0 and 1.
    says_weights: bool,
    eos: String,
    caches: CacheMemory,
}

impl Recipe {
    /// Resolves options into a recipe.
    pub fn new(
        options: &Options,
        loaded: Loaded,
        template: Arc<dyn ChatTemplate>,
        parse: ParseOptions,
    ) -> Result<Self> {
        if options.thinking.is_some() && !template.thinks() {
            return Err(Error::new(
                ErrorKind::Options,
                format!("thinking: the {} template has no thinking mode", template.name()),
            )
            .hint("leave thinking out"));
        }
        check_weights(options.loss.as_ref())?;
        check_template_kwargs(options)?;
        check_stops(&loaded, template.as_ref())?;
        let cutter =
            Cutter::new(loaded.tokenizer.added_tokens(), template.content_markers(), options.boundary);
        let eos = loaded.special_token("eos_token").to_owned();
        Ok(Self {
            parse,
            validate: ValidateOptions::from_options(options),
            render: RenderOptions {
                thinking: options.thinking,
                inline: options.history == History::Inline,
                date: options.date.clone(),
                template_kwargs: options
                    .template_kwargs
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_string()))
                    .collect(),
                on_inexact: options.on_inexact,
            },
            policy: LossPolicy {
                loss: options.loss.clone(),
                history: options.history,
                thinking: template.thinks() && options.thinking != Some(false),
            },
            cutter,
            rows: options.rows,
            over_length: options.over_length,
            says_weights: ColumnSet::from_options(options)?.can_say_weights(),
            longest: (options.packing != Packing::Wrapped).then_some(options.max_length as usize),
            eos,
            caches: CacheMemory::of_run(options),
            loaded,
            template,
            tools_sha256: None,
        })
    }

    /// The serving mode in words, for the report's first line.
    #[must_use]
    pub fn serving(&self) -> &'static str {
        match (self.template.thinks(), self.render.thinking) {
            (false, _) => "no thinking mode",
            (true, None) => "thinking on (the template's own default)",
            (true, Some(true)) => "thinking on",
            (true, Some(false)) => "thinking off",
        }
    }

    /// What is known about the template under the options of the run.
    #[must_use]
    pub fn certificate(&self) -> Arc<Certificate> {
        certificate_cache::certificate(self.template.as_ref(), self.loaded.tokenizer.digest(), &self.render)
    }

    /// A worker of its own for one thread.
    #[must_use]
    pub fn worker(&self) -> Worker<'_> {
        Worker {
            recipe: self,
            scratch: parse::Scratch::default(),
            validator: Validator::new(self.validate.clone()),
            rendered: Rendered::default(),
            encoder: self.loaded.tokenizer.encoder_within(self.caches),
            tokens: masked::Scratch::default(),
            clock: StageClock::default(),
            reused_before: 0,
            checks: false,
            unfit: None,
        }
    }
}

/// What a record or another option says cannot be said once more for the template alone: spans would not
/// know of it.
fn check_template_kwargs(options: &Options) -> Result<()> {
    for name in options.template_kwargs.keys() {
        let hint = match name.as_str() {
            "enable_thinking" | "thinking" => "give the mode with thinking=",
            "messages" | "tools" => "records say that; tools= gives a list that they share",
            "add_generation_prompt" => "leave it out: prompts are printed where they are needed",
            _ => continue,
        };
        let message = format!("template_kwargs: {name} is not for the template alone");
        return Err(Error::new(ErrorKind::Options, message).hint(hint));
    }
    Ok(())
}

/// A model stops at a token: text that merely looks like one would be trained in vain.
fn check_stops(loaded: &Loaded, template: &dyn ChatTemplate) -> Result<()> {
    let Some(stop) = template.stop_tokens().first() else { return Ok(()) };
    if loaded.tokenizer.added_tokens().iter().any(|token| token.content == *stop) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Template,
        format!(
            "the {} template ends turns with {stop}, and the tokenizer {} has no such token",
            template.name(),
            loaded.name
        ),
    )
    .hint("give the tokenizer that belongs to the template with tokenizer="))
}

/// Weights are given to fields that exist, and are numbers that a loss can be multiplied with.
fn check_weights(loss: Option<&Loss>) -> Result<()> {
    let Some(Loss::Weights(weights)) = loss else { return Ok(()) };
    for (name, weight) in weights {
        if !Field::ALL.iter().any(|field| field.as_str() == name) {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
            return Err(Error::new(ErrorKind::Options, format!("loss: no field is called {name:?}"))
                .hint(choice_hint(name, &known)));
        }
        if !weight.is_finite() || *weight < 0.0 {
            return Err(Error::new(ErrorKind::Options, format!("loss: the weight of {name} is {weight}"))
                .hint("weights are finite and not below 0"));
        }
    }
    Ok(())
}

/// Time that a worker spent in each stage.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageClock {
    /// Bytes to conversation.
    pub parse: Duration,
    /// Findings and repairs.
    pub validate: Duration,
    /// Conversation to text with provenance and weights.
    pub render: Duration,
    /// Text to ids and mask.
    pub tokenize: Duration,
}

impl StageClock {
    /// The stages' shares of `processor` seconds. Reading the processor's clock around every stage of
    /// every record would cost more than some stages; so the block is measured, and shared out by
    /// wall time.
    #[must_use]
    pub fn share(&self, processor: Duration) -> report::Seconds {
        let wall = (self.parse + self.validate + self.render + self.tokenize).as_secs_f64();
        let scale = if wall > 0.0 { processor.as_secs_f64() / wall } else { 0.0 };
        let share = |stage: Duration| stage.as_secs_f64() * scale;
        report::Seconds {
            parse: share(self.parse),
            validate: share(self.validate),
            render: share(self.render),
            tokenize: share(self.tokenize),
            ..report::Seconds::default()
        }
    }
}

/// Tokens of one record: out = in + repeated - dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLedger {
    /// Tokens of the whole conversation as one row.
    pub tokens_in: i64,
    /// Tokens that stand in more than one sample, or that printing pieces anew added or saved.
    pub repeated: i64,
    /// Tokens left out, by the policy that did it.
    pub dropped: BTreeMap<&'static str, i64>,
    /// Tokens in the samples.
    pub out: i64,
}

impl TokenLedger {
    /// Adds this record to the ledger of its block, where `out` is counted by the writer.
    pub fn add_to(&self, ledger: &mut report::TokenLedger) {
        ledger.r#in += self.tokens_in as u64;
        ledger.repeated += self.repeated;
        for (policy, &tokens) in &self.dropped {
            ledger.drop(policy, tokens.max(0) as u64);
        }
    }

    fn balance(&mut self) {
        self.repeated = self.out + self.dropped.values().sum::<i64>() - self.tokens_in;
    }
}

/// What became of one line.
#[derive(Debug)]
pub struct Prepared {
    /// Where it ended.
    pub bucket: Bucket,
    /// Its samples in order; none unless it is packed.
    pub samples: Vec<Sample>,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Its assistant turns.
    pub turns: report::Turns,
    /// Its tokens.
    pub tokens: TokenLedger,
    /// Its trained tokens.
    pub trained: TokenLedger,
}

impl Prepared {
    pub(crate) fn new(bucket: Bucket, findings: Vec<Finding>) -> Self {
        Self {
            bucket,
            samples: Vec::new(),
            findings,
            turns: report::Turns::default(),
            tokens: TokenLedger::default(),
            trained: TokenLedger::default(),
        }
    }

    fn take(&mut self, tokens: Tokens, source: Source) {
        self.tokens.out += tokens.ids.len() as i64;
        self.trained.out += tokens.trained_tokens() as i64;
        self.turns.straddling_tokens += tokens.straddling;
        let source = Source { part: self.samples.len() as i32, ..source };
        self.samples.push(Sample { ids: tokens.ids, trained: tokens.trained, source });
    }

    /// Counts what `policy` left out. Less than nothing was left out where a shorter print trains more
    /// than the whole does; the balance then finds it as repeated.
    fn drop_tokens(&mut self, policy: &'static str, tokens: i64, trained: i64) {
        *self.tokens.dropped.entry(policy).or_default() += tokens.max(0);
        *self.trained.dropped.entry(policy).or_default() += trained.max(0);
    }
}

/// One conversation as text and tokens, for looking at.
#[derive(Debug)]
pub struct Shown {
    /// Text with provenance and weights.
    pub rendered: Rendered,
    /// Ids, mask and token ends.
    pub tokens: Tokens,
    /// Everything found.
    pub findings: Vec<Finding>,
    /// Role of each message that spans refer to, and its position in the record.
    pub messages: Vec<(Role, u32)>,
}

/// A conversation that was rendered and tokenized.
struct Row {
    tokens: Tokens,
    turns: report::Turns,
}

/// Prepares lines on one thread.
pub struct Worker<'r> {
    recipe: &'r Recipe,
    scratch: parse::Scratch,
    validator: Validator,
    rendered: Rendered,
    encoder: Box<dyn Encoder>,
    tokens: masked::Scratch,
    clock: StageClock,
    /// Of the encoder's reused bytes, those that were asked for.
    reused_before: u64,
    /// Whether the rows of this record are held against the laws of [`self_check`].
    checks: bool,
    /// Why a piece of the conversation at hand cannot be rendered.
    unfit: Option<Finding>,
}

impl Worker<'_> {
    /// Time spent since the last call, by stage.
    pub fn take_clock(&mut self) -> StageClock {
        std::mem::take(&mut self.clock)
    }

    /// Bytes of text since the last call whose token ids were there already.
    pub fn take_reused_bytes(&mut self) -> u64 {
        let reused = self.encoder.reused_bytes();
        reused - std::mem::replace(&mut self.reused_before, reused)
    }

    /// Prepares the record in `line`. An error ends the run; what is wrong with the record alone is
    /// in the findings.
    pub fn prepare(&mut self, line: &[u8], source: Source) -> Result<Prepared> {
        let (mut conversation, mut findings) = match self.read(line) {
            Ok(read) => read,
            Err((bucket, findings)) => return Ok(Prepared::new(bucket, findings)),
        };
        match fitting::fit(&conversation, self.recipe.template.as_ref(), &mut findings) {
            Ok(None) => {}
            Ok(Some(fitted)) => conversation = fitted,
            Err(finding) => {
                findings.push(finding);
                return Ok(Prepared::new(Bucket::Rejected, findings));
            }
        }
        pin_weights(&mut conversation, self.recipe.policy.loss.as_ref());
        let rows = pieces::rows(&conversation, self.recipe.rows);
        let mut prepared = Prepared::new(Bucket::NothingToTrain, Vec::new());
        self.checks = cfg!(debug_assertions) || source.line % CHECKED_LINES == 1;
        let outcome = match &rows {
            None => self.whole(&conversation, source, &mut prepared, &mut findings),
            Some(rows) => self.each(rows, source, &mut prepared, &mut findings),
        };
        // A piece that the template does not print costs its record, not the run.
        let outcome = match self.unfit.take() {
            Some(finding) if outcome.is_err() => Err(finding),
            _ => outcome?,
        };
        match outcome {
            Ok(()) => {}
            Err(finding) => {
                findings.push(finding);
                return Ok(Prepared::new(Bucket::Rejected, findings));
            }
        }
        prepared.tokens.balance();
        prepared.trained.balance();
        if !prepared.samples.is_empty() {
            prepared.bucket = Bucket::Packed;
        } else if !prepared.tokens.dropped.is_empty() {
            prepared.bucket = Bucket::OverLength;
        }
        if prepared.bucket == Bucket::NothingToTrain
            && !findings.iter().any(|finding| finding.code == Code::NothingToTrain)
        {
            let message = "no turn is shown the prompt that serving would show, so none is trained";
            findings.push(Finding::new(Code::NothingToTrain, "", message));
        }
        prepared.findings = findings;
        Ok(prepared)
    }

    /// Renders and tokenizes the record in `line` for looking at.
    pub fn show(&mut self, line: &[u8]) -> Result<std::result::Result<Shown, Vec<Finding>>> {
        let (mut conversation, mut findings) = match self.read(line) {
            Ok(read) => read,
            Err((_, findings)) => return Ok(Err(findings)),
        };
        match fitting::fit(&conversation, self.recipe.template.as_ref(), &mut findings) {
            Ok(None) => {}
            Ok(Some(fitted)) => conversation = fitted,
            Err(finding) => {
                findings.push(finding);
                return Ok(Err(findings));
            }
        }
        pin_weights(&mut conversation, self.recipe.policy.loss.as_ref());
        if let Err(finding) = self.render(&conversation, &mut findings) {
            findings.push(finding);
            return Ok(Err(findings));
        }
        self.recipe.policy.weigh(&conversation, &mut self.rendered);
        let tokens = self.encode(true)?;
        if let Err(finding) = self.check(&conversation, &tokens) {
            findings.push(finding);
            return Ok(Err(findings));
        }
        let messages = conversation.messages.iter().map(|message| (message.role, message.index)).collect();
        Ok(Ok(Shown { rendered: self.rendered.clone(), tokens, findings, messages }))
    }

    /// Parses and validates.
    fn read<'a>(
        &mut self,
        line: &'a [u8],
    ) -> std::result::Result<(Conversation<'a>, Vec<Finding>), (Bucket, Vec<Finding>)> {
        let begun = Instant::now();
        let parsed = parse::parse(line, &mut self.scratch, &self.recipe.parse);
        let parsed_at = Instant::now();
        self.clock.parse += parsed_at - begun;
        let parsed = parsed.map_err(|findings| (Bucket::Rejected, findings))?;
        let (mut conversation, mut findings) = (parsed.conversation, parsed.findings);
        let verdict = self.validator.validate(&mut conversation, &mut findings);
        self.clock.validate += parsed_at.elapsed();
        match verdict {
            Verdict::Accept => Ok((conversation, findings)),
            Verdict::Reject => Err((Bucket::Rejected, findings)),
            Verdict::NothingToTrain => Err((Bucket::NothingToTrain, findings)),
        }
    }

    /// The conversation as one row, and what expanding or its length makes of it.
    fn whole(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<(), Finding>> {
        let row = match self.row(conversation, findings)? {
            Ok(row) => row,
            Err(finding) => return Ok(Err(finding)),
        };
        let expanded: Vec<usize> = if self.recipe.policy.history == History::Expand {
            let differs = self.rendered.turns.iter().filter(|turn| turn.serving != Serving::Consistent);
            differs.map(|turn| turn.message as usize).collect()
        } else {
            Vec::new()
        };
        prepared.turns.merge(&row.turns);
        self.place(conversation, row, source, prepared)?;
        for position in expanded {
            if turn_weight(&conversation.messages[position]) == 0.0 {
                continue;
            }
            let piece = pieces::up_to_turn(conversation, position);
            let row = match self.row(&piece, &mut Vec::new())? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            prepared.turns.trained += row.turns.trained;
            prepared.turns.trained_without_reasoning += row.turns.trained_without_reasoning;
            let before = prepared.tokens.tokens_in;
            let trained_before = prepared.trained.tokens_in;
            self.place(&piece, row, source, prepared)?;
            prepared.tokens.tokens_in = before;
            prepared.trained.tokens_in = trained_before;
        }
        Ok(Ok(()))
    }

    /// Each piece as a row. Only the last one counts as read; the others repeat what it holds.
    fn each(
        &mut self,
        rows: &[Conversation<'_>],
        source: Source,
        prepared: &mut Prepared,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<(), Finding>> {
        for (order, piece) in rows.iter().enumerate() {
            let mut own = Vec::new();
            let row = match self.row(piece, &mut own)? {
                Ok(row) => row,
                Err(finding) => return Ok(Err(finding)),
            };
            prepared.turns.merge(&row.turns);
            if order + 1 == rows.len() {
                findings.append(&mut own);
            }
            prepared.tokens.tokens_in = 0;
            self.place(piece, row, source, prepared)?;
        }
        Ok(Ok(()))
    }

    /// Puts a row into the samples, or does what the policy says where it is too long.
    fn place(
        &mut self,
        conversation: &Conversation<'_>,
        row: Row,
        source: Source,
        prepared: &mut Prepared,
    ) -> Result<()> {
        if row.tokens.trained.is_empty() {
            return Ok(());
        }
        let (tokens, trained) = (row.tokens.ids.len() as i64, row.tokens.trained_tokens() as i64);
        prepared.tokens.tokens_in += tokens;
        prepared.trained.tokens_in += trained;
        let Some(longest) = self.recipe.longest.filter(|&longest| row.tokens.ids.len() > longest) else {
            prepared.take(row.tokens, source);
            return Ok(());
        };
        match self.recipe.over_length {
            OverLength::Drop => prepared.drop_tokens("over_length", tokens, trained),
            OverLength::Error => {
                return Err(Error::new(
                    ErrorKind::OverLength,
                    format!("the conversation has {tokens} tokens, more than max_length {longest}"),
                )
                .hint("raise max_length, or choose over_length=\"split\""));
            }
            OverLength::Truncate => self.truncate(conversation, source, prepared, (tokens, trained))?,
            OverLength::Split => self.split(conversation, source, prepared, &row)?,
        }
        Ok(())
    }

    /// Keeps the messages up to the last turn that fits.
    fn truncate(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        (tokens, trained): (i64, i64),
    ) -> Result<()> {
        let turns: Vec<usize> = conversation.assistant_turns().collect();
        let mut kept = None;
        for &last in &turns {
            let (row, fits) = self.measure(&pieces::prefix(conversation, last))?;
            if !fits {
                break;
            }
            kept = Some(row);
        }
        match kept.filter(|row| !row.tokens.trained.is_empty()) {
            None => prepared.drop_tokens("truncated", tokens, trained),
            Some(row) => {
                prepared.drop_tokens(
                    "truncated",
                    tokens - row.tokens.ids.len() as i64,
                    trained - row.tokens.trained_tokens() as i64,
                );
                prepared.take(row.tokens, source);
            }
        }
        Ok(())
    }

    /// Splits into sub-conversations that fit.
    fn split(
        &mut self,
        conversation: &Conversation<'_>,
        source: Source,
        prepared: &mut Prepared,
        whole: &Row,
    ) -> Result<()> {
        let by_message = self.tokens_by_message(conversation)?;
        let carries_tools = self.recipe.template.tools_in_first_user_message();
        let split = pieces::split(conversation, carries_tools, |piece| self.measure(piece))?;
        prepared.turns.trained -= whole.turns.trained;
        prepared.turns.trained_without_reasoning -= whole.turns.trained_without_reasoning;
        let mut printed = vec![false; conversation.messages.len()];
        for position in split.too_long {
            let (tokens, trained) = by_message[position];
            prepared.drop_tokens("turn_over_length", tokens, trained);
            printed[position] = true;
        }
        for piece in split.pieces {
            piece.holds.iter().for_each(|&position| printed[position] = true);
            let row = piece.made;
            if row.tokens.trained.is_empty() {
                prepared.drop_tokens("untrained_piece", row.tokens.ids.len() as i64, 0);
                continue;
            }
            prepared.turns.trained += row.turns.trained;
            prepared.turns.trained_without_reasoning += row.turns.trained_without_reasoning;
            prepared.take(row.tokens, source);
        }
        for ((tokens, trained), _) in by_message.into_iter().zip(printed).filter(|(_, printed)| !printed) {
            prepared.drop_tokens("results_at_a_cut", tokens, trained);
        }
        Ok(())
    }

    /// Renders and tokenizes a candidate, and says whether it fits.
    fn measure(&mut self, piece: &Conversation<'_>) -> Result<(Row, bool)> {
        if let Err(finding) = self.render(piece, &mut Vec::new()) {
            let message = format!("a piece cannot be rendered although the whole can: {finding}");
            self.unfit = Some(finding);
            return Err(Error::new(ErrorKind::Internal, message));
        }
        let turns = self.recipe.policy.weigh(piece, &mut self.rendered);
        let tokens = self.encode(false)?;
        let fits = self.recipe.longest.is_none_or(|longest| tokens.ids.len() <= longest);
        Ok((Row { tokens, turns }, fits))
    }

    /// Tokens and trained tokens of each message of the whole conversation.
    fn tokens_by_message(&mut self, conversation: &Conversation<'_>) -> Result<Vec<(i64, i64)>> {
        if self.render(conversation, &mut Vec::new()).is_err() {
            return Ok(vec![(0, 0); conversation.messages.len()]);
        }
        self.recipe.policy.weigh(conversation, &mut self.rendered);
        let tokens = self.encode(true)?;
        let mut counts = vec![(0, 0); conversation.messages.len()];
        let mut spans = self.rendered.spans.iter().peekable();
        let mut runs = tokens.trained.iter().peekable();
        for (token, &end) in (0u32..).zip(&tokens.ends) {
            while spans.next_if(|span| span.end < end).is_some() {}
            while runs.next_if(|run| run.end <= token).is_some() {}
            let Some(count) = spans.peek().and_then(|span| counts.get_mut(span.message as usize)) else {
                continue;
            };
            count.0 += 1;
            count.1 += i64::from(runs.peek().is_some_and(|run| run.start <= token));
        }
        Ok(counts)
    }

    /// Renders, weighs, and tokenizes where anything is trained.
    fn row(
        &mut self,
        conversation: &Conversation<'_>,
        findings: &mut Vec<Finding>,
    ) -> Result<std::result::Result<Row, Finding>> {
        if let Err(finding) = self.render(conversation, findings) {
            return Ok(Err(finding));
        }
        let begun = Instant::now();
        let turns = self.recipe.policy.weigh(conversation, &mut self.rendered);
        self.clock.render += begun.elapsed();
        if let Some(finding) = self.lost_weight(conversation) {
            return Ok(Err(finding));
        }
        let trains = self.rendered.spans.iter().any(|span| span.weight != 0.0);
        let tokens = if trains { self.encode(false)? } else { Tokens::default() };
        if trains && self.checks {
            let without_reuse = self.encode(true)?;
            if (&tokens.ids, &tokens.trained) != (&without_reuse.ids, &without_reuse.trained) {
                return Err(Error::new(ErrorKind::Internal, "reused token ids differ from fresh ones"));
            }
            if let Err(finding) = self.check(conversation, &without_reuse) {
                return Ok(Err(finding));
            }
        }
        Ok(Ok(Row { tokens, turns }))
    }

    /// Holds what was made of a conversation against the laws that it has to keep.
    fn check(&self, conversation: &Conversation<'_>, tokens: &Tokens) -> std::result::Result<(), Finding> {
        let checked = Checked {
            conversation,
            rendered: &self.rendered,
            tokens,
            template: self.recipe.template.as_ref(),
            options: &self.recipe.render,
            policy: &self.recipe.policy,
            added: self.recipe.loaded.tokenizer.added_tokens(),
        };
        match self_check::broken(&checked).first() {
            None => Ok(()),
            Some(broken) => {
                Err(Finding::new(Code::SpansNotProvable, "", format!("a self-check fails: {broken}")))
            }
        }
    }

    /// A weight that a mask would make 1 without a word.
    fn lost_weight(&self, conversation: &Conversation<'_>) -> Option<Finding> {
        let fractional = |weight: f32| weight != 0.0 && (weight - 1.0).abs() > 0.0;
        if self.recipe.says_weights {
            return None;
        }
        let span = self.rendered.spans.iter().find(|span| fractional(span.weight))?;
        let message = conversation.messages.get(span.message as usize)?;
        Some(Finding::new(
            Code::WeightWithoutColumn,
            conversation.places.pointer(Place::Message(message.index)),
            format!("a loss weight is {}, and the columns have no place for it", span.weight),
        ))
    }

    fn render(
        &mut self,
        conversation: &Conversation<'_>,
        findings: &mut Vec<Finding>,
    ) -> std::result::Result<(), Finding> {
        let begun = Instant::now();
        self.rendered.clear();
        let outcome = if conversation.plain {
            plain::render(conversation, &self.recipe.eos, &mut self.rendered);
            Ok(())
        } else {
            let (template, options) = (self.recipe.template.as_ref(), &self.recipe.render);
            inline::render_row(template, conversation, options, &mut self.rendered, findings)
        };
        debug_assert!(outcome.is_err() || self.rendered.is_well_formed(), "spans do not tile the text");
        self.clock.render += begun.elapsed();
        outcome
    }

    fn encode(&mut self, with_ends: bool) -> Result<Tokens> {
        let begun = Instant::now();
        let tokens = masked::tokenize(
            &self.rendered,
            &self.recipe.cutter,
            self.encoder.as_mut(),
            &mut self.tokens,
            with_ends,
        );
        self.clock.tokenize += begun.elapsed();
        tokens
    }
}
