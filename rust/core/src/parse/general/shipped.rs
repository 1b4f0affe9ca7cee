//! The layouts that come with the library as data, one file each in `assets/layouts`.

use std::sync::{Arc, LazyLock};

use super::spec::Spec;
use crate::layout_spec::LayoutSpec;

macro_rules! layouts {
    ($($name:literal),* $(,)?) => {
        /// The files, in the order in which records are compared with them.
        const FILES: &[(&str, &str)] = &[$(
            ($name, include_str!(concat!("../../../assets/layouts/", $name, ".json"))),
        )*];
    };
}

layouts!(
    "ai_sdk",
    "alpaca",
    "apigen_mt",
    "bedrock_converse",
    "chat_completion_log",
    "claude_code",
    "codex",
    "cohere",
    "dataclaw",
    "gemini",
    "glaive_v2",
    "harmony",
    "inspect",
    "langchain",
    "langfuse",
    "langsmith",
    "llamafactory",
    "mini_swe_agent",
    "ms_swift",
    "nemotron",
    "openai_batch",
    "openhands",
    "otel_genai",
    "responses",
    "smoltalk2",
    "swe_agent",
    "tau2",
    "toolace",
    "toucan",
    "xlam",
);

static SPECS: LazyLock<Vec<Arc<Spec>>> = LazyLock::new(|| {
    let compile = |(_, text): &(&str, &str)| {
        let layout: LayoutSpec = serde_json::from_str(text).ok()?;
        Spec::compile(&layout).ok().map(Arc::new)
    };
    FILES.iter().filter_map(compile).collect()
});

impl Spec {
    /// The layouts that come with the library.
    pub fn shipped() -> impl Iterator<Item = &'static Arc<Spec>> {
        SPECS.iter()
    }

    /// Their files: name and text.
    #[must_use]
    pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
        FILES
    }
}
