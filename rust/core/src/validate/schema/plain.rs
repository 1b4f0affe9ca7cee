//! Schemas in the few words that nearly all tools are declared with: types, properties, required, items, lists of
//! strings.
//!
//! Arguments that plainly fit are accepted right here, without the library. Everything else is left to it: what is not
//! accepted here may still be valid, and what is accepted here the library would accept. So most schemas are never
//! compiled, and why arguments are wrong is said in one place.

use tooltrain_json::{Json, Kind};

use super::dialect::{STANDARD, Types, Words, types_of};

/// Most properties of one object, and most strings of one list: a schema with more is left to the library.
const MOST: usize = 64;
/// Longest text of arguments that are looked at here. Longer ones are left to the library, which counts its steps.
const MOST_BYTES: usize = 256 << 10;

/// The types that a value may have, a bit for each of [`STANDARD`].
type Kinds = u8;

const ALL: Kinds = Kinds::MAX;

/// A schema of this kind.
pub(super) struct Plain {
    shape: Shape,
    pub(super) words: Words,
}

/// What one schema of it asks for.
struct Shape {
    kinds: Kinds,
    /// The strings that are allowed; any value where there are none.
    listed: Vec<Box<str>>,
    properties: Vec<(Box<str>, Shape)>,
    /// The properties that have to be there, a bit for each.
    required: u64,
    /// Whether there may be no other properties.
    closed: bool,
    items: Option<Box<Shape>>,
}

impl Plain {
    /// Reads a schema, unless it says anything that is not plain. Recursion is bounded: the tape was read with a limit
    /// of depth.
    pub(super) fn read(json: Json<'_, '_>) -> Option<Self> {
        let mut words = Words::default();
        Some(Self { shape: Shape::read(json, &mut words)?, words })
    }

    /// Whether arguments of this many bytes are looked at.
    pub(super) fn looks_at(bytes: usize) -> bool {
        bytes <= MOST_BYTES
    }

    /// Whether the arguments plainly fit.
    pub(super) fn accepts(&self, arguments: Json<'_, '_>) -> bool {
        self.shape.accepts(arguments)
    }
}

impl Shape {
    fn read(json: Json<'_, '_>, words: &mut Words) -> Option<Self> {
        if json.kind() != Kind::Object {
            return None;
        }
        let mut shape = Self {
            kinds: ALL,
            listed: Vec::new(),
            properties: Vec::new(),
            required: 0,
            closed: false,
            items: None,
        };
        let mut required = None;
        for (key, value) in json.members() {
            match (&*key, value.kind()) {
                ("const", _) => return None,
                ("default" | "example", _)
                | (_, Kind::Null)
                | ("description" | "title", Kind::String)
                | ("additionalProperties", Kind::True) => {}
                ("type", _) => shape.kinds = kinds(value, words)?,
                ("enum", Kind::Array) => shape.listed = listed(value)?,
                ("properties", Kind::Object) => shape.properties = properties(value, words)?,
                ("required", Kind::Array) => required = Some(value),
                ("items", Kind::Object) => shape.items = Some(Box::new(Self::read(value, words)?)),
                ("additionalProperties", Kind::False) => shape.closed = true,
                _ => return None,
            }
        }
        if let Some(required) = required {
            shape.required = shape.bits_of(required)?;
        }
        // Such a list is about the items.
        let lists_an_array = shape.kinds == bit("array") && !shape.listed.is_empty();
        (!lists_an_array).then_some(shape)
    }

    /// A bit for each of these names, which have to be names of properties, each once.
    fn bits_of(&self, names: Json<'_, '_>) -> Option<u64> {
        let mut bits = 0_u64;
        for name in names.elements() {
            let name = name.text()?;
            let bit = 1 << self.properties.iter().position(|(known, _)| **known == *name)?;
            if bits & bit != 0 {
                return None;
            }
            bits |= bit;
        }
        Some(bits)
    }

    fn accepts(&self, value: Json<'_, '_>) -> bool {
        if self.kinds & kinds_of(value) == 0 {
            return false;
        }
        if !self.listed.is_empty()
            && !value.text().is_some_and(|text| self.listed.iter().any(|listed| **listed == *text))
        {
            return false;
        }
        match (value.kind(), &self.items) {
            (Kind::Object, _) => self.accepts_members(value),
            (Kind::Array, Some(items)) => value.elements().all(|element| items.accepts(element)),
            _ => true,
        }
    }

    /// Members mostly come in the order in which properties are declared.
    fn accepts_members(&self, object: Json<'_, '_>) -> bool {
        let mut found = 0_u64;
        let mut next = 0;
        for (key, value) in object.members() {
            let is_key = |(name, _): &(Box<str>, Shape)| **name == *key;
            let ahead = self.properties[next..].iter().position(is_key).map(|position| next + position);
            match ahead.or_else(|| self.properties[..next].iter().position(is_key)) {
                Some(position) => {
                    if !self.properties[position].1.accepts(value) {
                        return false;
                    }
                    found |= 1 << position;
                    next = position + 1;
                }
                None if self.closed => return false,
                None => {}
            }
        }
        found & self.required == self.required
    }
}

fn properties(json: Json<'_, '_>, words: &mut Words) -> Option<Vec<(Box<str>, Shape)>> {
    let mut properties = Vec::new();
    for (name, value) in json.members() {
        if name.starts_with('$') || properties.len() == MOST {
            return None;
        }
        properties.push((name.into(), Shape::read(value, words)?));
    }
    Some(properties)
}

/// The strings of an enum; nothing else is plain.
fn listed(json: Json<'_, '_>) -> Option<Vec<Box<str>>> {
    let listed: Option<Vec<_>> = json.elements().take(MOST + 1).map(|one| Some(one.text()?.into())).collect();
    listed.filter(|listed| (1..=MOST).contains(&listed.len()))
}

/// The types that a schema names.
fn kinds(json: Json<'_, '_>, words: &mut Words) -> Option<Kinds> {
    match types_of(json, words) {
        Types::Any => Some(ALL),
        Types::These(names) if !names.is_empty() => {
            Some(names.into_iter().map(bit).fold(0, |all, one| all | one))
        }
        Types::These(_) | Types::NoWords => None,
    }
}

/// The bit of a standard type.
fn bit(name: &str) -> Kinds {
    STANDARD.iter().position(|standard| *standard == name).map_or(0, |position| 1 << position)
}

/// The types that a value plainly has: a number is an integer here if it is written as one.
fn kinds_of(value: Json<'_, '_>) -> Kinds {
    match value.kind() {
        Kind::Null => bit("null"),
        Kind::True | Kind::False => bit("boolean"),
        Kind::Number if value.source().contains(['.', 'e', 'E']) => bit("number"),
        Kind::Number => bit("number") | bit("integer"),
        Kind::String => bit("string"),
        Kind::Array => bit("array"),
        Kind::Object => bit("object"),
    }
}

#[cfg(test)]
#[path = "plain_tests.rs"]
mod tests;
