//! From options to what a run works with: tokenizer, template, shared tools, and what is beside the shards.
//! Every verb resolves here, once.

use std::path::Path;
use std::sync::Arc;

use super::side_files;
use crate::conversation::Tool;
use crate::digest::sha256;
use crate::error::{Error, ErrorCode, ErrorKind, Result};
use crate::layout_spec::{LayoutChoice, LayoutSpec};
use crate::nearest::choice_hint;
use crate::options::Options;
use crate::parse::{Layout, ParseOptions, Spec, read_tools};
use crate::prepare::Recipe;
use crate::read::Shard;
use crate::render::by_tools::ByTools;
use crate::render::engine::jinja_template::TemplateTokens;
use crate::render::{ChatTemplate, registry};
use crate::tokenize::builtin::{self, Loaded};
use crate::whole_file::{self, LONGEST_LIST};
use crate::write::ColumnSet;

/// Resolves the tokenizer, the template and the shared tools that options name, and what stands beside
/// the shards.
pub fn recipe(options: &Options, shards: &[Shard]) -> Result<Recipe> {
    let loaded = builtin::load(&options.tokenizer, options.tokenizer_backend)?;
    let tokens = template_tokens(options, &loaded)?;
    let template = template(options, &loaded, &tokens)?;
    let Incoming { parse, tools_sha256 } = incoming(options, shards)?;
    let has_weights = ColumnSet::from_options(options)?.can_say_weights();
    let mut recipe = Recipe::new(options, loaded, template, parse, has_weights)?;
    recipe.tools_sha256 = tools_sha256;
    Ok(recipe)
}

/// The chat template of a run: the one that the options name, or that of the tokenizer's folder.
fn template(options: &Options, loaded: &Loaded, tokens: &TemplateTokens) -> Result<Arc<dyn ChatTemplate>> {
    let dialect = options.dialect.as_deref();
    let arguments: Vec<&str> = options.template_kwargs.keys().map(String::as_str).collect();
    let from_source =
        |name: &str, source: &str| registry::from_named_source(name, source, dialect, tokens, &arguments);
    if let Some(given) = &options.chat_template {
        let named = loaded.named_templates.iter().find(|(name, _)| name == given);
        if let Some((name, source)) = named {
            return from_source(&folder_template(loaded, name), source);
        }
        if builtin::builtin_template(given).is_none()
            && let Some(native) = registry::from_name(given, dialect, tokens, &arguments)?
        {
            return Ok(native);
        }
        let (source, name) = chat_template_source(given)?;
        return from_source(&name, &source);
    }
    let of_tools = loaded.named_templates.iter().find(|(name, _)| name == TOOL_USE);
    let of_tools =
        of_tools.map(|(name, source)| from_source(&folder_template(loaded, name), source)).transpose()?;
    let default = loaded.chat_template.as_ref();
    let default_name = template_name(&Path::new(&loaded.name).join(FOLDER_TEMPLATE));
    let default = default.map(|source| from_source(&default_name, source)).transpose()?;
    match (default, of_tools) {
        (Some(default), Some(of_tools)) => Ok(Arc::new(ByTools::new(default, of_tools))),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => Err(no_template(loaded)),
    }
}

/// What the template is called that `apply_chat_template` takes for conversations with tools.
const TOOL_USE: &str = "tool_use";

/// The name of one of several templates of a folder.
fn folder_template(loaded: &Loaded, name: &str) -> String {
    let folder = Path::new(&loaded.name).file_name().unwrap_or_default();
    format!("{}/{name}", folder.to_string_lossy())
}

fn no_template(loaded: &Loaded) -> Error {
    let error = Error::new(ErrorCode::TemplateNotFound, "has no chat template")
        .option("tokenizer")
        .value(loaded.name.as_str());
    let names: Vec<&str> = loaded.named_templates.iter().map(|(name, _)| name.as_str()).collect();
    if names.is_empty() {
        return error.hint("give one with chat_template=: a built-in name, a path, or the template itself");
    }
    error.hint(format!("choose one of its own with chat_template=: {}", names.join(", ")))
}

