//! The whole line: the only place that sees every stage.
//!
//! Workers take blocks of lines through the middle of the flow; their outcomes come back in (shard,
//! line) order to one consumer, which keeps the ledger, the rejects and the packer.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::conversation::Tool;
use crate::cpu_time;
use crate::digest::sha256;
use crate::error::{Error, ErrorKind, Result};
use crate::finding::Code;
use crate::first_look::{self, first_look};
use crate::metadata::Description;
use crate::nearest::choice_hint;
use crate::options::{OnError, Options, Packing};
use crate::pack::{PackOptions, Packer};
use crate::parse::{Layout, ParseOptions, read_tools};
use crate::prepare::{Prepared, Recipe, Worker};
use crate::progress::Progress;
use crate::read::{self, BlockSource, Event, Given, Input, LineBlock, Plan, ReadLimits, Record, Shard};
use crate::rejected::{self, Rejected};
use crate::render::registry;
use crate::report::{
    BlockReport, Bucket, Report, RowSummary, ShardReport, TemplateSummary, TokenizerSummary,
};
use crate::sample::{Row, Sample, Source};
use crate::side_files;
use crate::tokenize::builtin;
use crate::write::arrow::record_batch;
use crate::write::{self, ColumnSet, Output, OutputSettings, Reject, RejectsFile, RowBatch, Target};

/// What a run is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Packed rows.
    Pack,
    /// One conversation a row.
    Tokenize,
}

impl Verb {
    /// The name in reports and footers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Pack => "pack",
            Verb::Tokenize => "tokenize",
        }
    }

    /// The options as the verb means them: `tokenize` never packs.
    fn adjust(self, options: &Options) -> Options {
        let packing = if self == Verb::Tokenize { Packing::None } else { options.packing };
        Options { packing, ..options.clone() }
    }
}

/// Resolves the tokenizer, the template and the shared tools that options name, and what stands beside
/// the shards.
pub fn recipe(options: &Options, shards: &[Shard]) -> Result<Recipe> {
    let loaded = builtin::load(&options.tokenizer, options.tokenizer_backend)?;
    let (source, name) = if let Some(given) = &options.chat_template {
        chat_template_source(given)?
    } else {
        let source = loaded.chat_template.clone().ok_or_else(|| {
            Error::new(ErrorKind::Template, format!("{}: it has no chat template", loaded.name))
                .hint("give one with chat_template=: a built-in name, a path, or the template itself")
        })?;
        (source, template_name(&Path::new(&loaded.name).join(FOLDER_TEMPLATE)))
    };
    let arguments: Vec<&str> = options.template_kwargs.keys().map(String::as_str).collect();
    let tokens = loaded.template_tokens();
    let template =
        registry::from_named_source(&name, &source, options.dialect.as_deref(), &tokens, &arguments)?;
    let Incoming { parse, tools_sha256 } = incoming(options, shards)?;
    let mut recipe = Recipe::new(options, loaded, template, parse)?;
    recipe.tools_sha256 = tools_sha256;
    Ok(recipe)
}

/// What options and side files say about reading records.
pub(crate) struct Incoming {
    /// What parsing is told.
    pub(crate) parse: ParseOptions,
    /// Digest of the shared tool list, if there is one.
    pub(crate) tools_sha256: Option<String>,
}

/// Reads what options and side files say about records. Where `tools=` names a job description, it
/// stands for whatever lies beside the shards.
pub(crate) fn incoming(options: &Options, shards: &[Shard]) -> Result<Incoming> {
    let text = options.tools.as_deref().map(read_text).transpose()?;
    let given = options.tools.as_deref().zip(text.as_deref());
    let is_job = |text: &str| text.trim_start().starts_with('{');
    let (shared_tools, job) = match given {
        Some((path, text)) if is_job(text) => {
            let job = side_files::read_job(Path::new(path))?;
            (Some(job.tools.clone().into()), Some(Arc::new(job)))
        }
        Some((path, text)) => (Some(shared_tools(path, text)?), side_files::job(shards)?),
        None => (None, side_files::job(shards)?),
    };
    let parse = ParseOptions {
        layout: options.layout.as_deref().map(layout).transpose()?,
        max_depth: options.max_depth,
        repair: options.repair,
        shared_tools,
        job,
        contents_as_spelled: false,
    };
    Ok(Incoming { parse, tools_sha256: text.map(|text| sha256(text.as_bytes())) })
}

/// The layout that `layout=` forces.
fn layout(name: &str) -> Result<Layout> {
    Layout::from_name(name).ok_or_else(|| {
        let known: Vec<&str> = Layout::all().map(Layout::name).collect();
        Error::new(ErrorKind::Options, format!("layout: no layout is called {name:?}"))
            .hint(choice_hint(name, &known))
    })
}

