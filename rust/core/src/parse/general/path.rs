//! Where something stands in a record: `request.messages`, `choices[0].message`, `tools[].functionDeclarations[]`.

use tooltrain_json::{Json, Kind};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// To the member with this key.
    Key(String),
    /// To the element at this position; from the end where it is negative.
    At(i64),
    /// To every element.
    Each,
}

/// A way from a value to values inside it. The empty path leads to the value itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    text: String,
    steps: Vec<Step>,
}

impl Path {
    /// Reads `key.key[0][].key`; a key with dots or brackets stands in quotes: `"a.b".c`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some(inside) = rest.strip_prefix('[') {
                let Some((position, after)) = inside.split_once(']') else {
                    return Err(format!("the path {text:?} has a `[` without its `]`"));
                };
                steps.push(match position {
                    "" => Step::Each,
                    _ => Step::At(position.parse().map_err(|_| {
                        format!("the path {text:?} has [{position}]; expected [] or a number in brackets")
                    })?),
                });
                rest = after;
            } else {
                let named = if steps.is_empty() { Some(rest) } else { rest.strip_prefix('.') };
                let Some(named) = named else {
                    return Err(format!("the path {text:?} needs a `.` before {rest:?}"));
                };
                let (key, after) = if let Some(quoted) = named.strip_prefix('"') {
                    quoted
                        .split_once('"')
                        .ok_or(format!("the path {text:?} has a quote that does not end"))?
                } else {
                    named.split_at(named.find(['.', '[']).unwrap_or(named.len()))
                };
                if key.is_empty() {
                    return Err(format!("the path {text:?} has an empty key"));
                }
                steps.push(Step::Key(key.to_owned()));
                rest = after;
            }
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// The path as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first key of the path.
    pub(super) fn first_key(&self) -> Option<&str> {
        match self.steps.first() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The values that the path leads to from `value`, in their order. Nulls are left out.
    pub(super) fn all<'t, 'a>(&self, value: Json<'t, 'a>) -> Vec<Json<'t, 'a>> {
        let mut found = Vec::new();
        follow(value, &self.steps, &mut found);
        found
    }

    /// The first of them.
    pub(super) fn first<'t, 'a>(&self, value: Json<'t, 'a>) -> Option<Json<'t, 'a>> {
        if let [Step::Key(key)] = &*self.steps {
            return value.get(key).filter(|value| !value.is_null());
        }
        self.all(value).into_iter().next()
    }
}

fn follow<'t, 'a>(value: Json<'t, 'a>, steps: &[Step], found: &mut Vec<Json<'t, 'a>>) {
    let Some((step, rest)) = steps.split_first() else {
        if !value.is_null() {
            found.push(value);
        }
        return;
    };
    match step {
        Step::Key(key) => {
            if let Some(member) = value.get(key) {
                follow(member, rest, found);
            }
        }
        Step::At(position) => {
            let position = match usize::try_from(*position) {
                Ok(position) => Some(position),
                Err(_) => value.elements().count().checked_sub(position.unsigned_abs() as usize),
            };
            if let Some(element) = position.and_then(|position| value.elements().nth(position)) {
                follow(element, rest, found);
            }
        }
        Step::Each if value.kind() == Kind::Array => {
            value.elements().for_each(|element| follow(element, rest, found));
        }
        Step::Each => {}
    }
}

/// JSON pointer from `root` to `target`, which is inside it.
pub(super) fn pointer_to(root: Json<'_, '_>, target: Json<'_, '_>) -> String {
    let mut pointer = String::new();
    let mut at = root;
    while at.index() != target.index() {
        let inside =
            |value: &Json<'_, '_>| value.index() <= target.index() && target.index() < value.end_index();
        let step = if at.kind() == Kind::Array {
            at.elements().enumerate().find(|(_, element)| inside(element)).map(|(position, element)| {
                tooltrain_json::push_segment(&mut pointer, &position.to_string());
                element
            })
        } else {
            at.members().find(|(_, value)| inside(value)).map(|(key, value)| {
                tooltrain_json::push_segment(&mut pointer, &key);
                value
            })
        };
        let Some(next) = step else { break };
        at = next;
    }
    pointer
}

#[cfg(test)]
mod tests {
    use super::*;
    use tooltrain_json::Tape;

    #[test]
    fn a_path_leads_to_what_it_names() {
        let text = r#"{"a": {"b.c": [{"d": 1}, {"d": null}, {"d": 3}]}, "e": [[4, 5]]}"#;
        let mut tape = Tape::default();
        let record = tape.read(text, 9).unwrap();
        for (path, expected) in [
            (r#"a."b.c"[].d"#, &["1", "3"][..]),
            (r#"a."b.c"[-1].d"#, &["3"]),
            (r#"a."b.c"[-4].d"#, &[]),
            ("e[0][1]", &["5"]),
            ("e[][]", &["4", "5"]),
            ("", &[text]),
            ("a.x", &[]),
        ] {
            let found: Vec<_> =
                Path::parse(path).unwrap().all(record).iter().map(|value| value.source()).collect();
            assert_eq!(found, expected, "{path}");
        }
        let value = Path::parse(r#"a."b.c"[2].d"#).unwrap().first(record).unwrap();
        assert_eq!(pointer_to(record, value), "/a/b.c/2/d");
        for wrong in ["a[", "a[x]", "a..b", "a[0]b", r#"a."b"#, "."] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }
}
