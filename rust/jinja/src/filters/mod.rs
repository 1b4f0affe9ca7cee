//! The filters of templates: what stands after `|`.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::calls::{int_argument, text_argument};
use crate::evaluate::{Call, Evaluator};
use crate::expression::undefined;
use crate::raised::{Raised, Result};
use crate::tests::Test;
use crate::text::{Owner, Text, Woven};
use crate::value::{LazyKind, Members, Value};

macro_rules! filters {
    ($($variant:ident = $($name:literal)|+,)*) => {
        /// A filter, by what it does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Filter { $($variant,)* }

        impl Filter {
            /// The filter with this name.
            pub(crate) fn named(name: &str) -> Option<Self> {
                match name { $($($name)|+ => Some(Filter::$variant),)* _ => None }
            }
        }
    };
}

filters! {
    Abs = "abs",
    Batch = "batch",
    Capitalize = "capitalize",
    Center = "center",
    Default = "default" | "d",
    DictSort = "dictsort",
    First = "first",
    Float = "float",
    Format = "format",
    Indent = "indent",
    Int = "int",
    Items = "items",
    Join = "join",
    Last = "last",
    Length = "length" | "count",
    List = "list",
    Lower = "lower",
    Map = "map",
    Max = "max",
    Min = "min",
    Reject = "reject",
    RejectAttr = "rejectattr",
    Replace = "replace",
    Reverse = "reverse",
    Round = "round",
    Safe = "safe",
    Select = "select",
    SelectAttr = "selectattr",
    Sort = "sort",
    String = "string",
    Sum = "sum",
    Title = "title",
    ToJson = "tojson",
    Trim = "trim",
    Unique = "unique",
    Upper = "upper",
    WordCount = "wordcount",
}

