//! The fast engine that was loaded last, kept for the next call: drawing one conversation after another
//! should not load a vocabulary each time.

use std::sync::{Arc, Mutex};

use tooltrain_bpe::Bpe;

/// One vocabulary, under the digest of its `tokenizer.json`. Nobody ever waits for the lock: a process
/// that was forked while it was held loads its own.
static LAST: Mutex<Option<(String, Arc<Bpe>)>> = Mutex::new(None);

/// The engine for the `tokenizer.json` with this digest: the last one, if it is that, else what `load`
/// makes.
pub(crate) fn get_or_load<E>(digest: &str, load: impl FnOnce() -> Result<Bpe, E>) -> Result<Arc<Bpe>, E> {
    if let Ok(last) = LAST.try_lock()
        && let Some((known, bpe)) = last.as_ref()
        && known == digest
    {
        return Ok(Arc::clone(bpe));
    }
    let bpe = Arc::new(load()?);
    if let Ok(mut last) = LAST.try_lock() {
        *last = Some((digest.to_owned(), Arc::clone(&bpe)));
    }
    Ok(bpe)
}
