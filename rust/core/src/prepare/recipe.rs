//! What a run decides once about preparing conversations.

use std::sync::{Arc, OnceLock};

use super::control_tokens::PlainControls;
use super::{StageClock, Worker};
use crate::error::{Error, ErrorKind, Result};
use crate::mask::LossPolicy;
use crate::nearest::choice_hint;
use crate::options::{Boundary, History, Loss, Options, OverLength, Packing, Samples};
use crate::parse::{self, ParseOptions};
use crate::render::certify::certificate_cache;
use crate::render::{Certificate, ChatTemplate, Field, RenderOptions, Rendered};
use crate::tokenize::CacheMemory;
use crate::tokenize::builtin::Loaded;
use crate::tokenize::cut::Cutter;
use crate::tokenize::masked;
use crate::validate::{ValidateOptions, Validator};

/// What a run decided about preparing conversations; shared by all workers.
pub struct Recipe {
    /// The tokenizer with what its folder says.
    pub loaded: Loaded,
    /// The chat template.
    pub template: Arc<dyn ChatTemplate>,
    /// Digest of the shared tool list, if there is one.
    pub tools_sha256: Option<String>,
    pub(crate) parse: ParseOptions,
    pub(super) validate: ValidateOptions,
    pub(super) render: RenderOptions,
    pub(super) policy: LossPolicy,
    pub(super) plain_controls: PlainControls,
    pub(super) cutter: Cutter,
    pub(super) samples: Samples,
    pub(super) over_length: OverLength,
    /// Most tokens of a sample; `None` where rows are cut from one stream.
    pub(super) longest: Option<usize>,
    /// Whether a column of the output has weights other than 0 and 1.
    pub(super) has_weights: bool,
    pub(super) eos: String,
    /// What the tokenizer puts before raw text; read when the first such record is met.
    begin: OnceLock<Begin>,
    pub(super) caches: CacheMemory,
}

/// What a tokenizer puts before raw text.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) ids: Vec<u32>,
    pub(super) text: String,
}

impl Recipe {
    /// Resolves options into a recipe. `has_weights` is whether a column of the output has weights other
    /// than 0 and 1.
    pub fn new(
        options: &Options,
        loaded: Loaded,
        template: Arc<dyn ChatTemplate>,
        parse: ParseOptions,
        has_weights: bool,
    ) -> Result<Self> {
        if options.thinking.is_some() && !template.thinks() {
            return Err(Error::new(
                ErrorKind::Options,
                format!("the {} template has no thinking mode", template.name()),
            )
            .option("thinking")
            .hint("leave thinking out"));
        }
        check_weights(options.loss.as_ref())?;
        check_template_kwargs(options)?;
        check_stops(&loaded, template.as_ref())?;
        check_cuts(&loaded, options.boundary)?;
        let render = RenderOptions {
            thinking: options.thinking,
            inline: options.history == History::Inline,
            date: options.date.clone(),
            template_kwargs: options
                .template_kwargs
                .iter()
                .map(|(name, value)| (name.clone(), value.to_string()))
                .collect(),
            on_inexact: options.on_inexact,
        };
        let plain_controls = PlainControls::of(&loaded, template.as_ref(), &render)?;
        let cutter =
            Cutter::new(loaded.tokenizer.added_tokens(), template.content_markers(), options.boundary);
        let eos = loaded.special_token("eos_token").to_owned();
        Ok(Self {
            parse,
            validate: ValidateOptions::from_options(options),
            render,
            plain_controls,
            policy: LossPolicy {
                loss: options.loss.clone(),
                history: options.history,
                thinking: template.thinks() && options.thinking != Some(false),
            },
            cutter,
            samples: options.samples,
            over_length: options.over_length,
            has_weights,
            longest: (options.packing != Packing::Wrapped).then_some(options.max_length as usize),
            eos,
            begin: OnceLock::new(),
            caches: CacheMemory::of_run(options),
            loaded,
            template,
            tools_sha256: None,
        })
    }

    /// What the tokenizer's post-processor puts before a text of its own.
    pub(super) fn begin(&self) -> Result<&Begin> {
        if let Some(begin) = self.begin.get() {
            return Ok(begin);
        }
        let (ids, _) = self.loaded.tokenizer.around()?;
        let added = self.loaded.tokenizer.added_tokens();
        let text = ids.iter().filter_map(|&id| added.iter().find(|token| token.id == id));
        let text = text.map(|token| token.content.as_str()).collect();
        Ok(self.begin.get_or_init(|| Begin { ids, text }))
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
            unread: Vec::new(),
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
        let message = format!("{name} is not for the template alone");
        return Err(Error::new(ErrorKind::Options, message).option("template_kwargs").hint(hint));
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

/// Text is cut at prompts only where the tokenizer makes the same of what follows.
fn check_cuts(loaded: &Loaded, boundary: Boundary) -> Result<()> {
    let Some(what) = loaded.tokenizer.uncuttable().filter(|_| boundary == Boundary::Prompt) else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Tokenizer,
        format!(
            "{what} makes the ids of a text depend on what is before it, so a prompt and its completion cannot be \
             tokenized apart"
        ),
    )
    .file(&loaded.name)
    .hint("boundary=\"whole\" tokenizes text between control tokens uncut, as transformers does"))
}

/// Weights are given to fields that exist, and are numbers that a loss can be multiplied with.
fn check_weights(loss: Option<&Loss>) -> Result<()> {
    let Some(Loss::Weights(weights)) = loss else { return Ok(()) };
    for (name, weight) in weights {
        if !Field::ALL.iter().any(|field| field.as_str() == name) {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
            return Err(Error::new(ErrorKind::Options, format!("unknown field: {name:?}"))
                .option("loss")
                .hint(choice_hint(name, &known)));
        }
        if !weight.is_finite() || *weight < 0.0 {
            return Err(Error::new(ErrorKind::Options, format!("the weight of {name} is {weight}"))
                .option("loss")
                .hint("weights are finite and not below 0"));
        }
    }
    Ok(())
}
