//! The `pre_tokenizer` of a file as rules.

use serde_json::Value;

use super::chain::Chain;
use super::expression::{self, Node};
use super::set::CodeSet;
use super::stage::Rule;
use crate::split::Pattern;
use crate::unicode::properties;

/// What has been read so far.
struct Reading {
    rules: Vec<Rule>,
    of_characters: Option<usize>,
}

/// The expressions of the parts of a pre-tokenizer, where they are nothing else than splits that isolate
/// their matches.
pub(crate) fn expressions(pre_tokenizer: &Value) -> Option<Vec<&str>> {
    let parts = parts(pre_tokenizer).ok()?;
    let (byte_level, splits) = parts.split_last()?;
    let mut expressions: Vec<&str> = splits.iter().map(|split| isolating(split)).collect::<Option<_>>()?;
    if kind(byte_level) != "ByteLevel" || !is_plain_byte_level(byte_level) {
        return None;
    }
    if uses_regex(byte_level) {
        expressions.extend(Pattern::Gpt2.expressions());
    }
    Some(expressions)
}

fn isolating(split: &Value) -> Option<&str> {
    let known = kind(split) == "Split"
        && has_only(split, &["pattern", "behavior", "invert"])
        && split.get("behavior")?.as_str()? == "Isolated"
        && split.get("invert")?.as_bool() == Some(false);
    let pattern = split.get("pattern")?.as_object()?;
    if known && pattern.len() == 1 { pattern.get("Regex")?.as_str() } else { None }
}

/// Compiles a pre-tokenizer that leaves bytes in the end.
pub(crate) fn compile(pre_tokenizer: &Value) -> Result<Chain, String> {
    let mut splitting = Reading { rules: Vec::new(), of_characters: None };
    for part in parts(pre_tokenizer)? {
        splitting.add(part)?;
    }
    let of_characters = splitting.of_characters.ok_or("no ByteLevel")?;
    if splitting.rules.is_empty() {
        return Err("nothing that splits".to_owned());
    }
    Chain::new(pre_tokenizer.to_string(), &splitting.rules, of_characters)
}

/// The parts of a pre-tokenizer, sequences laid out flat.
fn parts(pre_tokenizer: &Value) -> Result<Vec<&Value>, String> {
    if kind(pre_tokenizer) != "Sequence" {
        return Ok(vec![pre_tokenizer]);
    }
    let inner = pre_tokenizer.get("pretokenizers").and_then(Value::as_array);
    let inner =
        inner.filter(|_| has_only(pre_tokenizer, &["pretokenizers"])).ok_or("a sequence of another form")?;
    let mut all = Vec::new();
    for part in inner {
        all.extend(parts(part)?);
    }
    Ok(all)
}

fn kind(part: &Value) -> &str {
    part.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn has_only(value: &Value, names: &[&str]) -> bool {
    value
        .as_object()
        .is_some_and(|fields| fields.keys().all(|name| name == "type" || names.contains(&name.as_str())))
}

fn is_plain_byte_level(part: &Value) -> bool {
    has_only(part, &["add_prefix_space", "trim_offsets", "use_regex"])
        && part.get("add_prefix_space").and_then(Value::as_bool) == Some(false)
}

fn uses_regex(byte_level: &Value) -> bool {
    byte_level.get("use_regex").is_none_or(|value| value.as_bool() == Some(true))
}

impl Reading {
    fn add(&mut self, part: &Value) -> Result<(), String> {
        match kind(part) {
            "ByteLevel" => {
                if self.of_characters.is_some() || !is_plain_byte_level(part) {
                    return Err(format!("the part {part}"));
                }
                if uses_regex(part) {
                    let node = expression::parse(Pattern::Gpt2.expressions()[0])?;
                    self.rules.push(Rule::new(node, false)?);
                }
                self.of_characters = Some(self.rules.len());
                Ok(())
            }
            "Split" if has_only(part, &["pattern", "behavior", "invert"]) => self.add_split(part),
            "Digits" if has_only(part, &["individual_digits"]) => {
                let alone = part.get("individual_digits").and_then(Value::as_bool);
                self.add_set(properties::digit(), !alone.ok_or("digits of another form")?)
            }
            "Punctuation" if has_only(part, &["behavior"]) => {
                match part.get("behavior").and_then(Value::as_str).unwrap_or("Isolated") {
                    "Isolated" => self.add_set(properties::punctuation(), false),
                    "Contiguous" => self.add_set(properties::punctuation(), true),
                    behavior => Err(format!("punctuation with the behavior {behavior}")),
                }
            }
            _ => Err(format!("the part {part}")),
        }
    }

    fn add_set(&mut self, ranges: Vec<(u32, u32)>, in_rows: bool) -> Result<(), String> {
        let mut node = Node::Set(CodeSet::of(ranges));
        if in_rows {
            node = Node::Repeat { node: Box::new(node), least: 1, most: None, lazy: false };
        }
        self.rules.push(Rule::new(node, false)?);
        Ok(())
    }

    fn add_split(&mut self, part: &Value) -> Result<(), String> {
        let text =
            |name: &str| part.get("pattern").and_then(|pattern| pattern.get(name)).and_then(Value::as_str);
        let node = match (text("Regex"), text("String")) {
            (Some(regex), None) => {
                expression::parse(regex).map_err(|refusal| format!("{refusal} in {regex:?}"))?
            }
            (None, Some(literal)) if !literal.is_empty() => {
                Node::Concat(literal.chars().map(|c| Node::Set(CodeSet::single(c))).collect())
            }
            _ => return Err(format!("the part {part}")),
        };
        let behavior = part.get("behavior").and_then(Value::as_str).unwrap_or_default();
        let invert = part.get("invert").and_then(Value::as_bool).unwrap_or_default();
        let in_spite = |refusal: String| match text("Regex") {
            Some(regex) => format!("{refusal} in {regex:?}"),
            None => refusal,
        };
        match (behavior, invert) {
            ("Isolated", _) => self.rules.push(Rule::new(node, false).map_err(in_spite)?),
            ("Removed", true) => self.rules.push(Rule::new(node, true).map_err(in_spite)?),
            _ => return Err(format!("a split with the behavior {behavior}")),
        }
        Ok(())
    }
}
