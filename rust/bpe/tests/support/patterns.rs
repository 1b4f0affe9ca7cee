//! The pre-tokenizers that are compared, with the models that have them.

use serde_json::{Value, json};

/// A pre-tokenizer under the name of a model that has it.
pub(crate) struct Spelled {
    pub(crate) name: &'static str,
    /// Others that have it too.
    pub(crate) models: &'static str,
    pub(crate) pre_tokenizer: Value,
}

const CONTRACTIONS: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const TAIL: &str = r"\s*[\r\n]+|\s+(?!\S)|\s+";
const CHINESE_OR_JAPANESE: &str = "[一-龥぀-ゟ゠-ヿ]+";
const SIGN_AND_LETTERS: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##;

fn split(regex: &str) -> Value {
    json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false})
}

/// Drops what does not match.
fn kept(regex: &str) -> Value {
    json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Removed", "invert": true})
}

fn byte_level(use_regex: bool) -> Value {
    json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex})
}

fn digits(alone: bool) -> Value {
    json!({"type": "Digits", "individual_digits": alone})
}

/// Splits, then bytes.
fn chain(mut parts: Vec<Value>) -> Value {
    parts.push(byte_level(false));
    sequence(&parts)
}

fn sequence(parts: &[Value]) -> Value {
    json!({"type": "Sequence", "pretokenizers": parts})
}

/// cl100k and its relatives: what a word is made of, how digits go together, what is no sign.
fn cl100k(word: &str, numbers: &str, no_sign: &str, signs_tail: &str) -> String {
    format!(r"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?{word}|{numbers}| ?[^{no_sign}]+{signs_tail}|{TAIL}")
}

fn llama3() -> String {
    cl100k(r"\p{L}+", r"\p{N}{1,3}", r"\s\p{L}\p{N}", r"[\r\n]*")
}

fn qwen2() -> String {
    cl100k(r"\p{L}+", r"\p{N}", r"\s\p{L}\p{N}", r"[\r\n]*")
}

fn o200k(but: &str, contractions: &str, numbers: &str, signs_tail: &str) -> String {
    let upper = format!(r"[\p{{Lu}}\p{{Lt}}\p{{Lm}}\p{{Lo}}\p{{M}}{but}]");
    let lower = format!(r"[\p{{Ll}}\p{{Lm}}\p{{Lo}}\p{{M}}{but}]");
    format!(
        r"[^\r\n\p{{L}}\p{{N}}]?{upper}*{lower}+{contractions}|[^\r\n\p{{L}}\p{{N}}]?{upper}+{lower}*{contractions}|{numbers}| ?[^\s\p{{L}}\p{{N}}]+{signs_tail}|{TAIL}"
    )
}

fn gpt_oss() -> String {
    o200k("", &format!("{CONTRACTIONS}?"), r"\p{N}{1,3}", r"[\r\n/]*")
}

fn nemo() -> String {
    o200k("", "", r"\p{N}", r"[\r\n/]*")
}

fn deepseek(signs_and_lines: &str) -> String {
    format!(
        r"{SIGN_AND_LETTERS}|[^\r\n\p{{L}}\p{{P}}\p{{S}}]?[\p{{L}}\p{{M}}]+| ?[\p{{P}}\p{{S}}]+{signs_and_lines}|\s+(?!\S)|\s+"
    )
}

/// Those with a scanner written by hand, in the order of `Pattern::ALL`.
pub(crate) fn with_scanner() -> Vec<Spelled> {
    let spelled = |name, models, pre_tokenizer| Spelled { name, models, pre_tokenizer };
    vec![
        spelled("gpt-2", "GPT-2, OLMo, Granite 4, MPT, Phi-2", byte_level(true)),
        spelled("llama-3", "Llama 3, GLM 4.5 to 5.3, LFM2, GPT-4", chain(vec![split(&llama3())])),
        spelled("qwen-2", "Qwen 2, 2.5 and 3, Hunyuan, Grok 2", chain(vec![split(&qwen2())])),
        spelled("o200k", "gpt-oss, Llama 4, Phi-4-mini", chain(vec![split(&gpt_oss())])),
        spelled("tekken", "Mistral Nemo and Small, Nemotron 3, Apertus", chain(vec![split(&nemo())])),
        spelled(
            "deepseek-v3",
            "DeepSeek V3, R1, V3.2 and V4",
            chain(vec![split(r"\p{N}{1,3}"), split(CHINESE_OR_JAPANESE), split(&deepseek_v3())]),
        ),
    ]
}

