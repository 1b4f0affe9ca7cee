//! Methods of strings, dicts and lists, as far as Jinja's sandbox lets templates call them.

use crate::calls::{int_argument, text_argument};
use crate::evaluate::{Call, Evaluator};
use crate::expression::undefined;
use crate::parts::count_chars;
use crate::python_text::is_space;
use crate::raised::{Raised, Result};
use crate::text::{Owner, Text, Woven};
use crate::value::{LazyKind, Value};

const TEXT_METHODS: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "maketrans",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];
pub(crate) const DICT_METHODS: &[&str] = &[
    "clear",
    "copy",
    "fromkeys",
    "get",
    "items",
    "keys",
    "pop",
    "popitem",
    "setdefault",
    "update",
    "values",
];
const LIST_METHODS: &[&str] =
    &["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"];

/// The method of `value` with this name, if there is one.
pub(crate) fn method_name(value: &Value<'_>, name: &str) -> Option<&'static str> {
    let methods = match value {
        Value::Str(_) | Value::Safe(_) => TEXT_METHODS,
        Value::Tuple(_) => &["count", "index"],
        value if value.is_mapping() => DICT_METHODS,
        value if value.is_list() => LIST_METHODS,
        _ => return None,
    };
    methods.binary_search(&name).ok().map(|at| methods[at])
}

pub(crate) fn is_method(value: &Value<'_>, name: &str) -> bool {
    method_name(value, name).is_some()
}

impl<'r> Evaluator<'r> {
    pub(crate) fn call_method(
        &mut self,
        value: &Value<'r>,
        name: &'r str,
        mut call: Call<'r>,
        caller: Option<Value<'r>>,
    ) -> Result<Value<'r>> {
        match value {
            Value::Undefined(missing) => return Err(undefined(missing)),
            Value::Safe(text) => {
                let plain = Value::Str(text.clone());
                return match name {
                    "strip" | "lstrip" | "rstrip" | "upper" | "lower" | "capitalize" | "title" => {
                        Ok(self.call_method(&plain, name, call, caller)?.marked_safe())
                    }
                    "startswith" | "endswith" | "find" | "rfind" | "count" => {
                        self.call_method(&plain, name, call, caller)
                    }
                    _ => Err(Raised::unsupported("this method of text marked safe")),
                };
            }
            Value::Loop(place, serial) => return self.loop_method(*place, *serial, name, call),
            Value::Cycler(id) => return self.cycler_method(*id, name),
            _ => {}
        }
        let Some(method) = method_name(value, name) else {
            let target = self.attribute(value, name)?;
            return self.call_value(&target, call, caller);
        };
        let result = match value {
            Value::Str(text) => self.text_method(text, method, &mut call)?,
            value if value.is_mapping() => self.dict_method(value, method, &mut call)?,
            value => self.list_method(value, method, &mut call)?,
        };
        call.finish(method)?;
        Ok(result)
    }

    fn loop_method(&mut self, place: u32, serial: u64, name: &str, call: Call<'r>) -> Result<Value<'r>> {
        let state = self.loop_state(place, serial)?;
        match name {
            "cycle" if !call.positional.is_empty() => {
                Ok(call.positional[state.index % call.positional.len()].clone())
            }
            "changed" => {
                let values = call.positional;
                let before = state.last_changed.replace(values.clone());
                let Some(before) = before else { return Ok(Value::Bool(true)) };
                let mut same = before.len() == values.len();
                for (a, b) in before.iter().zip(values.iter()) {
                    same = same && self.equal(a, b)?;
                }
                Ok(Value::Bool(!same))
            }
            _ => Err(Raised::unsupported(format!("`loop.{name}` as a call"))),
        }
    }

    fn cycler_method(&mut self, id: u32, name: &str) -> Result<Value<'r>> {
        self.do_not_keep();
        let (values, next) = &mut self.cyclers[id as usize];
        match name {
            "next" => {
                let value = values[*next % values.len()].clone();
                *next += 1;
                Ok(value)
            }
            "reset" => {
                *next = 0;
                Ok(Value::None)
            }
            _ => Err(Raised::unsupported(format!("`{name}` of a cycler"))),
        }
    }

    fn dict_method(&mut self, value: &Value<'r>, method: &str, call: &mut Call<'r>) -> Result<Value<'r>> {
        match method {
            "get" => {
                let key = call.take(0, "").ok_or_else(|| Raised::template("get takes a key"))?;
                let fallback = call.take(1, "").unwrap_or(Value::None);
                Ok(self.member(value, &key)?.unwrap_or(fallback))
            }
            "items" => {
                let pairs = self.pairs(value)?;
                self.lazy(pairs, LazyKind::View)
            }
            "keys" => {
                let keys = self.members(value)?.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
                self.lazy(keys, LazyKind::View)
            }
            "values" => {
                let values = self.members(value)?.into_iter().map(|(_, value)| value).collect::<Vec<_>>();
                self.lazy(values, LazyKind::View)
            }
            "copy" => {
                let members = self.members(value)?;
                self.dict(members)
            }
            _ => Err(unsafe_method(method)),
        }
    }

    fn list_method(&mut self, value: &Value<'r>, method: &str, call: &mut Call<'r>) -> Result<Value<'r>> {
        let values = self.iterate(value)?;
        match method {
            "copy" => Ok(Value::List(values)),
            "index" | "count" => {
                let wanted = call.take(0, "").ok_or_else(|| Raised::template("the method takes a value"))?;
                let mut count = 0;
                for (place, value) in values.iter().enumerate() {
                    if self.equal(value, &wanted)? {
                        if method == "index" {
                            return Ok(Value::Int(place as i64));
                        }
                        count += 1;
                    }
                }
                if method == "index" {
                    return Err(Raised::template("the value is not in the list"));
                }
                Ok(Value::Int(count))
            }
            _ => Err(unsafe_method(method)),
        }
    }

    fn text_method(&mut self, text: &Text<'r>, method: &str, call: &mut Call<'r>) -> Result<Value<'r>> {
        self.steps(text.len() / 64)?;
        let whole = text.as_str();
        match method {
            "strip" | "lstrip" | "rstrip" => {
                let chars = call.take(0, "").unwrap_or(Value::None);
                self.strip(text, &chars, method != "rstrip", method != "lstrip")
            }
            "split" => self.split(text, call, false),
            "rsplit" => self.split(text, call, true),
            "splitlines" => {
                let keep = call.take(0, "keepends").is_some_and(|value| self.is_true(&value));
                self.room_for_parts(whole.chars().filter(|c| is_line_break(*c)).count())?;
                let lines = split_lines(whole, keep).into_iter().map(|line| Value::Str(text.part(line)));
                let lines: Vec<_> = lines.collect();
                self.list(lines)
            }
            "startswith" | "endswith" => {
                let affixes = match call.take(0, "") {
                    Some(Value::Tuple(affixes)) => affixes.to_vec(),
                    Some(affix) => vec![affix],
                    None => return Err(Raised::template("the method takes a string")),
                };
                let mut found = false;
                for affix in affixes {
                    let affix = text_argument(&affix, method)?;
                    let affix = affix.as_str();
                    found = found
                        || if method == "startswith" {
                            whole.starts_with(affix)
                        } else {
                            whole.ends_with(affix)
                        };
                }
                Ok(Value::Bool(found))
            }
            "removeprefix" | "removesuffix" => {
                let affix = required_text(call, method)?;
                let affix = affix.as_str();
                let rest = if method == "removeprefix" {
                    whole.strip_prefix(affix)
                } else {
                    whole.strip_suffix(affix)
                };
                Ok(Value::Str(rest.map_or_else(|| text.clone(), |rest| text.part(rest))))
            }
            "partition" | "rpartition" => {
                let between = required_text(call, method)?;
                let (forward, between) = (method == "partition", between.as_str());
                if between.is_empty() {
                    return Err(Raised::template("empty separator"));
                }
                let at = if forward { whole.find(between) } else { whole.rfind(between) };
                let parts = match at {
                    Some(at) => [
                        Value::Str(text.slice(0..at)),
                        Value::Str(text.slice(at..at + between.len())),
                        Value::Str(text.slice(at + between.len()..whole.len())),
                    ],
                    None if forward => [Value::Str(text.clone()), Value::text(""), Value::text("")],
                    None => [Value::text(""), Value::text(""), Value::Str(text.clone())],
                };
                self.tuple(parts.to_vec())
            }
            "replace" => {
                let old = required_text(call, method)?;
                let new = call.take(1, "").ok_or_else(|| Raised::template("replace takes two strings"))?;
                let new = text_argument(&new, method)?;
                let count = match call.take(2, "count") {
                    None => -1,
                    Some(count) => int_argument(&count, method)?,
                };
                self.replace(text, &old, &new, count)
            }
            "find" | "rfind" | "index" | "rindex" => {
                let wanted = required_text(call, method)?;
                let forward = method == "find" || method == "index";
                let at = if forward { whole.find(wanted.as_str()) } else { whole.rfind(wanted.as_str()) };
                match at {
                    Some(at) => Ok(Value::Int(count_chars(&whole[..at]) as i64)),
                    None if method.ends_with("find") => Ok(Value::Int(-1)),
                    None => Err(Raised::template("substring not found")),
                }
            }
            "count" => {
                let wanted = required_text(call, method)?;
                let count = if wanted.is_empty() {
                    count_chars(whole) + 1
                } else {
                    whole.matches(wanted.as_str()).count()
                };
                Ok(Value::Int(count as i64))
            }
            "join" => {
                let values = call.take(0, "").ok_or_else(|| Raised::template("join takes a sequence"))?;
                let values = self.iterate(&values)?;
                let texts = values.iter().map(|value| text_argument(value, "join"));
                let texts = texts.collect::<Result<Vec<_>>>()?;
                self.join(text, &texts)
            }
            "upper" => self.map_text(text, str::to_uppercase),
            "lower" => self.map_text(text, str::to_lowercase),
            "capitalize" => self.capitalize(text),
            "title" => self.title(text),
            "center" | "ljust" | "rjust" => {
                let width = call.take(0, "").ok_or_else(|| Raised::template("the method takes a width"))?;
                let width = int_argument(&width, method)?;
                let fill = match call.take(1, "") {
                    Some(fill) => {
                        let fill = text_argument(&fill, method)?;
                        let mut chars = fill.as_str().chars();
                        match (chars.next(), chars.next()) {
                            (Some(fill), None) => fill,
                            _ => return Err(Raised::template("the fill is not one character")),
                        }
                    }
                    None => ' ',
                };
                match method {
                    "center" => self.center(text, width, fill),
                    "ljust" => self.pad(text, 0, width, fill),
                    _ => self.pad(text, width, 0, fill),
                }
            }
            "zfill" => {
                let width = call.take(0, "").ok_or_else(|| Raised::template("zfill takes a width"))?;
                let width = int_argument(&width, method)?;
                if whole.starts_with(['+', '-']) {
                    return Err(Raised::unsupported("zfill of text with a sign"));
                }
                self.pad(text, width, 0, '0')
            }
            "isspace" => Ok(Value::Bool(!whole.is_empty() && whole.chars().all(is_space))),
            "isascii" => Ok(Value::Bool(whole.is_ascii())),
            "islower" => Ok(Value::Bool(is_lower(whole))),
            "isupper" => Ok(Value::Bool(is_upper(whole))),
            "isdigit" | "isdecimal" | "isnumeric" | "isalpha" | "isalnum" if whole.is_ascii() => {
                let holds = |byte: u8| match method {
                    "isalpha" => byte.is_ascii_alphabetic(),
                    "isalnum" => byte.is_ascii_alphanumeric(),
                    _ => byte.is_ascii_digit(),
                };
                Ok(Value::Bool(!whole.is_empty() && whole.bytes().all(holds)))
            }
            "format" => {
                let arguments = std::mem::take(call);
                self.str_format(text, &arguments)
            }
            _ => Err(Raised::unsupported(format!("the method `{method}` of this text"))),
        }
    }

    pub(crate) fn strip(
        &mut self,
        text: &Text<'r>,
        chars: &Value<'r>,
        left: bool,
        right: bool,
    ) -> Result<Value<'r>> {
        let chars = match chars {
            Value::None => None,
            chars => Some(text_argument(chars, "strip")?),
        };
        let goes = |character: char| match &chars {
            None => is_space(character),
            Some(chars) => chars.as_str().contains(character),
        };
        self.steps(text.len() / 64)?;
        let mut rest = text.as_str();
        if left {
            rest = rest.trim_start_matches(goes);
        }
        if right {
            rest = rest.trim_end_matches(goes);
        }
        Ok(Value::Str(text.part(rest)))
    }

    fn split(&mut self, text: &Text<'r>, call: &mut Call<'r>, from_right: bool) -> Result<Value<'r>> {
        let between = call.take(0, "sep").unwrap_or(Value::None);
        let most = call.take(1, "maxsplit").map_or(Ok(-1), |most| int_argument(&most, "split"))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let whole = text.as_str();
        let parts: Vec<&str> = match &between {
            Value::None => {
                self.room_for_parts(whole.chars().filter(|c| is_space(*c)).count().min(most))?;
                split_blank(whole, most, from_right)
            }
            between => {
                let between = text_argument(between, "split")?;
                let between = between.as_str();
                if between.is_empty() {
                    return Err(Raised::template("empty separator"));
                }
                self.room_for_parts(whole.matches(between).count().min(most))?;
                let pieces = most.saturating_add(1);
                if from_right {
                    let mut parts: Vec<_> = whole.rsplitn(pieces, between).collect();
                    parts.reverse();
                    parts
                } else {
                    whole.splitn(pieces, between).collect()
                }
            }
        };
        let parts: Vec<_> = parts.into_iter().map(|part| Value::Str(text.part(part))).collect();
        self.list(parts)
    }

    /// Asks for room for a list of this many parts of a text before they are gathered.
    fn room_for_parts(&mut self, parts: usize) -> Result<()> {
        self.room(parts.saturating_mul(size_of::<Value<'_>>() + size_of::<&str>()))
    }

    pub(crate) fn replace(
        &mut self,
        text: &Text<'r>,
        old: &Text<'r>,
        new: &Text<'r>,
        count: i64,
    ) -> Result<Value<'r>> {
        if old.is_empty() {
            return Err(Raised::unsupported("replacing nothing by something"));
        }
        let most = usize::try_from(count).unwrap_or(usize::MAX);
        let whole = text.as_str();
        let places: Vec<usize> = whole.match_indices(old.as_str()).take(most).map(|(at, _)| at).collect();
        if places.is_empty() {
            return Ok(Value::Str(text.clone()));
        }
        self.room(whole.len().saturating_add(places.len().saturating_mul(new.len())))?;
        let mut woven = Woven::default();
        let mut at = 0;
        for place in places {
            woven.push_text(&text.slice(at..place));
            woven.push_text(new);
            at = place + old.len();
        }
        woven.push_text(&text.slice(at..whole.len()));
        self.text(woven)
    }

    pub(crate) fn join(&mut self, between: &Text<'r>, texts: &[Text<'r>]) -> Result<Value<'r>> {
        let length: usize = texts.iter().map(Text::len).sum();
        self.room(length.saturating_add(between.len().saturating_mul(texts.len())))?;
        let mut woven = Woven::default();
        for (order, text) in texts.iter().enumerate() {
            if order > 0 {
                woven.push_text(between);
            }
            woven.push_text(text);
        }
        self.text(woven)
    }

    pub(crate) fn capitalize(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let mut first = true;
        self.map_text(text, |piece| {
            let mut chars = piece.chars();
            match chars.next() {
                Some(head) if first => {
                    first = false;
                    head.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect()
                }
                _ => piece.to_lowercase(),
            }
        })
    }

    fn title(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let mut inside = false;
        self.map_text(text, |piece| {
            let mut out = String::with_capacity(piece.len());
            for character in piece.chars() {
                if inside {
                    out.extend(character.to_lowercase());
                } else {
                    out.extend(character.to_uppercase());
                }
                inside = character.is_lowercase() || character.is_uppercase();
            }
            out
        })
    }

    /// Python's `str.center`, which puts the odd blank of an odd width on the left.
    pub(crate) fn center(&mut self, text: &Text<'r>, width: i64, fill: char) -> Result<Value<'r>> {
        let length = count_chars(text.as_str()) as i64;
        let margin = (width - length).max(0);
        let left = margin / 2 + (margin & width & 1);
        self.pad(text, left + length, width, fill)
    }

    /// Fills up on the left to `to_left` characters, then on the right to `to_right`.
    fn pad(&mut self, text: &Text<'r>, to_left: i64, to_right: i64, fill: char) -> Result<Value<'r>> {
        let length = count_chars(text.as_str()) as i64;
        let left = usize::try_from((to_left - length).max(0)).unwrap_or(usize::MAX);
        let right = usize::try_from((to_right - length - left as i64).max(0)).unwrap_or(usize::MAX);
        let fills = left.saturating_add(right).saturating_mul(fill.len_utf8());
        self.room(text.len().saturating_add(fills))?;
        let mut woven = Woven::default();
        let filling = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
        woven.push(&filling(left), Owner::TEMPLATE);
        woven.push_text(text);
        woven.push(&filling(right), Owner::TEMPLATE);
        self.text(woven)
    }
}

fn unsafe_method(method: &str) -> Raised {
    Raised::template(format!("the method `{method}` changes its value, which templates may not"))
}

/// Python's `str.split()` at runs of white space.
fn split_blank(text: &str, most: usize, from_right: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        rest = if from_right { rest.trim_end_matches(is_space) } else { rest.trim_start_matches(is_space) };
        if rest.is_empty() {
            break;
        }
        if parts.len() == most {
            parts.push(rest);
            break;
        }
        if from_right {
            let start =
                rest.rfind(is_space).map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
            parts.push(&rest[start..]);
            rest = &rest[..start];
        } else {
            let end = rest.find(is_space).unwrap_or(rest.len());
            parts.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    if from_right {
        parts.reverse();
    }
    parts
}

fn is_line_break(character: char) -> bool {
    matches!(
        character,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

pub(crate) fn ends_with_line_break(text: &str) -> bool {
    text.ends_with(is_line_break)
}

/// Python's `str.splitlines`.
pub(crate) fn split_lines(text: &str, keep_ends: bool) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some(end) = rest.find(is_line_break) else {
            lines.push(rest);
            break;
        };
        let width = if rest[end..].starts_with("\r\n") {
            2
        } else {
            rest[end..].chars().next().map_or(1, char::len_utf8)
        };
        lines.push(&rest[..if keep_ends { end + width } else { end }]);
        rest = &rest[end + width..];
    }
    lines
}

/// Python's `str.islower`: some character has a case, and none is upper.
pub(crate) fn is_lower(text: &str) -> bool {
    text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)
}

/// Python's `str.isupper`.
pub(crate) fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

fn required_text<'r>(call: &mut Call<'r>, method: &str) -> Result<Text<'r>> {
    let value = call.take(0, "").ok_or_else(|| Raised::template(format!("{method} takes a string")))?;
    text_argument(&value, method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_listed_in_the_order_in_which_they_are_looked_up() {
        for methods in [TEXT_METHODS, DICT_METHODS, LIST_METHODS] {
            assert!(methods.is_sorted());
        }
    }

    #[test]
    fn white_space_splits_as_in_python() {
        assert_eq!(split_blank("  a b\u{1c}\u{3000}c  ", usize::MAX, false), ["a", "b", "c"]);
        assert_eq!(split_blank(" a b c ", 1, false), ["a", "b c "]);
        assert_eq!(split_blank(" a b c ", 1, true), [" a b", "c"]);
        assert_eq!(split_blank(" \n", usize::MAX, false), [""; 0]);
        assert_eq!(split_blank("a b", 0, false), ["a b"]);
    }

    #[test]
    fn lines_split_as_in_python() {
        assert_eq!(split_lines("a\r\nb\u{2028}c\u{b}\n", false), ["a", "b", "c", ""]);
        assert_eq!(split_lines("a\r\nb\n", true), ["a\r\n", "b\n"]);
        assert_eq!(split_lines("", false), [""; 0]);
    }
}
