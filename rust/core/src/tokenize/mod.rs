//! tokenize: text with provenance -> ids and loss mask.

mod added;
pub mod assets;
pub mod builtin;
mod cache_memory;
pub mod canary;
mod control_tokens;
pub mod cut;
pub mod fast;
mod guard;
mod last_loaded;
pub mod masked;
mod model_folder;
mod plain_model;
mod post_processor;
mod prefix;
pub mod reference;
mod segments;
mod word;

pub use cache_memory::CacheMemory;

use crate::error::Result;

/// An added token of the tokenizer; all of them are control tokens, special or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddedToken {
    /// The text that stands for it.
    pub content: String,
    /// Its id.
    pub id: u32,
    /// Whether `skip_special_tokens` would drop it when decoding.
    pub special: bool,
    /// How it is found in text.
    pub matching: Matching,
}

/// How an added token is found in text; by default where its content is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// It takes the white space before it.
    pub lstrip: bool,
    /// It takes the white space after it.
    pub rstrip: bool,
    /// It is found only where no letter, digit or underscore touches it.
    pub single_word: bool,
    /// It is looked for in normalized text.
    pub normalized: bool,
    /// Normalization puts this before its content. The token is found where the text has a space there, or at the
    /// beginning of a stretch of text.
    pub prefix: String,
}

/// Where a piece of text is, as far as the ids depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// At the very beginning of the input.
    #[default]
    Input,
    /// At the beginning of a stretch of text: after a control token.
    Stretch,
    /// After a control token that is found in normalized text.
    AfterNormalizedToken,
    /// In the middle of a text that was cut at the prompt of a turn.
    Inside,
}

/// A tokenizer shared by all workers.
pub trait Tokenizer: Send + Sync {
    /// Hex SHA-256 of the `tokenizer.json` it was made from.
    fn digest(&self) -> &str;

    /// The added tokens, in id order.
    fn added_tokens(&self) -> &[AddedToken];

    /// A worker's own encoder: caches live there, without locks, and take no more than `memory`.
    fn encoder_within(&self, memory: CacheMemory) -> Box<dyn Encoder>;

    /// An encoder with caches of the usual size.
    fn encoder(&self) -> Box<dyn Encoder> {
        self.encoder_within(CacheMemory::default())
    }

    /// Text of the ids, control tokens included.
    fn decode(&self, ids: &[u32]) -> Result<String>;

    /// Number of ids, added tokens included.
    fn vocab_size(&self) -> usize;

    /// Which engine encodes: `fast` or `reference`.
    fn backend(&self) -> &'static str;

    /// Ids that the post-processor puts before and after a text of its own.
    fn around(&self) -> Result<(Vec<u32>, Vec<u32>)>;

    /// Why text cannot be cut at the prompt of a turn, if it cannot.
    fn uncuttable(&self) -> Option<&str>;
}

/// Turns plain text into ids. It never makes a control token, whatever the text says.
pub trait Encoder: Send {
    /// Appends the ids of `text`, which is at `place`.
    fn encode(&mut self, text: &str, place: Place, ids: &mut Vec<u32>) -> Result<()>;

    /// Appends the ids of `text` and, for each, the end of its bytes in `text`. Bytes that
    /// normalization moved count to the token that holds them.
    fn encode_with_ends(
        &mut self,
        text: &str,
        place: Place,
        ids: &mut Vec<u32>,
        ends: &mut Vec<u32>,
    ) -> Result<()>;

    /// Bytes of text so far whose ids were not worked out again, since the same piece came before.
    fn reused_bytes(&self) -> u64;
}
