//! Methods of strings.

use super::lines::{is_line_break, is_lower, is_upper, split_lines};
use crate::calls::{int_argument, text_argument};
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::parts::count_chars;
use crate::python_text::is_space;
use crate::text::Text;
use crate::value::Value;

impl<'r> Evaluator<'r> {
    pub(super) fn text_method(
        &mut self,
        text: &Text<'r>,
        method: &str,
        call: &mut Call<'r>,
    ) -> Result<Value<'r>> {
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
                    None => return Err(TemplateError::raised("the method takes a string")),
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
                    return Err(TemplateError::raised("empty separator"));
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
                let new =
                    call.take(1, "").ok_or_else(|| TemplateError::raised("replace takes two strings"))?;
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
                    None => Err(TemplateError::raised("substring not found")),
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
                let values =
                    call.take(0, "").ok_or_else(|| TemplateError::raised("join takes a sequence"))?;
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
                let width =
                    call.take(0, "").ok_or_else(|| TemplateError::raised("the method takes a width"))?;
                let width = int_argument(&width, method)?;
                let fill = match call.take(1, "") {
                    Some(fill) => {
                        let fill = text_argument(&fill, method)?;
                        let mut chars = fill.as_str().chars();
                        match (chars.next(), chars.next()) {
                            (Some(fill), None) => fill,
                            _ => return Err(TemplateError::raised("the fill is not one character")),
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
                let width = call.take(0, "").ok_or_else(|| TemplateError::raised("zfill takes a width"))?;
                let width = int_argument(&width, method)?;
                if whole.starts_with(['+', '-']) {
                    return Err(TemplateError::unsupported("zfill of text with a sign"));
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
            _ => Err(TemplateError::unsupported(format!("the method `{method}` of this text"))),
        }
    }
}

fn required_text<'r>(call: &mut Call<'r>, method: &str) -> Result<Text<'r>> {
    let value = call.take(0, "").ok_or_else(|| TemplateError::raised(format!("{method} takes a string")))?;
    text_argument(&value, method)
}