/// What templates are told about tokens: `stop_tokens=` takes the place of those that the folder names.
fn template_tokens(options: &Options, loaded: &Loaded) -> Result<TemplateTokens> {
    let tokens = loaded.template_tokens();
    let Some(given) = &options.stop_tokens else { return Ok(tokens) };
    if given.is_empty() {
        return Err(Error::new(ErrorKind::Options, "the list is empty")
            .option("stop_tokens")
            .hint("leave stop_tokens out for those that the tokenizer names"));
    }
    let known: Vec<&str> = tokens.added.iter().map(|(text, _)| text.as_str()).collect();
    if let Some(unknown) = given.iter().find(|text| !known.contains(&text.as_str())) {
        return Err(Error::new(
            ErrorKind::Options,
            format!("the tokenizer {} has no such control token", loaded.name),
        )
        .option("stop_tokens")
        .value(unknown.as_str())
        .hint(choice_hint(unknown, &known)));
    }
    Ok(TemplateTokens { stops: given.clone(), stops_are_given: true, ..tokens })
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
    let (layout, spec) = match &options.layout {
        None => (None, side_files::dataset_layout(shards)?.map(Arc::new)),
        Some(LayoutChoice::Named(name)) => named_layout(name)?,
        Some(LayoutChoice::Spec(spec)) => (None, Some(Arc::new(compiled(spec, "layout")?))),
    };
    let parse = ParseOptions {
        layout,
        spec,
        verdict: options.verdict,
        max_depth: options.max_depth,
        repair: options.repair,
        shared_tools,
        job,
        contents_as_spelled: false,
    };
    Ok(Incoming { parse, tools_sha256: text.map(|text| sha256(text.as_bytes())) })
}

/// The layout that `layout=` names: one of the plain ones, one that comes as data, or that of a file.
fn named_layout(name: &str) -> Result<(Option<Layout>, Option<Arc<Spec>>)> {
    if let Some(layout) = Layout::from_name(name) {
        return Ok((Some(layout), None));
    }
    if let Some(spec) = Spec::shipped().find(|spec| spec.name() == name) {
        return Ok((None, Some(Arc::clone(spec))));
    }
    if Path::new(name).extension().is_some_and(|extension| extension == "json") {
        let text = read_text(name)?;
        let spec: LayoutSpec = serde_json::from_str(&text).map_err(|error| {
            Error::new(ErrorKind::Options, format!("{name}: {error}"))
                .option("layout")
                .hint("docs/layouts.md has the members of a layout")
        })?;
        return Ok((None, Some(Arc::new(compiled(&spec, name)?))));
    }
    let known: Vec<&str> =
        Layout::all().map(Layout::name).chain(Spec::shipped().map(|spec| spec.name())).collect();
    Err(Error::new(ErrorKind::Options, "unknown layout")
        .option("layout")
        .value(name)
        .hint(choice_hint(name, &known)))
}

fn compiled(spec: &LayoutSpec, place: &str) -> Result<Spec> {
    Spec::compile(spec).map_err(|what| {
        Error::new(ErrorKind::Options, format!("{place}: {what}"))
            .option("layout")
            .hint("docs/layouts.md has the members of a layout")
    })
}

fn read_text(path: &str) -> Result<String> {
    whole_file::read_text(Path::new(path), LONGEST_LIST, ErrorKind::NotFound)
        .map_err(|error| error.option("tools"))
}

/// The tool list of `tools=PATH`.
fn shared_tools(path: &str, text: &str) -> Result<Arc<[Tool<'static>]>> {
    read_tools(text).map(Into::into).map_err(|findings| {
        let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
        Error::new(ErrorKind::Options, said.join("; "))
            .option("tools")
            .file(path)
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
    let source = builtin::read_text(path).map_err(|error| {
        let known = registry::native_names();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        error.hint(format!(
            "give a path, the template itself, or a built-in name: {}",
            choice_hint(given, &known)
        ))
    })?;
    Ok((source, template_name(path)))
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
