//! The reference, and texts to compare on.
#![allow(dead_code, unreachable_pub)]

pub(crate) mod corpus;
pub(crate) mod files;
pub(crate) mod mutation;
pub(crate) mod pair;
pub(crate) mod parts;
pub(crate) mod patterns;
pub(crate) mod pieces;
pub(crate) mod random;
pub(crate) mod sequences;
