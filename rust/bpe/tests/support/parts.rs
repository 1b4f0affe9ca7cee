//! The parts of the proof of equality: numbered texts, so that a difference is named by a part and a
//! number, and every so-manieth text is a small slice of the whole.

use tooltrain_bpe::Bpe;

use super::mutation::mutated;
use super::random::Random;
use super::sequences;

/// A numbered collection of texts.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) count: u64,
    pub(crate) text: Box<dyn Fn(u64) -> String + Send + Sync>,
}

impl Part {
    fn new(name: &'static str, count: u64, text: impl Fn(u64) -> String + Send + Sync + 'static) -> Part {
        Part { name, count, text: Box::new(text) }
    }

    fn listed(name: &'static str, texts: Vec<String>) -> Part {
        Part::new(name, texts.len() as u64, move |number| texts[number as usize].clone())
    }
}

/// One character or two of each kind that some pattern tells from the others: white space, line ends,
/// signs and their own kinds, marks, numbers, letters by case, and those of contractions.
pub(crate) const REPRESENTATIVES: [char; 24] = [
    ' ', '\t', '\u{a0}', '\n', '\r', '\'', '/', '.', '$', '€', '\u{1}', '1', '٣', 'A', 'ǅ', 'b', 's', 'l',
    'é', 'ſ', 'ʰ', '中', 'ー', '\u{301}',
];

const LONGEST: u32 = 5;

/// All strings of one to five representatives.
pub(crate) fn class_strings() -> Part {
    let kinds = REPRESENTATIVES.len() as u64;
    let count = (1..=LONGEST).map(|length| kinds.pow(length)).sum();
    Part::new("strings over the classes", count, class_string)
}

/// Strings in order of length.
fn class_string(mut number: u64) -> String {
    let kinds = REPRESENTATIVES.len() as u64;
    let mut length = 1;
    while number >= kinds.pow(length) {
        number -= kinds.pow(length);
        length += 1;
    }
    (0..length).map(|place| REPRESENTATIVES[(number / kinds.pow(place) % kinds) as usize]).collect()
}

/// All strings of up to three representatives where a block of 64 bytes ends.
pub(crate) fn across_blocks() -> Part {
    const OFFSETS: u64 = 8;
    const BEHIND: [&str; 3] =
        ["", "s more text behind, as long as another block of sixty-four bytes is.", " \n \n1"];
    let kinds = REPRESENTATIVES.len() as u64;
    let strings: u64 = (1..=3).map(|length| kinds.pow(length)).sum();
    Part::new("the same where a block ends", strings * OFFSETS * BEHIND.len() as u64, move |number| {
        let (number, string) = (number / strings, class_string(number % strings));
        let before = 58 + (number % OFFSETS) as usize;
        let mut text = "the words before fill a block up to the place where it will end. ".to_string();
        text.truncate(before);
        text + &string + BEHIND[(number / OFFSETS) as usize]
    })
}

/// Every code point alone, in a word, between a space and a digit, and before a mark.
pub(crate) fn code_points() -> Part {
    const CONTEXTS: u64 = 4;
    Part::new("code points in four contexts", (0x11_0000 - 0x800) * CONTEXTS, |number| {
        let code_point = (number / CONTEXTS) as u32;
        let skipped = if code_point < 0xD800 { code_point } else { code_point + 0x800 };
        let c = char::from_u32(skipped).unwrap();
        match number % CONTEXTS {
            0 => c.to_string(),
            1 => format!("Ab{c}cD'{c}s"),
            2 => format!(" {c}1{c}\n"),
            _ => format!("e{c}\u{301}{c} "),
        }
    })
}

/// Every entry of the vocabulary that is text: alone, behind a space, and twice with a letter behind.
pub(crate) fn entries(bpe: &Bpe) -> Part {
    let ids = 0..bpe.vocab_size() as u32;
    let texts = ids.filter_map(|id| std::str::from_utf8(bpe.token_bytes(id)).ok());
    let texts: Vec<String> = texts.filter(|text| !text.is_empty()).map(str::to_string).collect();
    Part::new("entries of the vocabulary", texts.len() as u64 * 3, move |number| {
        let text = &texts[(number / 3) as usize];
        match number % 3 {
            0 => text.clone(),
            1 => format!(" {text}"),
            _ => format!("{text}{text}s"),
        }
    })
}

/// Edge lengths, long runs, and characters that belong together.
pub(crate) fn chosen() -> [Part; 3] {
    [
        Part::listed("edge lengths", sequences::edges()),
        Part::listed("runs", sequences::runs()),
        Part::listed("marks, emoji, scripts, line ends", sequences::triples()),
    ]
}

/// Given texts as a part.
pub(crate) fn given(name: &'static str, texts: Vec<String>) -> Part {
    Part::listed(name, texts)
}

/// Texts of up to eight pieces, one in ten of up to sixty.
pub(crate) fn random(count: u64, seed: u64) -> Part {
    Part::new("random strings", count, move |number| {
        Random::numbered(seed, number).text(if number % 10 == 0 { 60 } else { 8 })
    })
}

/// Cuts of `seeds` with up to four changes.
pub(crate) fn mutations(seeds: Vec<String>, count: u64, seed: u64) -> Part {
    Part::new("mutated corpus strings", count, move |number| {
        mutated(&mut Random::numbered(seed, number), &seeds)
    })
}
