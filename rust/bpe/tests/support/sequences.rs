//! Texts made on purpose: lengths at which something changes, runs, and characters that belong
//! together.

/// Lengths at which keys, vectors, short merges, remembered words and 16-bit counts end.
const EDGES: [usize; 28] = [
    1, 2, 3, 4, 5, 7, 8, 9, 14, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 66, 127, 128, 129, 4095, 4096, 4097,
    65535, 65536,
];

/// What is repeated to such a length: letters, digits, signs and white space of one to four bytes.
const FILLS: [&str; 22] = [
    "a",
    "A",
    "aB",
    "the",
    "zq",
    "7",
    "٣",
    "!",
    "/",
    "'",
    "=-",
    " ",
    "\n",
    "\t",
    "\r\n",
    " \n",
    "\u{a0}",
    "é",
    "e\u{301}",
    "中",
    "😀",
    "\u{1d15e}",
];

/// What stands around it.
const AROUND: [(&str, &str); 7] =
    [("", ""), (" ", ""), ("", " "), ("x", "y"), ("don't 12 ", "'s "), ("\n\n", "\n "), ("中", "é\u{301}")];

/// Every fill at every edge, one byte more or less where it has one byte, in every surrounding.
pub(crate) fn edges() -> Vec<String> {
    let mut texts = Vec::new();
    for fill in FILLS {
        for edge in EDGES {
            let mut run = fill.repeat(edge.div_ceil(fill.len()));
            run.truncate(run.floor_char_boundary(edge));
            for (before, behind) in AROUND {
                texts.push([before, &run, behind].concat());
            }
        }
    }
    for edge in EDGES {
        let words: String = (0u32..)
            .flat_map(|n| format!("w{} ", n * 7919 % 1000).into_bytes())
            .take(edge)
            .map(char::from)
            .collect();
        let noise: String =
            (0u32..).map(|n| char::from(b'a' + (n * n % 251 % 26) as u8)).take(edge).collect();
        texts.extend([words, noise]);
    }
    texts
}

const RUNS: [&str; 13] = [" ", "\n", "\r\n", "\r", "\t", "\u{a0}", "1", "a", "Z", "'", "/", "\u{301}", "é"];

/// Runs of up to 130 of one kind followed by up to 3 of another.
pub(crate) fn runs() -> Vec<String> {
    let mut texts = Vec::new();
    for first in RUNS {
        for count in 1..=130 {
            for second in RUNS {
                texts.push([first.repeat(count), second.repeat(count % 4), "x".repeat(count % 3)].concat());
            }
        }
    }
    texts
}

/// Characters that form one with their neighbors, or do not: marks, emoji, scripts, line ends.
const PARTS: [&str; 58] = [
    "a", "Z", "é", "e", "ß", "ſ", "İ", "ı", "ǆ", "ǅ", "Ω", "я", "Ж", "א", "ب", "ﷺ", "क", "्", "ष", "ि", "ก",
    "ำ", "中", "文", "か", "゙", "ガ", "ー", "ᄒ", "ᅡ", "ᆫ", "한", "\u{300}", "\u{301}", "\u{323}", "\u{345}",
    "\u{5b0}", "\u{f71}", "\u{20e3}", "👩", "🏽", "\u{200d}", "❤", "\u{fe0f}", "💻", "🇩", "🇪", "1", "½",
    "\r", "\n", "\r\n", " ", "\u{3000}", "'s", "'LL", "/", "—",
];

/// Every three parts in a row.
pub(crate) fn triples() -> Vec<String> {
    let pairs = PARTS.iter().flat_map(|a| PARTS.iter().map(move |b| [*a, *b].concat()));
    pairs.flat_map(|pair| PARTS.iter().map(move |c| [&pair, *c].concat())).collect()
}
