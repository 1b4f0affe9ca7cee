//! Short cuts of real text, changed here and there.

use super::pieces::PIECES;
use super::random::Random;

const SHORTEST: usize = 4;
const LONGEST: usize = 40;
const MOST_CHANGES: usize = 4;

/// A window of one of `seeds`, with up to four changes.
pub(crate) fn mutated(random: &mut Random, seeds: &[String]) -> String {
    let mut text = window(random, seeds).to_string();
    for _ in 0..random.below(MOST_CHANGES + 1) {
        change(random, seeds, &mut text);
    }
    text
}

fn window<'s>(random: &mut Random, seeds: &'s [String]) -> &'s str {
    let seed = &seeds[random.below(seeds.len())];
    let start = seed.floor_char_boundary(random.below(seed.len()));
    let length = SHORTEST + random.below(LONGEST - SHORTEST + 1);
    &seed[start..seed.ceil_char_boundary((start + length).min(seed.len()))]
}

fn change(random: &mut Random, seeds: &[String], text: &mut String) {
    let from = text.floor_char_boundary(random.below(text.len() + 1));
    let to = text.ceil_char_boundary((from + random.below(8)).min(text.len()));
    let stretch = text[from..to].to_string();
    match random.below(9) {
        0 => text.replace_range(from..to, ""),
        1 => text.insert_str(from, &stretch.repeat(1 + random.below(3))),
        2 => text.insert_str(from, random.pick(PIECES)),
        3 => text.replace_range(from..to, random.pick(PIECES)),
        4 => text.replace_range(from..to, &stretch.to_uppercase()),
        5 => text.replace_range(from..to, &stretch.to_lowercase()),
        6 => text.replace_range(from..to, &stretch.chars().rev().collect::<String>()),
        7 => text.insert_str(from, window(random, seeds)),
        _ => text.insert(from, char::from_u32(random.below(0x11_0000) as u32).unwrap_or('\u{301}')),
    }
}