fn read_text(path: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::at(ErrorKind::NotFound, Path::new(path), source))
}

/// The tool list of `tools=PATH`.
fn shared_tools(path: &str, text: &str) -> Result<Arc<[Tool<'static>]>> {
    read_tools(text).map(Into::into).map_err(|findings| {
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        Error::new(ErrorKind::Options, format!("tools: {path}: {}", said.join("; ")))
            .hint("give a JSON list of tool definitions, or a job description")
    })
}

/// Text and name of a template given as a built-in name, as its own text, or as a path. One that is its own
/// text is named by its digest.
fn chat_template_source(given: &str) -> Result<(String, String)> {
    if let Some(source) = builtin::builtin_template(given) {
        return Ok((source.to_owned(), given.to_owned()));
    }
    if given.contains("{{") || given.contains("{%") {
        return Ok((given.to_owned(), sha256(given.as_bytes())[..12].to_owned()));
    }
    let path = Path::new(given);
    Ok((builtin::read_text(path)?, template_name(path)))
}

/// What the template of a model folder is called there.
const FOLDER_TEMPLATE: &str = "chat_template.jinja";

/// The name of a template in a file: the file's own, with its folder where every model has such a file.
fn template_name(path: &Path) -> String {
    let own = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = own(path).unwrap_or_default();
    match path.parent().and_then(own).filter(|_| name == FOLDER_TEMPLATE) {
        Some(folder) => format!("{folder}/{name}"),
        None => name,
    }
}

/// One run over one source of blocks.
pub struct Flow<'f> {
    recipe: &'f Recipe,
    options: &'f Options,
    progress: &'f Progress,
}

impl<'f> Flow<'f> {
    /// A run with these options. `progress` is moved as it goes on, and can end it.
    #[must_use]
    pub fn new(recipe: &'f Recipe, options: &'f Options, progress: &'f Progress) -> Self {
        Self { recipe, options, progress }
    }

    /// Takes every block through the flow. Finished rows go to `on_row`, rejected records to
    /// `on_reject` with the name of their shard, both in order, on the calling thread.
    pub fn run<S: BlockSource + ?Sized>(
        &self,
        source: &S,
        report: &mut Report,
        mut on_row: impl FnMut(Row) -> Result<()>,
        mut on_reject: impl FnMut(&str, &Rejected) -> Result<()>,
    ) -> Result<()> {
        let mut packer = Packer::new(PackOptions::from(self.options))?;
        let mut rows = RowSummary::default();
        let (mut pack_time, mut row_time) = (std::time::Duration::ZERO, std::time::Duration::ZERO);
        let (mut finished_bytes, mut text_bytes) = (0, 0);
        let mut sink = |row: Row, spent: &mut std::time::Duration| {
            self.progress.check()?;
            rows.count(&row);
            let begun = cpu_time::of_this_thread();
            let outcome = on_row(row);
            *spent += cpu_time::of_this_thread().saturating_sub(begun);
            outcome
        };
        let plan = Plan::from_options(self.options);
        let make_worker = || {
            let mut worker = self.recipe.worker();
            Ok(move |block: &LineBlock| self.block(source, &mut worker, block))
        };
        read::sequencer::run(
            source,
            &plan,
            self.progress.switch(),
            make_worker,
            |event: Event<Result<Outcome>>| {
                match event {
                    Event::Tick => {}
                    Event::ShardEnd(end) => {
                        finished_bytes += end.file_bytes;
                        self.progress.bytes.set(finished_bytes);
                        report.shards[end.shard as usize].bytes = end.file_bytes;
                        report.bytes_in += end.file_bytes;
                        report.seconds.read += end.read_time.as_secs_f64();
                    }
                    Event::Block { shard, text_bytes: text, file_bytes, outcome } => {
                        let outcome = outcome?;
                        text_bytes += text;
                        self.progress.bytes.set(finished_bytes + file_bytes);
                        self.progress.records.add(outcome.report.records.read);
                        self.progress.rejected.add(outcome.report.records.rejected);
                        let before = report.records.read;
                        report.add_block(shard as usize, &outcome.report)?;
                        let is_known =
                            before < first_look::RECORDS && report.records.read >= first_look::RECORDS;
                        if is_known && let Some(told) = first_look(report) {
                            self.progress.tell_first_look(told);
                        }
                        for rejected in &outcome.rejected {
                            on_reject(source.name(shard), rejected)?;
                        }
                        self.limit_rejects(report, false)?;
                        let begun = cpu_time::of_this_thread();
                        let before = row_time;
                        for sample in outcome.samples {
                            self.progress.tokens.add(sample.ids.len() as u64);
                            self.progress.trained_tokens.add(sample.trained_tokens());
                            packer.push(sample, &mut |row| sink(row, &mut row_time))?;
                        }
                        pack_time += cpu_time::of_this_thread()
                            .saturating_sub(begun)
                            .saturating_sub(row_time.saturating_sub(before));
                    }
                }
                Ok(())
            },
        )?;
        let begun = cpu_time::of_this_thread();
        let before = row_time;
        packer.finish(&mut |row| sink(row, &mut row_time))?;
        pack_time +=
            cpu_time::of_this_thread().saturating_sub(begun).saturating_sub(row_time.saturating_sub(before));
        report.text_bytes = text_bytes;
        report.seconds.pack += pack_time.as_secs_f64();
        report.add_rows(&rows);
        self.limit_rejects(report, true)
    }

