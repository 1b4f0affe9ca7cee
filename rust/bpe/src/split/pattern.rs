//! The splitting patterns that have a scanner, and how files spell them.

/// A way to split text that the crate has a scanner for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// GPT-2: words with one leading space, runs of digits.
    Gpt2,
    /// cl100k, Llama 3: words take any one character before them, up to three digits together.
    Cl100k,
    /// Qwen2, Qwen2.5, Qwen3: as [`Pattern::Cl100k`], each digit alone.
    Qwen2,
    /// o200k, gpt-oss: words break between lower and upper case and keep their contraction.
    O200k,
    /// Mistral's tekken: as [`Pattern::O200k`], without contractions and each digit alone.
    Tekken,
    /// `DeepSeek` V3: digits and Chinese or Japanese runs are cut out first, the rest is split then.
    DeepSeekV3,
}

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

const GPT2_GROUPED: &str = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

const CL100K: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

const QWEN2: &str = concat!(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}",
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

const O200K: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

const TEKKEN: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
);

const DEEPSEEK_V3: [&str; 3] = [
    r"\p{N}{1,3}",
    "[一-龥぀-ゟ゠-ヿ]+",
    concat!(
        r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"##,
        r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
];

impl Pattern {
    /// All patterns.
    pub const ALL: [Pattern; 6] = [
        Pattern::Gpt2,
        Pattern::Cl100k,
        Pattern::Qwen2,
        Pattern::O200k,
        Pattern::Tekken,
        Pattern::DeepSeekV3,
    ];

    /// Recognizes the expressions of a chain of `Split` pre-tokenizers, each isolating its matches.
    #[must_use]
    pub fn from_expressions(expressions: &[&str]) -> Option<Pattern> {
        match expressions {
            [GPT2 | GPT2_GROUPED] => Some(Pattern::Gpt2),
            [CL100K] => Some(Pattern::Cl100k),
            [QWEN2] => Some(Pattern::Qwen2),
            [O200K] => Some(Pattern::O200k),
            [TEKKEN] => Some(Pattern::Tekken),
            chain if chain == DEEPSEEK_V3 => Some(Pattern::DeepSeekV3),
            _ => None,
        }
    }

    /// The expressions that the scanner of this pattern stands for, to be applied one after another.
    #[must_use]
    pub fn expressions(self) -> &'static [&'static str] {
        match self {
            Pattern::Gpt2 => &[GPT2],
            Pattern::Cl100k => &[CL100K],
            Pattern::Qwen2 => &[QWEN2],
            Pattern::O200k => &[O200K],
            Pattern::Tekken => &[TEKKEN],
            Pattern::DeepSeekV3 => &DEEPSEEK_V3,
        }
    }

    /// The number that stands for the pattern in the compact form.
    pub(crate) fn code(self) -> u8 {
        match self {
            Pattern::Gpt2 => 0,
            Pattern::Cl100k => 1,
            Pattern::Qwen2 => 2,
            Pattern::O200k => 3,
            Pattern::Tekken => 4,
            Pattern::DeepSeekV3 => 5,
        }
    }

    /// The pattern of a number from [`Pattern::code`].
    pub(crate) fn from_code(code: u8) -> Option<Pattern> {
        Pattern::ALL.into_iter().find(|pattern| pattern.code() == code)
    }
}
