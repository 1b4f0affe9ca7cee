//! Ids, ends and borders against the reference, vector code against portable code, on whatever text
//! libFuzzer comes to. The first byte of an input chooses one of the
//! settings of a small vocabulary.
#![no_main]

#[path = "../../tests/support/mod.rs"]
mod support;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use support::files::tiny;
use support::pair::Pair;
use support::patterns;

thread_local! {
    static PAIRS: RefCell<Vec<Pair>> = RefCell::new(every_setting().collect());
}

fn every_setting() -> impl Iterator<Item = Pair> {
    patterns::all().into_iter().flat_map(|spelled| {
        let settings = [(false, false), (true, false), (false, true), (true, true)];
        settings
            .into_iter()
            .map(move |(nfc, ignore)| Pair::through_compact(&tiny(&spelled.pre_tokenizer, nfc, ignore)))
    })
}

fuzz_target!(|input: &[u8]| {
    let [setting, bytes @ ..] = input else { return };
    let text = String::from_utf8_lossy(bytes);
    PAIRS.with_borrow_mut(|pairs| {
        let pair = usize::from(*setting) % pairs.len();
        pairs[pair].assert_same(&text);
    });
});