impl<'r> Evaluator<'r> {
    pub(crate) fn filter(
        &mut self,
        filter: Filter,
        value: Value<'r>,
        mut call: Call<'r>,
    ) -> Result<Value<'r>> {
        match filter {
            Filter::ToJson => return self.json_text(&value, call),
            Filter::Map => return self.map(&value, call),
            Filter::Select => return self.select(&value, call, false, true),
            Filter::Reject => return self.select(&value, call, false, false),
            Filter::SelectAttr => return self.select(&value, call, true, true),
            Filter::RejectAttr => return self.select(&value, call, true, false),
            Filter::Format => {
                let format = self.soft_text(&value)?;
                return self.format_filter(&format, call);
            }
            _ => {}
        }
        if let Value::Safe(text) = &value {
            match filter {
                Filter::Safe | Filter::String => return Ok(value),
                Filter::Length | Filter::Default | Filter::Replace | Filter::Join => {}
                Filter::Trim | Filter::Upper | Filter::Lower | Filter::Capitalize => {
                    let plain = Value::Str(text.clone());
                    return Ok(self.filter(filter, plain, call)?.marked_safe());
                }
                _ => return Err(Raised::unsupported("this filter on text marked safe")),
            }
        }
        let printed = match filter {
            Filter::Default => {
                let fallback = call.take(0, "default_value").unwrap_or(Value::text(""));
                let falsy_too = call.take(1, "boolean").is_some_and(|value| self.is_true(&value));
                let missing = value.is_undefined() || (falsy_too && !self.is_true(&value));
                Ok(if missing { fallback } else { value })
            }
            Filter::Length => match self.len(&value) {
                Some(length) => Ok(Value::Int(length as i64)),
                None => Err(Raised::template(format!("object of type '{}' has no len()", value.type_name()))),
            },
            Filter::Safe => Ok(Value::Safe(self.soft_text(&value)?)),
            Filter::String => self.python_str(&value),
            Filter::Trim => {
                let text = self.soft_text(&value)?;
                let chars = call.take(0, "chars").unwrap_or(Value::None);
                self.strip(&text, &chars, true, true)
            }
            Filter::Upper => {
                let text = self.soft_text(&value)?;
                self.map_text(&text, str::to_uppercase)
            }
            Filter::Lower => {
                let text = self.soft_text(&value)?;
                self.map_text(&text, str::to_lowercase)
            }
            Filter::Capitalize => {
                let text = self.soft_text(&value)?;
                self.capitalize(&text)
            }
            Filter::Title => {
                let text = self.soft_text(&value)?;
                self.title_filter(&text)
            }
            Filter::Replace => self.replace_filter(&value, &mut call),
            Filter::Join => self.join_filter(&value, &mut call),
            Filter::Indent => self.indent(&value, &mut call),
            Filter::Center => {
                let width = call.take(0, "width").unwrap_or(Value::Int(80));
                let width = int_argument(&width, "center")?;
                let text = self.soft_text(&value)?;
                self.center(&text, width, ' ')
            }
            Filter::WordCount => {
                let text = self.soft_text(&value)?;
                let words = text.as_str().split(|c: char| !(c.is_alphanumeric() || c == '_'));
                Ok(Value::Int(words.filter(|word| !word.is_empty()).count() as i64))
            }
            Filter::Int => int_filter(&value, &mut call),
            Filter::Float => float_filter(&value, &mut call),
            Filter::Abs => match &value {
                value if value.is_int() => {
                    let number = int_argument(value, "abs")?;
                    number
                        .checked_abs()
                        .map(Value::Int)
                        .ok_or_else(|| Raised::unsupported("an integer beyond 64 bits"))
                }
                value => match value.as_float() {
                    Some(number) => Ok(Value::Float(number.abs())),
                    None => {
                        Err(Raised::template(format!("bad operand type for abs(): '{}'", value.type_name())))
                    }
                },
            },
            Filter::Round => round(&value, &mut call),
            Filter::First => {
                let values = self.iterate(&value)?;
                Ok(values.first().cloned().unwrap_or(Value::Undefined("No first item, sequence was empty.")))
            }
            Filter::Last => {
                if matches!(&value, Value::Iterator(lazy) if lazy.kind == LazyKind::Generator) {
                    return Err(Raised::template("a generator cannot be reversed"));
                }
                let values = self.iterate(&value)?;
                Ok(values.last().cloned().unwrap_or(Value::Undefined("No last item, sequence was empty.")))
            }
            Filter::List => {
                let values = self.iterate(&value)?;
                Ok(Value::List(values))
            }
            Filter::Reverse => self.reverse(&value),
            Filter::Items => {
                if value.is_undefined() {
                    self.lazy(Vec::new(), LazyKind::Generator)
                } else {
                    let pairs = self.pairs(&value)?;
                    self.lazy(pairs, LazyKind::Generator)
                }
            }
            Filter::DictSort => self.dict_sort(&value, &mut call),
            Filter::Sort => self.sort(&value, &mut call),
            Filter::Unique => self.unique(&value, &mut call),
            Filter::Min => self.extreme(&value, &mut call, Ordering::Less),
            Filter::Max => self.extreme(&value, &mut call, Ordering::Greater),
            Filter::Sum => self.sum_filter(&value, &mut call),
            Filter::Batch => self.batch(&value, &mut call),
            _ => Err(Raised::unsupported("a filter")),
        }?;
        call.finish("the filter")?;
        Ok(printed)
    }

    // Texts.

    fn replace_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let text = self.soft_text(value)?;
        let (Some(old), Some(new)) = (call.take(0, "old"), call.take(1, "new")) else {
            return Err(Raised::template("replace takes what to replace and what by"));
        };
        let (old, new) = (self.soft_text(&old)?, self.soft_text(&new)?);
        let count = match call.take(2, "count") {
            None | Some(Value::None) => -1,
            Some(count) => int_argument(&count, "replace")?,
        };
        self.replace(&text, &old, &new, count)
    }

    fn join_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let between = call.take(0, "d").unwrap_or(Value::text(""));
        let between = self.soft_text(&between)?;
        let attribute = call.take(1, "attribute");
        let mut texts = Vec::new();
        for value in self.iterate(value)?.iter() {
            let value = match &attribute {
                Some(path) if !matches!(path, Value::None) => self.attribute_path(value, path)?,
                _ => value.clone(),
            };
            texts.push(self.soft_text(&value)?);
        }
        self.join(&between, &texts)
    }

    fn indent(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let text = self.soft_text(value)?;
        let indention = match call.take(0, "width").unwrap_or(Value::Int(4)) {
            Value::Str(indention) => indention.as_str().to_owned(),
            width => {
                let width = usize::try_from(int_argument(&width, "indent")?.max(0)).unwrap_or(usize::MAX);
                self.room(width)?;
                " ".repeat(width)
            }
        };
        let first = call.take(1, "first").is_some_and(|value| self.is_true(&value));
        let blank = call.take(2, "blank").is_some_and(|value| self.is_true(&value));
        let mut lines = super::methods::split_lines(text.as_str(), false);
        if lines.is_empty() || super::methods::ends_with_line_break(text.as_str()) {
            lines.push(&text.as_str()[text.len()..]);
        }
        self.room(text.len().saturating_add(lines.len().saturating_mul(indention.len())))?;
        let mut woven = Woven::default();
        for (order, line) in lines.iter().enumerate() {
            if order > 0 {
                woven.push("\n", Owner::TEMPLATE);
            }
            if (order == 0 && first) || (order > 0 && (blank || !line.is_empty())) {
                woven.push(&indention, Owner::TEMPLATE);
            }
            woven.push_text(&text.part(line));
        }
        self.text(woven)
    }

    /// Each word with its first letter raised and the others lowered. Words begin at a blank, a
    /// hyphen or an opening bracket.
    fn title_filter(&mut self, text: &Text<'r>) -> Result<Value<'r>> {
        let whole = text.as_str();
        let opens = |c: char| crate::python_text::is_space(c) || "-({[<".contains(c);
        let mut woven = Woven::default();
        let mut at = 0;
        self.room(whole.len() * 2)?;
        while at < whole.len() {
            let rest = &whole[at..];
            let first = rest.chars().next().unwrap_or_default();
            let is_break = opens(first);
            let length = rest.find(|c| opens(c) != is_break).unwrap_or(rest.len());
            let head = first.len_utf8();
            text.slice(at..at + head).for_each_piece(|piece, owner| woven.push(&piece.to_uppercase(), owner));
            text.slice(at + head..at + length).for_each_piece(|piece, owner| {
                woven.push(&piece.to_lowercase(), owner);
            });
            at += length;
        }
        self.text(woven)
    }

    // Numbers.

    fn sum_filter(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let attribute = call.take(0, "attribute");
        let mut total = call.take(1, "start").unwrap_or(Value::Int(0));
        for value in self.iterate(value)?.iter() {
            let value = match &attribute {
                Some(path) if !matches!(path, Value::None) => self.attribute_path(value, path)?,
                _ => value.clone(),
            };
            total = self.binary(super::program::Operator::Add, &total, &value)?;
        }
        Ok(total)
    }

    // Sequences.

    pub(crate) fn pairs(&mut self, value: &Value<'r>) -> Result<Vec<Value<'r>>> {
        if !value.is_mapping() {
            return Err(Raised::template("Can only get item pairs from a mapping."));
        }
        let members = self.members(value)?;
        members.into_iter().map(|(key, value)| self.tuple(vec![key, value])).collect()
    }

    fn reverse(&mut self, value: &Value<'r>) -> Result<Value<'r>> {
        if let Value::Str(text) = value {
            self.room(text.len() * 2)?;
            let mut woven = Woven::default();
            for (at, character) in text.as_str().char_indices().rev() {
                woven.push_text(&text.slice(at..at + character.len_utf8()));
            }
            return self.text(woven);
        }
        let mut values = self.iterate(value)?.to_vec();
        values.reverse();
        if matches!(value, Value::Iterator(lazy) if lazy.kind == LazyKind::Generator) {
            return self.list(values);
        }
        self.lazy(values, LazyKind::Generator)
    }

    fn dict_sort(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let case_sensitive = call.take(0, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let by_value = match call.take(1, "by") {
            None => false,
            Some(by) => match self.soft_text(&by)?.as_str() {
                "key" => false,
                "value" => true,
                _ => return Err(Raised::template("You can only sort by either \"key\" or \"value\"")),
            },
        };
        let reverse = call.take(2, "reverse").is_some_and(|value| self.is_true(&value));
        if value.is_undefined() {
            return Err(undefined("value"));
        }
        let members = self.members(value)?;
        let keys = members.iter().map(|(key, value)| if by_value { value.clone() } else { key.clone() });
        let order = self.sorted_places(keys.collect(), case_sensitive, reverse)?;
        let pairs: Vec<_> = order
            .into_iter()
            .map(|place| self.tuple(vec![members[place].0.clone(), members[place].1.clone()]))
            .collect::<Result<_>>()?;
        self.list(pairs)
    }

    fn sort(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let reverse = call.take(0, "reverse").is_some_and(|value| self.is_true(&value));
        let case_sensitive = call.take(1, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let attribute = call.take(2, "attribute");
        let values = self.iterate(value)?;
        let keys = self.sort_keys(&values, attribute.as_ref())?;
        let order = self.sorted_places(keys, case_sensitive, reverse)?;
        let sorted: Vec<_> = order.into_iter().map(|place| values[place].clone()).collect();
        self.list(sorted)
    }

    fn unique(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let case_sensitive = call.take(0, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let attribute = call.take(1, "attribute");
        let values = self.iterate(value)?;
        let keys = self.sort_keys(&values, attribute.as_ref())?;
        let mut seen: Vec<Value<'r>> = Vec::new();
        let mut kept = Vec::new();
        for (value, key) in values.iter().zip(keys) {
            let key = self.fold_case(key, case_sensitive)?;
            let mut known = false;
            for other in &seen {
                known = known || self.equal(other, &key)?;
            }
            if !known {
                seen.push(key);
                kept.push(value.clone());
            }
        }
        self.lazy(kept, LazyKind::Generator)
    }

    fn extreme(&mut self, value: &Value<'r>, call: &mut Call<'r>, wanted: Ordering) -> Result<Value<'r>> {
        let case_sensitive = call.take(0, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let attribute = call.take(1, "attribute");
        let values = self.iterate(value)?;
        let keys = self.sort_keys(&values, attribute.as_ref())?;
        let mut best: Option<(Value<'r>, Value<'r>)> = None;
        for (value, key) in values.iter().zip(keys) {
            let key = self.fold_case(key, case_sensitive)?;
            let better = match &best {
                None => true,
                Some((_, best_key)) => self.order(&key, &best_key.clone())? == wanted,
            };
            if better {
                best = Some((value.clone(), key));
            }
        }
        Ok(best.map_or(Value::Undefined("No aggregated item, sequence was empty."), |(value, _)| value))
    }

    fn sort_keys(&mut self, values: &[Value<'r>], attribute: Option<&Value<'r>>) -> Result<Vec<Value<'r>>> {
        match attribute {
            None | Some(Value::None) => Ok(values.to_vec()),
            Some(path) => values.iter().map(|value| self.attribute_path(value, path)).collect(),
        }
    }

    fn fold_case(&mut self, key: Value<'r>, case_sensitive: bool) -> Result<Value<'r>> {
        match key {
            Value::Str(text) if !case_sensitive => self.map_text(&text, str::to_lowercase),
            key => Ok(key),
        }
    }

    /// The places of `keys` in their order; a merge sort, since comparing may fail.
    fn sorted_places(
        &mut self,
        keys: Vec<Value<'r>>,
        case_sensitive: bool,
        reverse: bool,
    ) -> Result<Vec<usize>> {
        let keys =
            keys.into_iter().map(|key| self.fold_case(key, case_sensitive)).collect::<Result<Vec<_>>>()?;
        let mut failed = None;
        let mut places: Vec<usize> = (0..keys.len()).collect();
        self.steps(keys.len() * 4)?;
        places.sort_by(|a, b| {
            if failed.is_some() {
                return Ordering::Equal;
            }
            let order = self.order(&keys[*a], &keys[*b]).unwrap_or_else(|raised| {
                failed = Some(raised);
                Ordering::Equal
            });
            if reverse { order.reverse() } else { order }
        });
        failed.map_or(Ok(places), Err)
    }

    fn batch(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let size = call.take(0, "linecount").unwrap_or(Value::None);
        let size = usize::try_from(int_argument(&size, "batch")?).ok().filter(|size| *size > 0);
        let size = size.ok_or_else(|| Raised::unsupported("batches without a size"))?;
        let fill = call.take(1, "fill_with");
        let mut batches = Vec::new();
        for chunk in self.iterate(value)?.chunks(size) {
            let mut chunk = chunk.to_vec();
            if let Some(fill) = &fill
                && !matches!(fill, Value::None)
            {
                self.meter.room(size.saturating_mul(size_of::<Value<'_>>()))?;
                chunk.resize(size, fill.clone());
            }
            batches.push(self.list(chunk)?);
        }
        self.lazy(batches, LazyKind::Generator)
    }

    fn map(&mut self, value: &Value<'r>, mut call: Call<'r>) -> Result<Value<'r>> {
        let values = self.iterate(value)?;
        let mut mapped = Vec::with_capacity(values.len());
        if call.positional.is_empty() {
            let Some(at) = call.named.iter().position(|(name, _)| name == "attribute") else {
                return Err(Raised::template("map requires a filter argument"));
            };
            let (_, path) = call.named.swap_remove(at);
            let fallback = call.take(usize::MAX, "default");
            call.finish("map")?;
            for value in values.iter() {
                let found = self.attribute_path(value, &path)?;
                mapped.push(match (&fallback, found.is_undefined()) {
                    (Some(fallback), true) => fallback.clone(),
                    _ => found,
                });
            }
        } else {
            let name = call.positional.remove(0);
            let name = text_argument(&name, "map")?;
            let filter = Filter::named(name.as_str());
            let filter =
                filter.ok_or_else(|| Raised::template(format!("no filter named '{}'", name.as_str())))?;
            for value in values.iter() {
                mapped.push(self.filter(filter, value.clone(), call.clone())?);
            }
        }
        self.lazy(mapped, LazyKind::Generator)
    }

    fn select(
        &mut self,
        value: &Value<'r>,
        mut call: Call<'r>,
        by_attribute: bool,
        keep: bool,
    ) -> Result<Value<'r>> {
        let path = if by_attribute {
            if call.positional.is_empty() {
                return Err(Raised::template("Missing parameter for attribute name"));
            }
            Some(call.positional.remove(0))
        } else {
            None
        };
        let test = if call.positional.is_empty() {
            None
        } else {
            let name = call.positional.remove(0);
            let name = text_argument(&name, "select")?;
            let test = Test::named(name.as_str());
            Some(test.ok_or_else(|| Raised::template(format!("no test named '{}'", name.as_str())))?)
        };
        let mut kept = Vec::new();
        for value in self.iterate(value)?.iter() {
            let tested = match &path {
                Some(path) => self.attribute_path(value, path)?,
                None => value.clone(),
            };
            let holds = match test {
                Some(test) => self.test(test, &tested, &call)?,
                None => self.is_true(&tested),
            };
            if holds == keep {
                kept.push(value.clone());
            }
        }
        self.lazy(kept, LazyKind::Generator)
    }

    /// What Jinja's attribute getters find: a path of names and numbers, each looked up as a subscript.
    fn attribute_path(&mut self, value: &Value<'r>, path: &Value<'r>) -> Result<Value<'r>> {
        if path.is_int() {
            return self.subscript(value, path);
        }
        let path = text_argument(path, "an attribute")?;
        let mut found = value.clone();
        let whole = path.as_str();
        for name in whole.split('.') {
            let key = match name.parse::<i64>() {
                Ok(number) if name.bytes().all(|byte| byte.is_ascii_digit()) => Value::Int(number),
                _ => Value::Str(path.part(name)),
            };
            found = self.subscript(&found, &key)?;
        }
        Ok(found)
    }

    fn format_filter(&mut self, format: &Text<'r>, call: Call<'r>) -> Result<Value<'r>> {
        if !call.named.is_empty() {
            if !call.positional.is_empty() {
                return Err(Raised::template(
                    "can't handle positional and keyword arguments at the same time",
                ));
            }
            let mut members = Members::new();
            for (name, value) in call.named {
                let Cow::Borrowed(name) = name else { return Err(Raised::unsupported("built names")) };
                members.push((Value::text(name), value));
            }
            let dict = self.dict(members)?;
            return self.percent_format(format, &dict);
        }
        let arguments = self.tuple(call.positional)?;
        self.percent_format(format, &arguments)
    }
}

fn truncated(number: f64) -> Option<i64> {
    (number.is_finite() && number.abs() < 9e18).then_some(number as i64)
}

fn float_filter<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let fallback = call.take(0, "default").unwrap_or(Value::Float(0.0));
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        Value::Str(text) if text.as_str().contains('_') => {
            Err(Raised::unsupported("the filter float on text with underscores"))
        }
        Value::Str(text) => {
            let number = crate::python_text::strip(text.as_str()).parse::<f64>();
            Ok(number.map_or(fallback, Value::Float))
        }
        value => Ok(value.as_float().map_or(fallback, Value::Float)),
    }
}

fn int_filter<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let fallback = call.take(0, "default").unwrap_or(Value::Int(0));
    let base = call.take(1, "base").map_or(Ok(10), |base| int_argument(&base, "int"))?;
    if base != 10 {
        return Err(Raised::unsupported("the filter int with a base"));
    }
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        value if value.is_int() => Ok(Value::Int(int_argument(value, "int")?)),
        Value::Str(text) => {
            let text = crate::python_text::strip(text.as_str());
            if text.contains('_') {
                return Err(Raised::unsupported("the filter int on text with underscores"));
            }
            let parsed = text.parse::<i64>().ok().or_else(|| truncated(text.parse::<f64>().ok()?));
            Ok(parsed.map_or(fallback, Value::Int))
        }
        value => match value.as_float() {
            Some(number) => Ok(truncated(number).map_or(fallback, Value::Int)),
            None => Ok(fallback),
        },
    }
}

fn round<'r>(value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
    let precision = call.take(0, "precision").map_or(Ok(0), |value| int_argument(&value, "round"))?;
    let method = call.take(1, "method").unwrap_or(Value::text("common"));
    let common = method.as_text().is_some_and(|text| text.as_str() == "common");
    if !common || !(0..=15).contains(&precision) {
        return Err(Raised::unsupported("this way of rounding"));
    }
    match value {
        value if value.is_int() => Ok(Value::Int(int_argument(value, "round")?)),
        value => match value.as_float() {
            Some(number) => {
                let rounded = format!("{number:.*}", precision as usize);
                Ok(Value::Float(rounded.parse().unwrap_or(number)))
            }
            None => Err(Raised::template(format!("type {} cannot be rounded", value.type_name()))),
        },
    }
}
