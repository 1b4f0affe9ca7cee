//! Methods of strings, dicts and lists, as far as Jinja's sandbox lets templates call them.

mod edits;
mod lines;
mod text;

use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::expression::undefined;
use crate::value::{LazyKind, Value};

pub(crate) use lines::{ends_with_line_break, is_lower, is_upper, split_lines};

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
                    _ => Err(TemplateError::unsupported("this method of text marked safe")),
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
            _ => Err(TemplateError::unsupported(format!("`loop.{name}` as a call"))),
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
            _ => Err(TemplateError::unsupported(format!("`{name}` of a cycler"))),
        }
    }

    fn dict_method(&mut self, value: &Value<'r>, method: &str, call: &mut Call<'r>) -> Result<Value<'r>> {
        match method {
            "get" => {
                let key = call.take(0, "").ok_or_else(|| TemplateError::raised("get takes a key"))?;
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
                let wanted =
                    call.take(0, "").ok_or_else(|| TemplateError::raised("the method takes a value"))?;
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
                    return Err(TemplateError::raised("the value is not in the list"));
                }
                Ok(Value::Int(count))
            }
            _ => Err(unsafe_method(method)),
        }
    }
}

fn unsafe_method(method: &str) -> TemplateError {
    TemplateError::raised(format!("the method `{method}` changes its value, which templates may not"))
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
}
