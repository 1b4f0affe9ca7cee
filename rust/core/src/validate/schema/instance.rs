//! Arguments as the schema library sees them: straight from the tape, without building values.

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json as Representation, JsonNumber, Node, NodeIdentity, Object, cmp, unique};
use serde_json::{Number, Value};
use tooltrain_json::{Elements, Json, Kind, Members};

use super::steps::{take, take_child};

/// What each byte of a string costs that a pattern may look at: in the worst case it does a lot.
const STEPS_PER_BYTE: u64 = 8;

/// A value on a tape, or a key on its own.
#[derive(Clone, Copy)]
pub(super) enum Instance<'a> {
    Value(Json<'a, 'a>),
    Key(&'a str),
}

/// The representation of JSON as a tape of source spans.
pub(super) struct TapeJson;

impl Representation for TapeJson {
    type Node<'a> = Instance<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    const KEYS_PER_LOOKUP: usize = 4;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>((): &mut (), string: &str, f: impl FnOnce(Instance<'_>) -> T) -> T {
        f(Instance::Key(string))
    }
}

impl<'a> Instance<'a> {
    #[inline]
    fn json(self) -> Option<Json<'a, 'a>> {
        match self {
            Instance::Value(json) => {
                take(1);
                Some(json)
            }
            Instance::Key(_) => None,
        }
    }

    fn of_kind(self, kind: Kind) -> Option<Json<'a, 'a>> {
        self.json().filter(|json| json.kind() == kind)
    }
}

impl<'a> Node<'a, TapeJson> for Instance<'a> {
    type Object = Container<'a>;
    type Array = Container<'a>;
    type Number = SourceNumber<'a>;

    fn as_object(&self) -> Option<Container<'a>> {
        self.of_kind(Kind::Object).map(Container)
    }

    fn as_array(&self) -> Option<Container<'a>> {
        self.of_kind(Kind::Array).map(Container)
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match *self {
            Instance::Key(key) => Some(Cow::Borrowed(key)),
            Instance::Value(json) => {
                let text = json.text()?;
                take(1 + text.len() as u64 * STEPS_PER_BYTE);
                Some(text)
            }
        }
    }

    fn as_number(&self) -> Option<SourceNumber<'a>> {
        self.of_kind(Kind::Number).map(|json| SourceNumber(json.source()))
    }

    fn as_boolean(&self) -> Option<bool> {
        self.json().and_then(Json::boolean)
    }

    fn is_null(&self) -> bool {
        self.of_kind(Kind::Null).is_some()
    }

    fn is_number(&self) -> bool {
        self.of_kind(Kind::Number).is_some()
    }

    fn json_type(&self) -> JsonType {
        match self.json().map(Json::kind) {
            Some(Kind::Null) => JsonType::Null,
            Some(Kind::True | Kind::False) => JsonType::Boolean,
            Some(Kind::Number) => JsonType::Number,
            Some(Kind::Array) => JsonType::Array,
            Some(Kind::Object) => JsonType::Object,
            Some(Kind::String) | None => JsonType::String,
        }
    }

    fn string_length(&self) -> Option<u64> {
        let text = match *self {
            Instance::Key(key) => Cow::Borrowed(key),
            Instance::Value(json) => {
                let text = json.text()?;
                take(1 + text.len() as u64 / 8);
                text
            }
        };
        Some(text.chars().count() as u64)
    }

    fn equals_value(&self, expected: &Value) -> bool {
        let json = match *self {
            Instance::Key(key) => return expected.as_str() == Some(key),
            Instance::Value(json) => {
                take(1);
                json
            }
        };
        match (json.kind(), expected) {
            (Kind::Null, Value::Null) => true,
            (Kind::True, Value::Bool(expected)) => *expected,
            (Kind::False, Value::Bool(expected)) => !expected,
            (Kind::Number, Value::Number(expected)) => {
                cmp::equal_numbers(&SourceNumber(json.source()), expected)
            }
            (Kind::String, Value::String(expected)) => {
                json.source().len() >= expected.len() && json.text().is_some_and(|text| text == *expected)
            }
            (Kind::Array, Value::Array(expected)) => {
                let mut elements = json.elements();
                expected.iter().all(|value| {
                    elements.next().is_some_and(|element| Instance::Value(element).equals_value(value))
                }) && elements.next().is_none()
            }
            (Kind::Object, Value::Object(expected)) => {
                json.members().count() == expected.len()
                    && json.members().all(|(key, value)| {
                        expected
                            .get(&*key)
                            .is_some_and(|expected| Instance::Value(value).equals_value(expected))
                    })
            }
            _ => false,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(match *self {
            Instance::Key(key) => Value::String(key.to_owned()),
            Instance::Value(json) => {
                take(1 + json.source().len() as u64 / 8);
                value_of(json)
            }
        })
    }

    fn identity(&self) -> Option<NodeIdentity> {
        let json = self.json()?;
        take(3);
        Some(NodeIdentity::tagged(std::ptr::from_ref(json.tape()) as usize, json.index()))
    }
}

