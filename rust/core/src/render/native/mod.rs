//! Template families with a renderer of their own. One file per family.

pub mod chatml;
pub mod gpt_oss;
pub(crate) mod gpt_oss_types;
pub mod harmony;
pub(crate) mod harmony_types;
pub mod hermes;
pub(crate) mod hermes_types;
pub mod llama;
pub mod plain;
pub mod qwen;
pub(crate) mod template_kwargs;
pub mod writer;
