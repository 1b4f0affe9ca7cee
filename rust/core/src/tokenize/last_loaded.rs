//! The fast engines that were loaded last, kept for the next call: drawing one conversation after another
//! should not load a vocabulary each time, and comparing two models should not load either twice.

use std::sync::{Arc, Mutex};

use tooltrain_bpe::Bpe;

/// Vocabularies that are kept; each takes some tens of megabytes.
const MOST: usize = 4;

static LAST: LastLoaded<Bpe> = LastLoaded(Mutex::new(Vec::new()));

/// The engine for the `tokenizer.json` with this digest: one that is kept, else what `load` makes.
pub(crate) fn get_or_load<E>(digest: &str, load: impl FnOnce() -> Result<Bpe, E>) -> Result<Arc<Bpe>, E> {
    LAST.get_or_load(digest, load)
}

/// What was loaded, under the digests of the files, what was used last in front. Nobody ever waits for the
/// lock: a process that was forked while it was held loads its own.
struct LastLoaded<T>(Mutex<Vec<(String, Arc<T>)>>);

impl<T> LastLoaded<T> {
    fn get_or_load<E>(&self, digest: &str, load: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Ok(mut last) = self.0.try_lock()
            && let Some(at) = last.iter().position(|(known, _)| known == digest)
        {
            last[..=at].rotate_right(1);
            return Ok(Arc::clone(&last[0].1));
        }
        let loaded = Arc::new(load()?);
        if let Ok(mut last) = self.0.try_lock() {
            last.insert(0, (digest.to_owned(), Arc::clone(&loaded)));
            last.truncate(MOST);
        }
        Ok(loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_models_are_kept() {
        let last = LastLoaded(Mutex::new(Vec::new()));
        let mut loaded = Vec::new();
        for digest in ["a", "b", "c", "a", "b", "d", "a", "e", "b", "c"] {
            let load = || {
                loaded.push(digest);
                Ok::<_, ()>(digest.to_owned())
            };
            assert_eq!(*last.get_or_load(digest, load).unwrap(), digest);
        }
        // Four are kept; "c" was the one not used for longest when "e" came.
        assert_eq!(loaded, ["a", "b", "c", "d", "e", "c"]);
    }
}
