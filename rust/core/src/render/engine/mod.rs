//! Any chat template, run by the engine of `tooltrain_jinja` and proved by [`super::certify`].

pub(crate) mod context;
pub mod jinja_template;
#[cfg(test)]
mod memo_tests;
pub(crate) mod session;
mod stops;

pub use jinja_template::{JinjaTemplate, TemplateTokens};
