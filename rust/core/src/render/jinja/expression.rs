//! Expressions: operators, attributes, subscripts, slices, calls.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use super::evaluate::{Call, Evaluator};
use super::look::Seen;
use super::program::{Arguments, CallNode, CallTarget, Comparison, Expr, Operator, SliceNode};
use super::raised::{Raised, Result};
use super::text::{Text, Woven};
use super::value::{LazyKind, MAX_NESTING, Members, Sequence, Value};
use crate::parse::json::Kind;
use crate::render::search::find;

/// Longest `range` that Jinja's sandbox allows.
pub(crate) const MAX_RANGE: i64 = 100_000;

impl<'r> Evaluator<'r> {
    pub(crate) fn expr(&mut self, expr: &'r Expr) -> Result<Value<'r>> {
        self.step()?;
        match expr {
            Expr::Undefined => Ok(Value::Undefined("value")),
            Expr::None => Ok(Value::None),
            Expr::Bool(yes) => Ok(Value::Bool(*yes)),
            Expr::Int(number) => Ok(Value::Int(*number)),
            Expr::Float(number) => Ok(Value::Float(*number)),
            Expr::Text(text) => Ok(Value::text(text)),
            Expr::Var(name) => {
                let found = self.find(*name);
                self.note_variable(*name, found);
                let Some(at) = found else { return Ok(global(self.program.names.text(*name))) };
                if matches!(self.variables[at].1, Value::Loop(..)) {
                    self.do_not_keep();
                }
                Ok(self.variables[at].1.clone())
            }
            Expr::Attribute(..) | Expr::Subscript(..) => {
                match self.look(expr) {
                    Some(Seen::Value(value)) => return Ok(value.clone()),
                    Some(Seen::Missing(name)) => return Ok(Value::Undefined(name)),
                    None => {}
                }
                self.deeper()?;
                let result = self.operation(expr);
                self.shallower();
                result
            }
            _ => {
                self.deeper()?;
                // Handed on whole: taking it apart would move its bytes from odd addresses.
                let result = self.operation(expr);
                self.shallower();
                result
            }
        }
    }

    fn operation(&mut self, expr: &'r Expr) -> Result<Value<'r>> {
        match expr {
            Expr::List(exprs) => {
                let values = self.exprs(exprs)?;
                self.list(values)
            }
            Expr::Tuple(exprs) => {
                let values = self.exprs(exprs)?;
                self.tuple(values)
            }
            Expr::Dict(pairs) => {
                let mut members = Members::with_capacity(pairs.len());
                for (key, value) in pairs {
                    let key = self.expr(key)?;
                    let value = self.expr(value)?;
                    self.insert(&mut members, key, value)?;
                }
                self.dict(members)
            }
            Expr::Attribute(value, name) => {
                let value = match &**value {
                    Expr::Var(variable) if *variable == self.program.loop_name => self.loop_or(value)?,
                    value => self.expr(value)?,
                };
                self.attribute(&value, name)
            }
            Expr::Subscript(value, key) => {
                if let Some(element) = self.element_outside(value, key)? {
                    return Ok(element);
                }
                let value = self.expr(value)?;
                let key = self.expr(key)?;
                self.subscript(&value, &key)
            }
            Expr::Slice(slice) => self.slice(slice),
            Expr::Not(operand) => Ok(Value::Bool(!self.truth(operand)?)),
            Expr::Negative(operand) => {
                let operand = self.expr(operand)?;
                negative(&operand)
            }
            Expr::And(left, right) => {
                let left = self.expr(left)?;
                if self.is_true(&left) { self.expr(right) } else { Ok(left) }
            }
            Expr::Or(left, right) => {
                let left = self.expr(left)?;
                if self.is_true(&left) { Ok(left) } else { self.expr(right) }
            }
            Expr::Binary(operator, left, right) => {
                if matches!(operator, Operator::Add | Operator::Subtract)
                    && let Some(number) = self.sum_outer(expr)
                {
                    return Ok(Value::Int(number));
                }
                let left = self.expr(left)?;
                let right = self.expr(right)?;
                self.binary(*operator, &left, &right)
            }
            Expr::Compare(first, links) => Ok(Value::Bool(self.comparison(first, links)?)),
            Expr::If(node) => {
                if self.truth(&node.test)? {
                    self.expr(&node.yes)
                } else {
                    node.no.as_ref().map_or(Ok(Value::Undefined("value")), |no| self.expr(no))
                }
            }
            Expr::Filter(filter, Some(value), arguments) => {
                let value = self.expr(value)?;
                let call = self.arguments(arguments)?;
                self.filter(*filter, value, call)
            }
            Expr::Filter(_, None, _) => Err(Raised::unsupported("a filter without a value")),
            Expr::Test(test, value, arguments) => {
                let value = self.expr(value)?;
                let call = self.arguments(arguments)?;
                Ok(Value::Bool(self.test(*test, &value, &call)?))
            }
            Expr::Call(call) => self.call(call, None),
            simple => self.expr(simple),
        }
    }

    /// The `loop` whose attribute is asked for, which says nothing more about itself.
    fn loop_or(&mut self, variable: &'r Expr) -> Result<Value<'r>> {
        match self.read(self.program.loop_name) {
            Some(value @ Value::Loop(..)) => Ok(value),
            _ => self.expr(variable),
        }
    }

    fn exprs(&mut self, exprs: &'r [Expr]) -> Result<Vec<Value<'r>>> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    /// The filters of a filter or set block, applied to what the block printed.
    pub(crate) fn filter_block(&mut self, filter: Option<&'r Expr>, text: Value<'r>) -> Result<Value<'r>> {
        match filter {
            None => Ok(text),
            Some(Expr::Filter(filter, inner, arguments)) => {
                let value = self.filter_block(inner.as_deref(), text)?;
                let call = self.arguments(arguments)?;
                self.filter(*filter, value, call)
            }
            Some(_) => Err(Raised::unsupported("a block filter that is none")),
        }
    }

    pub(crate) fn arguments(&mut self, arguments: &'r Arguments) -> Result<Call<'r>> {
        if arguments.is_empty() {
            return Ok(Call::default());
        }
        let mut call = Call { positional: self.exprs(&arguments.positional)?, named: Vec::new() };
        if let Some(splat) = &arguments.splat {
            let values = self.expr(splat)?;
            call.positional.extend(self.iterate(&values)?.iter().cloned());
        }
        for (name, value) in &arguments.named {
            call.named.push((Cow::Borrowed(name), self.expr(value)?));
        }
        if let Some(splat) = &arguments.named_splat {
            let values = self.expr(splat)?;
            for (key, value) in self.members(&values)? {
                let Value::Str(Text::Piece(name, _)) = key else {
                    return Err(Raised::unsupported("keyword arguments with built names"));
                };
                call.named.push((Cow::Borrowed(name), value));
            }
        }
        Ok(call)
    }

    pub(crate) fn call(&mut self, node: &'r CallNode, caller: Option<Value<'r>>) -> Result<Value<'r>> {
        match &node.target {
            CallTarget::Method(value, name) => {
                let value = self.expr(value)?;
                let call = self.arguments(&node.arguments)?;
                self.call_method(&value, name, call, caller)
            }
            CallTarget::Value(target) => {
                let target = self.expr(target)?;
                let call = self.arguments(&node.arguments)?;
                self.call_value(&target, call, caller)
            }
        }
    }

    pub(crate) fn call_value(
        &mut self,
        target: &Value<'r>,
        call: Call<'r>,
        caller: Option<Value<'r>>,
    ) -> Result<Value<'r>> {
        match target {
            Value::Macro(id) => self.call_macro(*id, call, caller),
            _ if caller.is_some() => Err(Raised::unsupported("a call block of something that is no macro")),
            Value::Function(function) => self.call_function(*function, call),
            Value::Joiner(id) => {
                self.do_not_keep();
                let (text, used) = &mut self.joiners[*id as usize];
                let first = !std::mem::replace(used, true);
                Ok(if first { Value::text("") } else { text.clone() })
            }
            Value::Undefined(name) => Err(undefined(name)),
            other => Err(Raised::template(format!("'{}' object is not callable", other.type_name()))),
        }
    }

    // Truth, equality, order.

    pub(crate) fn is_true(&self, value: &Value<'r>) -> bool {
        match value {
            Value::Undefined(_) | Value::None => false,
            Value::Bool(yes) => *yes,
            Value::Int(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Number(text) => text.as_str().parse::<f64>().is_ok_and(|number| number != 0.0),
            Value::Str(text) | Value::Safe(text) => !text.is_empty(),
            Value::Iterator(lazy) if lazy.kind == LazyKind::Generator => true,
            other => self.len(other).is_none_or(|length| length > 0),
        }
    }

    /// What Python's `len` gives; `None` for values without a length.
    pub(crate) fn len(&self, value: &Value<'r>) -> Option<usize> {
        Some(match value {
            Value::Undefined(_) => 0,
            Value::Str(text) | Value::Safe(text) => count_chars(text.as_str()),
            Value::Source(source) => json_len(source.json().ok()?),
            Value::Json(json, _) => json_len(*json),
            Value::List(values) | Value::Tuple(values) => values.len(),
            Value::Dict(dict) => dict.members.len(),
            Value::Iterator(lazy) if lazy.kind == LazyKind::Generator => return None,
            Value::Iterator(lazy) => lazy.peek().map_or(0, |values| values.len()),
            Value::Loop(place, _) => self.loops.get(*place as usize)?.values.len(),
            _ => return None,
        })
    }

    pub(crate) fn equal(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<bool> {
        self.equal_at(left, right, 0)
    }

    fn equal_at(&mut self, left: &Value<'r>, right: &Value<'r>, depth: u32) -> Result<bool> {
        if depth > MAX_NESTING {
            return Err(Raised::Limit("nesting"));
        }
        self.step()?;
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            self.steps(left.len().min(right.len()) / 64)?;
            return Ok(left.as_str() == right.as_str());
        }
        if is_number(left) && is_number(right) {
            return Ok(compare_numbers(left, right) == Some(Ordering::Equal));
        }
        match (left, right) {
            (Value::Undefined(_), Value::Undefined(_)) | (Value::None, Value::None) => Ok(true),
            (Value::Namespace(a), Value::Namespace(b)) | (Value::Macro(a), Value::Macro(b)) => Ok(a == b),
            _ if left.is_mapping() && right.is_mapping() => {
                let ours = self.members(left)?;
                let theirs = self.members(right)?;
                if ours.len() != theirs.len() {
                    return Ok(false);
                }
                for (key, value) in ours {
                    let mut found = None;
                    for (other, candidate) in &theirs {
                        if self.equal_at(&key, other, depth + 1)? {
                            found = Some(candidate.clone());
                            break;
                        }
                    }
                    match found {
                        Some(candidate) if self.equal_at(&value, &candidate, depth + 1)? => {}
                        _ => return Ok(false),
                    }
                }
                Ok(true)
            }
            _ if (left.is_list() && right.is_list())
                || matches!((left, right), (Value::Tuple(_), Value::Tuple(_))) =>
            {
                let (ours, theirs) = (self.iterate(left)?, self.iterate(right)?);
                if ours.len() != theirs.len() {
                    return Ok(false);
                }
                for (a, b) in ours.iter().zip(theirs.iter()) {
                    if !self.equal_at(a, b, depth + 1)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (Value::Iterator(_), Value::Iterator(_)) => Err(Raised::unsupported("comparison of iterators")),
            _ => Ok(false),
        }
    }

    /// The order of two values, where Python has one.
    pub(crate) fn order(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<Ordering> {
        if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
            return Ok(left.as_str().chars().cmp(right.as_str().chars()));
        }
        if is_number(left) && is_number(right) {
            return compare_numbers(left, right).ok_or_else(|| Raised::unsupported("comparison with nan"));
        }
        if (left.is_list() && right.is_list()) || matches!((left, right), (Value::Tuple(_), Value::Tuple(_)))
        {
            self.deeper()?;
            let (ours, theirs) = (self.iterate(left)?, self.iterate(right)?);
            for (a, b) in ours.iter().zip(theirs.iter()) {
                if !self.equal(a, b)? {
                    let order = self.order(a, b)?;
                    self.shallower();
                    return Ok(order);
                }
            }
            self.shallower();
            return Ok(ours.len().cmp(&theirs.len()));
        }
        Err(Raised::template(format!("'{}' and '{}' have no order", left.type_name(), right.type_name())))
    }

    pub(crate) fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value<'r>,
        right: &Value<'r>,
    ) -> Result<bool> {
        Ok(match comparison {
            Comparison::Equal => self.equal(left, right)?,
            Comparison::NotEqual => !self.equal(left, right)?,
            Comparison::In => self.contains(right, left)?,
            Comparison::NotIn => !self.contains(right, left)?,
            Comparison::Less => self.order(left, right)? == Ordering::Less,
            Comparison::LessOrEqual => self.order(left, right)? != Ordering::Greater,
            Comparison::Greater => self.order(left, right)? == Ordering::Greater,
            Comparison::GreaterOrEqual => self.order(left, right)? != Ordering::Less,
        })
    }

    pub(crate) fn contains(&mut self, container: &Value<'r>, wanted: &Value<'r>) -> Result<bool> {
        if let Some(text) = container.as_text() {
            let Some(wanted) = wanted.as_text() else {
                return Err(Raised::template(format!(
                    "'in <string>' requires string as left operand, not {}",
                    wanted.type_name()
                )));
            };
            self.steps(text.len() / 64)?;
            return Ok(find(text.as_str(), wanted.as_str()).is_some());
        }
        if container.is_mapping() {
            return Ok(self.member(container, wanted)?.is_some());
        }
        let values = self.iterate(container)?;
        for value in values.iter() {
            if self.equal(value, wanted)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    // Parts of values.

    /// The values that a `for` runs over.
    pub(crate) fn iterate(&mut self, value: &Value<'r>) -> Result<Rc<Sequence<'r>>> {
        let values = match value {
            Value::List(values) | Value::Tuple(values) => return Ok(values.clone()),
            Value::Iterator(lazy) => return self.take_lazy(lazy),
            Value::Undefined(_) => Vec::new(),
            Value::Str(text) | Value::Safe(text) => {
                self.room(text.len() * size_of::<Value<'_>>())?;
                let whole = text.as_str();
                whole
                    .char_indices()
                    .map(|(at, character)| Value::Str(text.slice(at..at + character.len_utf8())))
                    .collect()
            }
            Value::Dict(dict) => dict.members.iter().map(|(key, _)| key.clone()).collect(),
            Value::Source(source) => {
                let json = Value::Json(source.json()?, source.owner);
                return self.iterate(&json);
            }
            Value::Json(json, owner) => {
                self.steps(json.source().len() / 64)?;
                if json.kind() == Kind::Array {
                    json.elements().map(|element| self.json_value(element, *owner)).collect::<Result<_>>()?
                } else {
                    let members = self.members(value)?;
                    members.into_iter().map(|(key, _)| key).collect()
                }
            }
            other => {
                return Err(Raised::template(format!("'{}' object is not iterable", other.type_name())));
            }
        };
        self.sequence(values)
    }

    /// The members of a mapping.
    pub(crate) fn members(&mut self, value: &Value<'r>) -> Result<Members<'r>> {
        match value {
            Value::Dict(dict) => Ok(dict.members.clone()),
            Value::Source(source) => {
                let json = Value::Json(source.json()?, source.owner);
                self.members(&json)
            }
            Value::Json(json, owner) if json.kind() == Kind::Object => {
                self.steps(json.source().len() / 64)?;
                let mut members = Vec::new();
                for (key, value) in json.members() {
                    let key = match key {
                        Cow::Borrowed(key) => Value::Str(Text::Piece(key, *owner)),
                        Cow::Owned(key) => self.owned_text(key, *owner)?,
                    };
                    members.push((key, self.json_value(value, *owner)?));
                }
                Ok(members)
            }
            other => Err(Raised::template(format!("'{}' object is no mapping", other.type_name()))),
        }
    }

    /// The value of a mapping under `key`.
    pub(crate) fn member(&mut self, value: &Value<'r>, key: &Value<'r>) -> Result<Option<Value<'r>>> {
        match (value, key.as_text()) {
            (Value::Dict(dict), Some(name)) => Ok(dict.get(name.as_str()).cloned()),
            (Value::Source(source), _) => {
                let json = Value::Json(source.json()?, source.owner);
                self.member(&json, key)
            }
            (Value::Json(json, owner), Some(name)) => {
                self.steps(json.source().len() / 256)?;
                json.get(name.as_str()).map(|found| self.json_value(found, *owner)).transpose()
            }
            (Value::Dict(dict), None) => {
                if !is_hashable(key) {
                    return Err(Raised::template(format!("unhashable type: '{}'", key.type_name())));
                }
                for (known, value) in &dict.members {
                    if self.equal(known, key)? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
            (_, None) if !is_hashable(key) => {
                Err(Raised::template(format!("unhashable type: '{}'", key.type_name())))
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn insert(
        &mut self,
        members: &mut Members<'r>,
        key: Value<'r>,
        value: Value<'r>,
    ) -> Result<()> {
        if !is_hashable(&key) {
            return Err(Raised::template(format!("unhashable type: '{}'", key.type_name())));
        }
        for (known, old) in members.iter_mut() {
            if self.equal(known, &key)? {
                *old = value;
                return Ok(());
            }
        }
        members.push((key, value));
        Ok(())
    }

    /// `value.name`, without a call.
    pub(crate) fn attribute(&mut self, value: &Value<'r>, name: &'r str) -> Result<Value<'r>> {
        match value {
            Value::Undefined(missing) => Err(undefined(missing)),
            Value::Namespace(id) => Ok(self.namespace_attribute(*id, name)),
            Value::Loop(place, serial) => {
                let value = self.loop_attribute(*place, *serial, name)?;
                self.note_loop(*place, name, &value);
                Ok(value)
            }
            _ if super::methods::is_method(value, name) => Ok(Value::Method(name)),
            Value::Dict(_) | Value::Source(_) | Value::Json(..) if value.is_mapping() => {
                Ok(self.member(value, &Value::text(name))?.unwrap_or(Value::Undefined(name)))
            }
            Value::Macro(_) | Value::Cycler(_) | Value::Joiner(_) | Value::Function(_) => {
                Err(Raised::unsupported(format!("the attribute `{name}` of a {}", value.type_name())))
            }
            _ => Ok(Value::Undefined(name)),
        }
    }

    pub(crate) fn loop_attribute(&mut self, place: u32, serial: u64, name: &'r str) -> Result<Value<'r>> {
        let state = self.loop_state(place, serial)?;
        if let Some(number) = state.number(name) {
            return Ok(Value::Int(number));
        }
        let (index, length) = (state.index, state.values.len());
        Ok(match name {
            "first" => Value::Bool(index == 0),
            "last" => Value::Bool(index + 1 == length),
            "previtem" => match index.checked_sub(1) {
                Some(before) => state.values[before].clone(),
                None => Value::Undefined("there is no previous item"),
            },
            "nextitem" => {
                state.values.get(index + 1).cloned().unwrap_or(Value::Undefined("there is no next item"))
            }
            "cycle" | "changed" => Value::Method(name),
            _ => Value::Undefined(name),
        })
    }

    /// `value[key]`
    pub(crate) fn subscript(&mut self, value: &Value<'r>, key: &Value<'r>) -> Result<Value<'r>> {
        if let Value::Undefined(missing) = value {
            return Err(undefined(missing));
        }
        if key.is_undefined() && !value.is_mapping() {
            return Ok(Value::Undefined("undefined"));
        }
        if value.is_mapping() {
            if !is_hashable(key) {
                return Ok(Value::Undefined("value"));
            }
            if let Some(found) = self.member(value, key)? {
                return Ok(found);
            }
        } else if key.is_int() {
            let Some(index) = key.as_int() else { return Ok(Value::Undefined("index")) };
            return self.at(value, index);
        }
        let Some(name) = key.as_text() else { return Ok(Value::Undefined("value")) };
        match value {
            Value::Namespace(_) | Value::Loop(..) => match name {
                Text::Piece(name, _) => self.attribute(value, name),
                Text::Woven(..) => Err(Raised::unsupported("a built attribute name")),
            },
            _ => match super::methods::method_name(value, name.as_str()) {
                Some(method) => Ok(Value::Method(method)),
                None => Ok(Value::Undefined(if let Text::Piece(name, _) = name { name } else { "key" })),
            },
        }
    }

    /// `value[index]` of a sequence.
    pub(crate) fn at(&mut self, value: &Value<'r>, index: i64) -> Result<Value<'r>> {
        let missing = Value::Undefined("element");
        if let Some(text) = value.as_text() {
            let text_str = text.as_str();
            let length = count_chars(text_str) as i64;
            let place = if index < 0 { index + length } else { index };
            if place < 0 || place >= length {
                return Ok(missing);
            }
            let start = char_offset(text_str, place as usize);
            let width = text_str[start..].chars().next().map_or(0, char::len_utf8);
            return Ok(like(value, Value::Str(text.slice(start..start + width))));
        }
        let values = match value {
            Value::List(_) | Value::Tuple(_) => self.iterate(value)?,
            Value::Iterator(lazy) if lazy.kind == LazyKind::Range => self.iterate(value)?,
            _ if value.is_list() => self.iterate(value)?,
            _ => return Ok(missing),
        };
        let place = if index < 0 { index + values.len() as i64 } else { index };
        Ok(usize::try_from(place).ok().and_then(|place| values.get(place).cloned()).unwrap_or(missing))
    }

    fn slice(&mut self, node: &'r SliceNode) -> Result<Value<'r>> {
        let value = self.expr(&node.value)?;
        let mut bound = |expr: &'r Option<Expr>| -> Result<Option<i64>> {
            let Some(expr) = expr else { return Ok(None) };
            match self.expr(expr)? {
                Value::None => Ok(None),
                bound => bound
                    .as_int()
                    .filter(|_| bound.is_int())
                    .map(Some)
                    .ok_or_else(|| Raised::template("slice indices must be integers or None")),
            }
        };
        let (start, stop, step) = (bound(&node.start)?, bound(&node.stop)?, bound(&node.step)?.unwrap_or(1));
        if step == 0 {
            return Err(Raised::template("slice step cannot be zero"));
        }
        if let Value::Undefined(name) = value {
            return Err(undefined(name));
        }
        if let Some(text) = value.as_text() {
            let sliced = self.slice_text(text, start, stop, step)?;
            return Ok(like(&value, sliced));
        }
        let values = match &value {
            Value::Tuple(values) => values.clone(),
            _ if value.is_list() => self.iterate(&value)?,
            _ => return Err(Raised::template(format!("'{}' object cannot be sliced", value.type_name()))),
        };
        let picked: Vec<_> =
            places(start, stop, step, values.len()).map(|place| values[place].clone()).collect();
        if matches!(value, Value::Tuple(_)) { self.tuple(picked) } else { self.list(picked) }
    }

    fn slice_text(
        &mut self,
        text: &Text<'r>,
        start: Option<i64>,
        stop: Option<i64>,
        step: i64,
    ) -> Result<Value<'r>> {
        let whole = text.as_str();
        self.steps(whole.len() / 64)?;
        let length = count_chars(whole);
        if step == 1 {
            let mut range = places(start, stop, 1, length);
            let Some(first) = range.next() else { return Ok(Value::Str(text.slice(0..0))) };
            let last = range.last().unwrap_or(first);
            let from = char_offset(whole, first);
            let to = from + char_offset(&whole[from..], last - first + 1);
            return Ok(Value::Str(text.slice(from..to)));
        }
        self.room(whole.len() * 16)?;
        let offsets: Vec<_> = whole.char_indices().collect();
        let mut woven = Woven::default();
        for place in places(start, stop, step, length) {
            let (at, character) = offsets[place];
            woven.push_text(&text.slice(at..at + character.len_utf8()));
        }
        self.text(woven)
    }

    // Operators.

    pub(crate) fn binary(
        &mut self,
        operator: Operator,
        left: &Value<'r>,
        right: &Value<'r>,
    ) -> Result<Value<'r>> {
        if operator == Operator::Concat {
            return self.concat(left, right);
        }
        for operand in [left, right] {
            if let Value::Undefined(name) = operand {
                return Err(undefined(name));
            }
        }
        match (operator, left, right) {
            (Operator::Add, Value::Safe(a), Value::Safe(b)) => self.safe_sum(a, false, b, false),
            (Operator::Add, Value::Safe(a), Value::Str(b)) => self.safe_sum(a, false, b, true),
            (Operator::Add, Value::Str(a), Value::Safe(b)) => self.safe_sum(a, true, b, false),
            (_, Value::Safe(_), _) | (_, _, Value::Safe(_)) => {
                Err(Raised::unsupported("operations on text marked safe"))
            }
            (Operator::Add, Value::Str(a), Value::Str(b)) => {
                self.room(a.len() + b.len())?;
                let mut woven = Woven::default();
                woven.push_text(a);
                woven.push_text(b);
                self.text(woven)
            }
            (Operator::Remainder, Value::Str(format), _) => self.percent_format(format, right),
            (Operator::Multiply, Value::Str(text), count) | (Operator::Multiply, count, Value::Str(text))
                if count.is_int() =>
            {
                let count = usize::try_from(count.as_int().unwrap_or(0).max(0)).unwrap_or(usize::MAX);
                self.room(text.len().saturating_mul(count))?;
                let mut woven = Woven::default();
                match text.single_owner() {
                    Some(owner) => woven.push(&text.as_str().repeat(count), owner),
                    None => (0..count).for_each(|_| woven.push_text(text)),
                }
                self.text(woven)
            }
            (Operator::Add, Value::Tuple(a), Value::Tuple(b)) => {
                let values: Vec<_> = a.iter().chain(b.iter()).cloned().collect();
                self.tuple(values)
            }
            (Operator::Add, a, b) if a.is_list() && b.is_list() => {
                let (a, b) = (self.iterate(a)?, self.iterate(b)?);
                self.meter.room((a.len() + b.len()) * size_of::<Value<'_>>())?;
                let values: Vec<_> = a.iter().chain(b.iter()).cloned().collect();
                self.list(values)
            }
            (Operator::Multiply, list, count) | (Operator::Multiply, count, list)
                if (list.is_list() || matches!(list, Value::Tuple(_))) && count.is_int() =>
            {
                let values = self.iterate(list)?;
                let count = usize::try_from(count.as_int().unwrap_or(0).max(0)).unwrap_or(usize::MAX);
                let length = values.len().saturating_mul(count);
                self.meter.room(length.saturating_mul(size_of::<Value<'_>>()))?;
                let repeated: Vec<_> = values.iter().cycle().take(length).cloned().collect();
                if matches!(list, Value::Tuple(_)) { self.tuple(repeated) } else { self.list(repeated) }
            }
            (_, a, b) if is_number(a) && is_number(b) => arithmetic(operator, a, b),
            (_, a, b) => Err(Raised::template(format!(
                "unsupported operand types: '{}' and '{}'",
                a.type_name(),
                b.type_name()
            ))),
        }
    }

    /// The sum of texts of which one is marked safe: the other one is escaped.
    fn safe_sum(&mut self, a: &Text<'r>, escape_a: bool, b: &Text<'r>, escape_b: bool) -> Result<Value<'r>> {
        self.room((a.len() + b.len()) * 6)?;
        let mut woven = Woven::default();
        for (text, escape) in [(a, escape_a), (b, escape_b)] {
            if escape {
                text.for_each_piece(|piece, owner| woven.push(&html_escaped(piece), owner));
            } else {
                woven.push_text(text);
            }
        }
        Ok(self.text(woven)?.marked_safe())
    }

    fn concat(&mut self, left: &Value<'r>, right: &Value<'r>) -> Result<Value<'r>> {
        let mut woven = Woven::default();
        for operand in [left, right] {
            if let Value::Str(text) = self.python_str(operand)? {
                self.room(woven.text.len() + text.len())?;
                woven.push_text(&text);
            }
        }
        self.text(woven)
    }
}

/// What a name that nobody has set stands for.
fn global(name: &str) -> Value<'_> {
    use super::value::Function;
    Value::Function(match name {
        "range" => Function::Range,
        "dict" => Function::Dict,
        "namespace" => Function::Namespace,
        "cycler" => Function::Cycler,
        "joiner" => Function::Joiner,
        "raise_exception" => Function::RaiseException,
        "strftime_now" => Function::StrftimeNow,
        _ => return Value::Undefined(name),
    })
}

/// `text`, marked safe if `value` is.
pub(crate) fn like<'r>(value: &Value<'r>, text: Value<'r>) -> Value<'r> {
    if matches!(value, Value::Safe(_)) { text.marked_safe() } else { text }
}

fn html_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            other => out.push(other),
        }
    }
    out
}

pub(crate) fn undefined(name: &str) -> Raised {
    Raised::template(format!("'{name}' is undefined"))
}

fn json_len(json: crate::parse::json::Json<'_, '_>) -> usize {
    if json.kind() == Kind::Array { json.elements().count() } else { json.members().count() }
}

fn is_hashable(value: &Value<'_>) -> bool {
    !(value.is_mapping() || value.is_list())
}

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Number(_))
}

fn compare_numbers(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
        return Some(left.cmp(&right));
    }
    if let (Value::Number(left), Value::Number(right)) = (left, right)
        && left.as_str() == right.as_str()
    {
        return Some(Ordering::Equal);
    }
    left.as_float()?.partial_cmp(&right.as_float()?)
}

fn negative<'r>(value: &Value<'r>) -> Result<Value<'r>> {
    match value {
        Value::Undefined(name) => Err(undefined(name)),
        value if value.is_int() => Ok(Value::Int(whole(value)?.checked_neg().ok_or_else(too_large)?)),
        value => match value.as_float() {
            Some(number) => Ok(Value::Float(-number)),
            None => Err(Raised::template(format!("bad operand type for unary -: '{}'", value.type_name()))),
        },
    }
}

fn whole(value: &Value<'_>) -> Result<i64> {
    value.as_int().ok_or_else(too_large)
}

fn too_large() -> Raised {
    Raised::unsupported("an integer beyond 64 bits")
}

fn arithmetic<'r>(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<Value<'r>> {
    if left.is_int() && right.is_int() && operator != Operator::Divide {
        let (a, b) = (whole(left)?, whole(right)?);
        let by_zero = || Raised::template("integer division or modulo by zero");
        return Ok(Value::Int(match operator {
            Operator::Add => a.checked_add(b).ok_or_else(too_large)?,
            Operator::Subtract => a.checked_sub(b).ok_or_else(too_large)?,
            Operator::Multiply => a.checked_mul(b).ok_or_else(too_large)?,
            Operator::FloorDivide => {
                if b == 0 {
                    return Err(by_zero());
                }
                floor_divide(a, b).ok_or_else(too_large)?
            }
            Operator::Remainder => {
                if b == 0 {
                    return Err(by_zero());
                }
                let quotient = floor_divide(a, b).ok_or_else(too_large)?;
                a - quotient * b
            }
            Operator::Power if b >= 0 => {
                let exponent = u32::try_from(b).map_err(|_| too_large())?;
                a.checked_pow(exponent).ok_or_else(too_large)?
            }
            _ => return float_arithmetic(operator, a as f64, b as f64),
        }));
    }
    let (Some(a), Some(b)) = (left.as_float(), right.as_float()) else { return Err(too_large()) };
    float_arithmetic(operator, a, b)
}

fn floor_divide(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    Some(if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

fn float_arithmetic<'r>(operator: Operator, a: f64, b: f64) -> Result<Value<'r>> {
    let needs_divisor = matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Remainder);
    if needs_divisor && b == 0.0 {
        return Err(Raised::template("float division by zero"));
    }
    Ok(Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::FloorDivide => ((a - float_remainder(a, b)) / b).round(),
        Operator::Remainder => float_remainder(a, b),
        Operator::Power | Operator::Concat => a.powf(b),
    }))
}

/// The remainder with the sign of the divisor.
fn float_remainder(a: f64, b: f64) -> f64 {
    let remainder = a % b;
    if remainder != 0.0 && (remainder < 0.0) != (b < 0.0) { remainder + b } else { remainder }
}

pub(crate) fn count_chars(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// The byte where the character at `place` begins.
pub(crate) fn char_offset(text: &str, place: usize) -> usize {
    text.char_indices().nth(place).map_or(text.len(), |(at, _)| at)
}

/// The places that Python's `[start:stop:step]` picks from `length` values.
fn places(start: Option<i64>, stop: Option<i64>, step: i64, length: usize) -> impl Iterator<Item = usize> {
    let length = length as i64;
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: i64| if bound < 0 { (bound + length).max(low) } else { bound.min(high) };
    let first = start.map_or(if step > 0 { 0 } else { length - 1 }, clamp);
    let last = stop.map_or(if step > 0 { length } else { -1 }, clamp);
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let place = next.filter(|place| if step > 0 { *place < last } else { *place > last })?;
        next = place.checked_add(step);
        Some(place as usize)
    })
}
