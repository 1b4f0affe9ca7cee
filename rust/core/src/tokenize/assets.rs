//! The vocabularies and chat templates that ship with the library.
//!
//! Each vocabulary is kept once, in the compact form of the fast engine, which loads in milliseconds. The
//! `tokenizer.json`, which defines the ids and which the reference reads, is made again from it and from its
//! frame: the file without vocabulary and merges. The digest of the published file proves the result.

use tooltrain_bpe::Bpe;

use crate::error::{Error, ErrorKind, Result};

/// A vocabulary: its compact form, compressed with zstd, and the frame of its `tokenizer.json`.
pub struct Vocabulary {
    name: &'static str,
    frame: &'static str,
    compact: &'static [u8],
    /// Hex SHA-256 of the published `tokenizer.json`.
    pub digest: &'static str,
}

impl Vocabulary {
    /// The `tokenizer.json`, byte for byte as it was published.
    pub fn json(&self) -> Result<Vec<u8>> {
        self.load()?.to_tokenizer_json(self.frame).map_err(|error| self.damaged(&error))
    }

    /// The tokenizer of the fast engine.
    pub fn load(&self) -> Result<Bpe> {
        Bpe::from_compact(&self.compact()?).map_err(|error| self.damaged(&error))
    }

    /// The compact form of the fast engine.
    pub fn compact(&self) -> Result<Vec<u8>> {
        zstd::decode_all(self.compact).map_err(|error| self.damaged(&error))
    }

    /// The error for an asset that cannot be read.
    pub fn damaged(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::new(ErrorKind::Internal, format!("the built-in tokenizer {} is damaged: {reason}", self.name))
    }
}

/// A tokenizer that ships with the library, with the chat template of its family.
pub struct Builtin {
    /// The name that a run gives.
    pub name: &'static str,
    /// What encodes.
    pub vocabulary: &'static Vocabulary,
    /// Source of the chat template.
    pub template: &'static str,
    /// Texts of `eos_token` and its like.
    pub special_tokens: &'static [(&'static str, &'static str)],
    /// Texts of the tokens that end generation.
    pub eos_tokens: &'static [&'static str],
}

static QWEN: Vocabulary = Vocabulary {
    name: "qwen3",
    frame: include_str!("../../assets/qwen3/tokenizer.frame.json"),
    compact: include_bytes!("../../assets/qwen3/tokenizer.compact.zst"),
    digest: "aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4",
};

static GPT_OSS: Vocabulary = Vocabulary {
    name: "gpt-oss",
    frame: include_str!("../../assets/gpt-oss/tokenizer.frame.json"),
    compact: include_bytes!("../../assets/gpt-oss/tokenizer.compact.zst"),
    digest: "5d166cf76a735006c818d9bbd4e4052ec03011c243969a1b6d6697685bc77b70",
};

const fn qwen(name: &'static str, template: &'static str) -> Builtin {
    Builtin {
        name,
        vocabulary: &QWEN,
        template,
        special_tokens: &[("eos_token", "<|im_end|>"), ("pad_token", "<|endoftext|>")],
        eos_tokens: &["<|im_end|>", "<|endoftext|>"],
    }
}

/// Every built-in tokenizer.
pub static BUILTINS: [Builtin; 4] = [
    qwen("qwen3", include_str!("../../assets/qwen3/qwen3.jinja")),
    qwen("qwen3-instruct-2507", include_str!("../../assets/qwen3/qwen3-instruct-2507.jinja")),
    qwen("qwen2.5", include_str!("../../assets/qwen3/qwen2.5.jinja")),
    Builtin {
        name: "gpt-oss",
        vocabulary: &GPT_OSS,
        template: include_str!("../../assets/gpt-oss/gpt-oss.jinja"),
        special_tokens: &[
            ("bos_token", "<|startoftext|>"),
            ("eos_token", "<|return|>"),
            ("pad_token", "<|endoftext|>"),
        ],
        eos_tokens: &["<|return|>", "<|endoftext|>", "<|call|>"],
    },
];