/// The value as `serde_json` has it. Recursion is bounded: the tape was read with a limit of depth.
pub(super) fn value_of(json: Json<'_, '_>) -> Value {
    match json.kind() {
        Kind::Null => Value::Null,
        Kind::True => Value::Bool(true),
        Kind::False => Value::Bool(false),
        Kind::Number => Value::Number(SourceNumber(json.source()).to_number().into_owned()),
        Kind::String => Value::String(json.text().unwrap_or_default().into_owned()),
        Kind::Array => Value::Array(json.elements().map(value_of).collect()),
        Kind::Object => {
            Value::Object(json.members().map(|(key, value)| (key.into_owned(), value_of(value))).collect())
        }
    }
}

/// An object or an array.
#[derive(Clone, Copy)]
pub(super) struct Container<'a>(Json<'a, 'a>);

impl<'a> Object<'a, TapeJson> for Container<'a> {
    type Node = Instance<'a>;
    type MemberName = Cow<'a, str>;
    type MembersIter = MemberNodes<'a>;

    fn len(&self) -> usize {
        let count = self.0.members().count();
        take(1 + count as u64 / 4);
        count
    }

    fn is_empty(&self) -> bool {
        self.0.members().next().is_none()
    }

    fn get(&self, key: &String) -> Option<Instance<'a>> {
        take(1);
        let mut looked_at = 0;
        let found = self.0.members().inspect(|_| looked_at += 1).find(|(name, _)| name == key);
        take(looked_at / 4);
        found.map(|(_, value)| Instance::Value(value))
    }

    fn members(&self) -> MemberNodes<'a> {
        MemberNodes(self.0.members())
    }
}

impl<'a> Array<'a, TapeJson> for Container<'a> {
    type Node = Instance<'a>;
    type ElementsIter = ElementNodes<'a>;

    fn len(&self) -> usize {
        let count = self.0.elements().count();
        take(1 + count as u64 / 4);
        count
    }

    fn elements(&self) -> ElementNodes<'a> {
        ElementNodes(self.0.elements())
    }

    fn is_unique(&self) -> bool {
        take(1 + self.0.source().len() as u64 * 2);
        let values: Vec<Value> = self.0.elements().map(value_of).collect();
        unique::is_unique(&values)
    }
}

/// The members of an object.
pub(super) struct MemberNodes<'a>(Members<'a, 'a>);

impl<'a> Iterator for MemberNodes<'a> {
    type Item = (Cow<'a, str>, Instance<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.0.next()?;
        take_child();
        Some((key, Instance::Value(value)))
    }
}

/// The elements of an array.
pub(super) struct ElementNodes<'a>(Elements<'a, 'a>);

impl<'a> Iterator for ElementNodes<'a> {
    type Item = Instance<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.0.next()?;
        take_child();
        Some(Instance::Value(element))
    }
}

/// A number as it is spelled.
#[derive(Clone, Copy)]
pub(super) struct SourceNumber<'a>(pub(super) &'a str);

impl JsonNumber for SourceNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        let exact = serde_json::from_str(self.0).ok();
        let nearest = || {
            let largest = if self.0.starts_with('-') { f64::MIN } else { f64::MAX };
            Number::from_f64(largest).unwrap_or_else(|| Number::from(0))
        };
        Cow::Owned(exact.unwrap_or_else(nearest))
    }

    /// By its value: `1.0` and `1e2` are integers, `1e-2` is not.
    fn is_integer(&self) -> bool {
        let (mantissa, exponent) = self.0.split_once(['e', 'E']).unwrap_or((self.0, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() && whole.trim_start_matches('-') == "0" {
            return true;
        }
        let Ok(exponent) = exponent.trim_start_matches('+').parse::<i64>() else {
            return !exponent.starts_with('-');
        };
        if !fraction.is_empty() {
            return exponent >= fraction.len() as i64;
        }
        let zeros = whole.len() - whole.trim_end_matches('0').len();
        exponent >= -(zeros as i64)
    }

    fn is_written_as_integer(&self) -> bool {
        !self.0.contains(['.', 'e', 'E'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_an_integer_by_its_value() {
        for (text, integer) in [
            ("0", true),
            ("-0", true),
            ("-0.0", true),
            ("0e-5", true),
            ("0.000E-7", true),
            ("1", true),
            ("1.0", true),
            ("1.5", false),
            ("1e2", true),
            ("1.50e1", true),
            ("1.55e1", false),
            ("100e-2", true),
            ("100e-3", false),
            ("123456789012345678901234567890", true),
            ("1e400", true),
            ("1E-400", false),
            ("1e99999999999999999999", true),
            ("1e-99999999999999999999", false),
        ] {
            assert_eq!(SourceNumber(text).is_integer(), integer, "{text}");
        }
    }

    #[test]
    fn numbers_past_every_type_still_have_a_value() {
        assert_eq!(SourceNumber("1e400").as_f64(), Some(f64::INFINITY));
        assert_eq!(SourceNumber("1e400").to_number().as_f64(), Some(f64::MAX));
        assert_eq!(SourceNumber("-1e400").to_number().as_f64(), Some(f64::MIN));
        assert_eq!(SourceNumber("18446744073709551615").as_u64(), Some(u64::MAX));
        assert_eq!(SourceNumber("-9223372036854775808").as_i64(), Some(i64::MIN));
    }
}