/// As the file has it, with carriage returns and line feeds as they are.
fn deepseek_v3() -> String {
    format!(
        "{SIGN_AND_LETTERS}{}",
        r"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
}

/// Those that are compiled.
pub(crate) fn compiled() -> Vec<Spelled> {
    let spelled = |name, models, pre_tokenizer| Spelled { name, models, pre_tokenizer };
    let kimi = format!(
        r"[\p{{Han}}]+|{}",
        o200k(r"&&[^\p{Han}]", &format!("{CONTRACTIONS}?"), r"\p{N}{1,3}", r"[\r\n]*")
    );
    let exaone = format!(
        r"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?(?:\p{{L}}\p{{M}}*(?: \p{{L}}\p{{M}}*)*)+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"
    );
    let ling = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";
    let joined = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}|\p{M}|\u200C|\u200D)+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let cl100k_base = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s";
    let asian = "[一-鿿㐀-䶿豈-﫿぀-ゟ゠-ヿ･-ﾟ⼀-⿟เ-๿຀-໿ក-៿က-႟ꩠ-ꩿꧠ-꧿가-힯ᄀ-ᇿ]+";
    let cjk = "[一-龥ࠀ-一가-퟿]+";
    let cased = "[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u{1f7d}ᾀ-ᾴᾶ-ᾼ\u{1fbe}ῂ-ῄῆ-ῌῐ-\u{1fd3}ῖ-\u{1fdb}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u{2126}ℨ\u{212a}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]";
    vec![
        spelled(
            "qwen-3.5",
            "Qwen 3.5, 3.6 and 3.8",
            chain(vec![split(&cl100k(r"[\p{L}\p{M}]+", r"\p{N}", r"\s\p{L}\p{M}\p{N}", r"[\r\n]*"))]),
        ),
        spelled("kimi-k2", "Kimi K2, K2.5, K3, Kimi Linear", chain(vec![split(&kimi)])),
        spelled(
            "command-a",
            "Command R, Command A, Aya, StarCoder, SmolLM 1 and 2, Granite 3, EXAONE 3.5",
            sequence(&[digits(true), byte_level(true)]),
        ),
        spelled(
            "command-a-plus",
            "Command A+, Cohere 2 MoE, Tiny Aya",
            chain(vec![split(r"\d{1,3}(?=(?:\d{3})*\b)"), split(&gpt_oss())]),
        ),
        spelled("ling", "Ling 1 to 3, LLaDA", chain(vec![split(ling)])),
        spelled(
            "seed-oss",
            "Seed-OSS, Seed-Coder, Zeta",
            chain(vec![split(&cl100k(r"\p{L}+", r"\p{N}{1}", r"\s\p{L}\p{N}\r\n", ""))]),
        ),
        spelled("exaone-moe", "EXAONE 4.5, K-EXAONE", chain(vec![split(&exaone)])),
        spelled(
            "minicpm5",
            "MiniCPM 5",
            chain(vec![
                split(r"\p{N}{1,3}"),
                split(&cl100k(r"\p{L}+", r"\p{N}+", r"\s\p{L}\p{N}", r"[\r\n]*")),
            ]),
        ),
        spelled(
            "afmoe",
            "AFMoE (Arcee Trinity)",
            chain(vec![
                split(r"\p{Nd}{1,510}"),
                split(r"\p{Nd}{1,3}(?=(?:\p{Nd}{3})*$)"),
                split(asian),
                split(&deepseek_v3()),
            ]),
        ),
        spelled(
            "superbpe",
            "SuperBPE's digits, then o200k",
            chain(vec![split(r"\p{N}+"), split(r"(?=(\d{3})+(?!\d))"), split(&gpt_oss())]),
        ),
        spelled(
            "falcon",
            "Falcon 7B and 40B",
            sequence(&[
                json!({"type": "Punctuation", "behavior": "Contiguous"}),
                byte_level(true),
                digits(false),
                split("[0-9][0-9][0-9]"),
            ]),
        ),
        spelled(
            "falcon-3",
            "Falcon 3",
            sequence(&[
                json!({"type": "Punctuation", "behavior": "Isolated"}),
                byte_level(true),
                digits(true),
            ]),
        ),
        spelled(
            "falcon-h1",
            "Falcon H1",
            chain(vec![json!({"type": "Punctuation", "behavior": "Isolated"}), split(&nemo()), digits(true)]),
        ),
        spelled(
            "deepseek-coder",
            "DeepSeek Coder",
            chain(vec![split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(cjk), digits(true)]),
        ),
        spelled(
            "deepseek-llm",
            "DeepSeek LLM, V2, Coder V2",
            chain(vec![
                split("[\r\n]"),
                split(&format!(r"\s?{cased}+")),
                split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"),
                split(r"\s+$"),
                split(cjk),
                digits(true),
            ]),
        ),
        spelled("poro", "Poro, BLOOM", chain(vec![split(r" ?[^(\s|[.,!?…。，、।۔،])]+")])),
        spelled("viking", "Viking", chain(vec![split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), split(r"\p{N}")])),
        spelled("granite-4.1", "Granite 4.1, OLMo 3, Phi-4", chain(vec![kept(&llama3())])),
        spelled("minimax-m2", "MiniMax M2 to M2.7", chain(vec![kept(&gpt_oss())])),
        spelled(
            "spark",
            "Spark X2.5",
            chain(vec![
                split(r"\p{N}{1,3}"),
                split(CHINESE_OR_JAPANESE),
                split(&deepseek(r"|[\r\n]")),
                digits(true),
            ]),
        ),
        spelled("a.x-k2", "A.X K2", chain(vec![split(CHINESE_OR_JAPANESE), split(&qwen2())])),
        spelled("granite-embedding", "Granite Embedding", chain(vec![split(joined)])),
        spelled(
            "cl100k-base",
            "vocabularies converted from tiktoken's cl100k_base",
            chain(vec![split(cl100k_base)]),
        ),
        spelled(
            "megrez",
            "signs, blanks and digits one by one",
            chain(vec![
                split("\n"),
                json!({"type": "Split", "pattern": {"String": "  "}, "behavior": "Isolated", "invert": false}),
                digits(true),
            ]),
        ),
    ]
}

/// All of them.
pub(crate) fn all() -> Vec<Spelled> {
    let mut all = with_scanner();
    all.extend(compiled());
    all
}
