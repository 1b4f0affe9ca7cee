//! What is known of a template before it is trusted, and the proof of each turn.

pub mod capability;
pub mod certificate;
pub mod certificate_cache;
pub mod control_text;
pub mod probes;
pub mod proof;
