//! Keys that are left alone because nobody knows them, and are nearly one that means something.

use super::json::Json;
use super::json_problem::excerpt;
use super::reading::Reading;
use crate::finding::Code;
use crate::nearest::nearest;

/// Notes the keys of `object`, at the place `pointer`, that are nearly one of `wanted`, the keys that it
/// lacks. A member that is `known` to mean something else is left out.
#[cold]
pub(super) fn note(
    object: Json<'_, '_>,
    pointer: &dyn Fn() -> String,
    known: &dyn Fn(&str, Json<'_, '_>) -> bool,
    wanted: &[&str],
    reading: &mut Reading<'_>,
) {
    for (key, value) in object.members() {
        if known(&key, value) || value.is_null() {
            continue;
        }
        let alike = wanted.iter().copied().filter(|wanted| begins_or_ends_alike(&key, wanted));
        let Some(meant) = nearest(&key, alike) else { continue };
        let message =
            format!("the key {} is not known and left alone; did you mean `{meant}`?", excerpt(&key, 0));
        reading.note_at(value, Code::MisspelledKey, pointer(), message);
    }
}

/// What hardly any misspelling changes; it spares measuring how far apart two other words are.
fn begins_or_ends_alike(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let same = |a: Option<&u8>, b: Option<&u8>| a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b));
    one.len().abs_diff(other.len()) <= 3
        && (same(one.first(), other.first()) || same(one.last(), other.last()))
}
