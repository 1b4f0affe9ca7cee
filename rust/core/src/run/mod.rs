//! run: the verbs. The only room that sees every stage.
//!
//! [`resolve`] turns options into what a run works with, once. [`driver`] is the loop that all verbs share: blocks to
//! workers, outcomes back in order. A verb is one short file that says what a worker does with a record, what is done
//! with the outcomes, and what is published.

mod convert;
pub mod driver;
mod explain;
mod first_look;
mod flow;
mod pack;
mod rejects;
mod report_file;
pub mod resolve;
mod shaping;
mod side_files;
mod stream;
mod validate;

pub use convert::convert;
pub use explain::{Explanation, StopToken, explain};
pub use flow::Flow;
pub use pack::pack;
pub use rejects::RejectRules;
pub use resolve::recipe;
pub use stream::Streaming;
pub use validate::validate;

use crate::options::{Options, Packing};
use crate::prepare::Recipe;
use crate::read::{Plan, Shard};
use crate::report::{Report, ShardReport, TemplateSummary, TokenizerSummary};

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
