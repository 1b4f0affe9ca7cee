//! Reading template arguments in native renderers.

use tooltrain_jinja::python_text::is_true;
use tooltrain_json::Tape;

use crate::finding::{Code, Finding};
use crate::render::RenderOptions;

/// The truth value of the argument `name`; `None` where it is not given.
pub(crate) fn truth(options: &RenderOptions, name: &str) -> Option<bool> {
    let json = source(options, name)?;
    Tape::default().read(json, MAX_DEPTH).ok().map(is_true)
}

/// The text of the argument `name`; `None` where it is not given or is no string.
pub(crate) fn text(options: &RenderOptions, name: &str) -> Option<String> {
    let json = source(options, name)?;
    Some(Tape::default().read(json, MAX_DEPTH).ok()?.text()?.into_owned())
}

/// Refuses arguments that the official template knows and a native renderer does not print.
pub(crate) fn refuse(options: &RenderOptions, names: &[&str], template: &str) -> Result<(), Finding> {
    match names.iter().find(|name| source(options, name).is_some_and(|json| json.trim() != "null")) {
        None => Ok(()),
        Some(name) => Err(Finding::new(
            Code::CannotRender,
            "",
            format!("the built-in {template} renderer does not know the template argument `{name}`"),
        )
        .hint("give the template itself as chat_template")),
    }
}

const MAX_DEPTH: u32 = 64;

fn source<'o>(options: &'o RenderOptions, name: &str) -> Option<&'o str> {
    options.template_kwargs.iter().rev().find(|(known, _)| known == name).map(|(_, json)| json.as_str())
}