    /// Ends the run when `max_rejected` is passed.
    fn limit_rejects(&self, report: &Report, at_end: bool) -> Result<()> {
        let records = &report.records;
        let limit = self.options.max_rejected;
        rejected::check_limit(limit, records.rejected, records.read, &report.findings, at_end)
    }

    /// One block through the middle of the flow.
    fn block<S: BlockSource + ?Sized>(
        &self,
        source: &S,
        worker: &mut Worker<'_>,
        block: &LineBlock,
    ) -> Result<Outcome> {
        let begun = cpu_time::of_this_thread();
        let mut outcome = Outcome::default();
        let name = source.name(block.shard);
        outcome.report.records.read = block.records;
        for record in block.records() {
            self.progress.check()?;
            match record {
                Record::Line(line) => {
                    let noted = line.finding();
                    if let Some((finding, true)) = noted {
                        let refused = Prepared::new(Bucket::Rejected, vec![finding]);
                        self.account(name, &line, refused, &mut outcome)?;
                        continue;
                    }
                    let place = Source { shard: block.shard as i32, line: line.number as i64, part: 0 };
                    let mut prepared = worker
                        .prepare(line.bytes, place)
                        .map_err(|error| error.in_place(&format!("{name}:{}", line.number)))?;
                    prepared.findings.extend(noted.map(|(finding, _)| finding));
                    self.account(name, &line, prepared, &mut outcome)?;
                }
                Record::TooLong(long) => self.too_long(name, long, &mut outcome)?,
            }
        }
        outcome.report.reused_bytes = worker.take_reused_bytes();
        outcome.report.seconds = worker.take_clock().share(cpu_time::of_this_thread().saturating_sub(begun));
        Ok(outcome)
    }

    fn account(
        &self,
        name: &str,
        line: &read::Line<'_>,
        prepared: Prepared,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let report = &mut outcome.report;
        report.records.count(prepared.bucket);
        for finding in &prepared.findings {
            report.findings.count(finding, name, line.number);
            report.records.only_wrong_calls += u64::from(finding.code == Code::OnlyWrongCalls);
        }
        prepared.tokens.add_to(&mut report.tokens);
        prepared.trained.add_to(&mut report.trained_tokens);
        report.turns.merge(&prepared.turns);
        if prepared.bucket == Bucket::Rejected {
            return self.reject(name, line.rejected(prepared.findings), outcome);
        }
        outcome.samples.extend(prepared.samples);
        Ok(())
    }

    fn too_long(&self, name: &str, long: &read::OversizedLine, outcome: &mut Outcome) -> Result<()> {
        let rejected = long.rejected(self.options.max_line_bytes);
        outcome.report.records.count(Bucket::Rejected);
        for finding in &rejected.findings {
            outcome.report.findings.count(finding, name, long.number);
        }
        self.reject(name, rejected, outcome)
    }

    fn reject(&self, name: &str, rejected: Rejected, outcome: &mut Outcome) -> Result<()> {
        if self.options.on_error == OnError::Raise {
            return Err(rejected.error(name));
        }
        outcome.rejected.push(rejected);
        Ok(())
    }
}

/// What a worker made of one block.
#[derive(Default)]
struct Outcome {
    report: BlockReport,
    samples: Vec<Sample>,
    rejected: Vec<Rejected>,
}

