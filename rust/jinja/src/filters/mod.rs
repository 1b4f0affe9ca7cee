//! The filters of templates: what stands after `|`.

mod numbers;
mod order;
mod sequences;
mod texts;

use std::cmp::Ordering;

use crate::calls::int_argument;
use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::value::{LazyKind, Value};

use numbers::{float_filter, int_filter, round};

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
    FromJson = "from_json" | "fromjson",
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
            Filter::FromJson => return self.value_of_json(value),
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
                _ => return Err(TemplateError::unsupported("this filter on text marked safe")),
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
                None => {
                    Err(TemplateError::raised(format!("object of type '{}' has no len()", value.type_name())))
                }
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
                        .ok_or_else(|| TemplateError::unsupported("an integer beyond 64 bits"))
                }
                value => match value.as_float() {
                    Some(number) => Ok(Value::Float(number.abs())),
                    None => Err(TemplateError::raised(format!(
                        "bad operand type for abs(): '{}'",
                        value.type_name()
                    ))),
                },
            },
            Filter::Round => round(&value, &mut call),
            Filter::First => {
                let values = self.iterate(&value)?;
                Ok(values.first().cloned().unwrap_or(Value::Undefined("No first item, sequence was empty.")))
            }
            Filter::Last => {
                if matches!(&value, Value::Iterator(lazy) if lazy.kind == LazyKind::Generator) {
                    return Err(TemplateError::raised("a generator cannot be reversed"));
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
            _ => Err(TemplateError::unsupported("a filter")),
        }?;
        call.finish("the filter")?;
        Ok(printed)
    }
}
