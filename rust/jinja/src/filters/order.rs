//! Filters that put values in order, or take them by it.

use std::cmp::Ordering;

use crate::error::{Result, TemplateError};
use crate::evaluate::{Call, Evaluator};
use crate::expression::undefined;
use crate::value::{LazyKind, Value};

impl<'r> Evaluator<'r> {
    pub(super) fn dict_sort(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let case_sensitive = call.take(0, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let by_value = match call.take(1, "by") {
            None => false,
            Some(by) => match self.soft_text(&by)?.as_str() {
                "key" => false,
                "value" => true,
                _ => return Err(TemplateError::raised("You can only sort by either \"key\" or \"value\"")),
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

    pub(super) fn sort(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
        let reverse = call.take(0, "reverse").is_some_and(|value| self.is_true(&value));
        let case_sensitive = call.take(1, "case_sensitive").is_some_and(|value| self.is_true(&value));
        let attribute = call.take(2, "attribute");
        let values = self.iterate(value)?;
        let keys = self.sort_keys(&values, attribute.as_ref())?;
        let order = self.sorted_places(keys, case_sensitive, reverse)?;
        let sorted: Vec<_> = order.into_iter().map(|place| values[place].clone()).collect();
        self.list(sorted)
    }

    pub(super) fn unique(&mut self, value: &Value<'r>, call: &mut Call<'r>) -> Result<Value<'r>> {
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

    pub(super) fn extreme(
        &mut self,
        value: &Value<'r>,
        call: &mut Call<'r>,
        wanted: Ordering,
    ) -> Result<Value<'r>> {
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
            let order = self.order(&keys[*a], &keys[*b]).unwrap_or_else(|error| {
                failed = Some(error);
                Ordering::Equal
            });
            if reverse { order.reverse() } else { order }
        });
        failed.map_or(Ok(places), Err)
    }
}
