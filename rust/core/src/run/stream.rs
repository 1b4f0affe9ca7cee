//! `stream`: the rows of `pack` as Arrow batches; nothing is written.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::flow::Flow;
use super::shaping::Shaped;
use super::{Verb, begin_report, resolve};
use crate::error::Result;
use crate::options::Options;
use crate::prepare::Recipe;
use crate::progress::Progress;
use crate::read::{Given, Input, ReadLimits};
use crate::report::Report;
use crate::write::arrow::{self, record_batch};
use crate::write::{ColumnSet, RowBatch};

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
        let recipe = resolve::recipe(&options, input.shards())?;
        let report = begin_report(&recipe, &options, verb, input.shards());
        Ok(Self { options, columns, input, recipe, report })
    }

    /// The schema of the rows.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        arrow::schema(&self.columns)
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
        let files = Shaped::new(files, Arc::new(recipe.parse.clone()), options.max_line_bytes);
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