/// A report that knows all that is known before a run.
fn begin_report(recipe: &Recipe, options: &Options, verb: Verb, shards: &[Shard]) -> Report {
    let tokenizer = &recipe.loaded.tokenizer;
    Report {
        version: crate::VERSION.to_owned(),
        verb: verb.as_str().to_owned(),
        tokenizer: TokenizerSummary {
            name: recipe.loaded.name.clone(),
            sha256: tokenizer.digest().to_owned(),
            backend: tokenizer.backend().to_owned(),
            reason: recipe.loaded.reason.clone(),
        },
        template: TemplateSummary {
            name: recipe.template.name().to_owned(),
            sha256: recipe.template.digest().to_owned(),
            certificate: recipe.certificate().summary(),
        },
        serving: recipe.serving().to_owned(),
        shards: shards
            .iter()
            .map(|shard| ShardReport { name: shard.name.clone(), ..ShardReport::default() })
            .collect(),
        max_length: options.max_length,
        threads: Plan::from_options(options).threads,
        options: options.clone(),
        ..Report::default()
    }
}

/// Packs or tokenizes what was given into `out`, with its report and rejects beside it.
pub fn pack(given: Given, out: &str, options: &Options, verb: Verb, progress: &Progress) -> Result<Report> {
    let begun = Instant::now();
    let options = &verb.adjust(options);
    let target = Target::new(out)?;
    let input = given.open()?;
    let shards = input.shards();
    target.check(options.if_exists, shards.iter().map(|shard| shard.path.as_path()))?;
    let settings = OutputSettings::from_options(options, Plan::from_options(options).threads)?;
    let recipe = recipe(options, shards)?;
    progress.total_bytes.set(input.bytes());
    let mut report = begin_report(&recipe, options, verb, shards);
    let description =
        Description::new(&report, recipe.loaded.tokenizer.vocab_size(), recipe.tools_sha256.as_deref());

    let of_part = description.clone();
    let mut output = Output::create(&target, settings, Box::new(move |counts| of_part.of_part(counts)))?;
    let mut rejects = RejectsFile::new(&target);
    let files = input.blocks(ReadLimits::from_options(options), progress.switch());
    Flow::new(&recipe, options, progress).run(
        &files,
        &mut report,
        |row| output.write(&row),
        |file, rejected| rejects.write(&Reject::of(file, rejected)),
    )?;
    let sealed = output.seal(|counts| description.of_whole(counts, &report))?;
    report.files = sealed.files().to_vec();
    report.seconds.encode = sealed.times().encode.as_secs_f64();
    report.seconds.write = sealed.times().write.as_secs_f64();
    out.clone_into(&mut report.out);
    report.report = target.report().display().to_string();
    let rejects = rejects.seal()?;
    report.rejects = rejects.as_ref().map(|_| target.rejects().display().to_string());
    report.check()?;
    report.seconds.total = begun.elapsed().as_secs_f64();
    let json = serde_json::to_vec_pretty(&report)
        .map_err(|error| Error::new(ErrorKind::Internal, format!("the report cannot be written: {error}")))?;
    progress.check()?;
    sealed.publish(rejects, &json)?;
    Ok(report)
}

/// Most tokens in a batch of a stream.
const STREAM_BATCH_TOKENS: usize = 1 << 18;

/// A run whose rows go to whoever reads them; nothing is written.
pub struct Streaming {
    options: Options,
    columns: ColumnSet,
    input: Input,
    recipe: Recipe,
    report: Report,
}

impl Streaming {
    /// Finds the shards and loads the tokenizer and the template, so that whatever is wrong with them
    /// is known before the first row is asked for.
    pub fn prepare(given: Given, options: &Options, verb: Verb) -> Result<Self> {
        let options = verb.adjust(options);
        let columns = ColumnSet::from_options(&options)?;
        let input = given.open()?;
        let recipe = recipe(&options, input.shards())?;
        let report = begin_report(&recipe, &options, verb, input.shards());
        Ok(Self { options, columns, input, recipe, report })
    }

    /// The schema of the rows.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        write::arrow::schema(&self.columns)
    }

    /// The rows that [`pack`] would write, as Arrow batches. An error of `on_batch` ends the run.
    pub fn run(
        self,
        progress: &Progress,
        mut on_batch: impl FnMut(RecordBatch) -> Result<()>,
    ) -> Result<Report> {
        let begun = Instant::now();
        let Self { options, columns, input, recipe, mut report } = self;
        progress.total_bytes.set(input.bytes());
        let files = input.blocks(ReadLimits::from_options(&options), progress.switch());
        let mut waiting = RowBatch::default();
        Flow::new(&recipe, &options, progress).run(
            &files,
            &mut report,
            |row| {
                waiting.push(&row)?;
                if waiting.tokens() < STREAM_BATCH_TOKENS {
                    return Ok(());
                }
                on_batch(record_batch(&columns, &std::mem::take(&mut waiting))?)
            },
            |_, _| Ok(()),
        )?;
        if !waiting.is_empty() {
            on_batch(record_batch(&columns, &waiting)?)?;
        }
        report.check()?;
        report.seconds.total = begun.elapsed().as_secs_f64();
        Ok(report)
    }
}
