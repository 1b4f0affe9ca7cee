//! A row of record batches as JSON text.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use tooltrain_json::print_json_string;

/// Whether values of a type can be printed; says which part of it cannot.
pub(super) fn check(place: &str, kind: &DataType) -> Result<(), String> {
    use DataType as D;
    match kind {
        D::Null | D::Boolean | D::Decimal128(..) | D::Decimal256(..) => Ok(()),
        kind if is_text(kind) || kind.is_integer() || kind.is_floating() => Ok(()),
        D::List(inner) | D::LargeList(inner) | D::FixedSizeList(inner, _) => {
            check(&format!("{place}[]"), inner.data_type())
        }
        D::Struct(fields) => {
            fields.iter().try_for_each(|field| check(&format!("{place}.{}", field.name()), field.data_type()))
        }
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(fields) if fields.len() == 2 && is_text(fields[0].data_type()) => {
                check(&format!("{place}{{}}"), fields[1].data_type())
            }
            other => Err(format!("the column {place} is a map of {other}, whose keys are no text")),
        },
        D::Dictionary(_, values) => check(place, values),
        other => Err(format!("the column {place} has the type {other}, which no record has")),
    }
}

fn is_text(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Appends the row as a JSON object of its columns at `columns`; a column that is null is left out.
/// Returns how many null members of structs were left out.
pub(super) fn print_row(batch: &RecordBatch, columns: &[usize], row: usize, out: &mut String) -> u32 {
    let mut nulls = 0;
    let mut empty = true;
    out.push('{');
    for &column in columns {
        let values = batch.column(column);
        if !is_null(values, row) {
            print_key(batch.schema_ref().field(column).name(), &mut empty, out);
            print_value(values, row, out, &mut nulls);
        }
    }
    out.push('}');
    nulls
}

fn print_key(key: &str, empty: &mut bool, out: &mut String) {
    if !std::mem::take(empty) {
        out.push_str(", ");
    }
    print_json_string(key, out);
    out.push_str(": ");
}

/// Whether a value is null, also where the null stands in the values of a dictionary.
fn is_null(values: &dyn Array, row: usize) -> bool {
    *values.data_type() == DataType::Null || values.is_null(row) || {
        values.as_any_dictionary_opt().is_some_and(|dictionary| {
            let keys = dictionary.normalized_keys();
            keys.get(row).is_none_or(|&key| dictionary.values().is_null(key))
        })
    }
}

fn print_value(values: &dyn Array, row: usize, out: &mut String, nulls: &mut u32) {
    use DataType as D;
    if is_null(values, row) {
        return out.push_str("null");
    }
    macro_rules! number {
        ($kind:ty) => {
            out.push_str(&values.as_primitive::<$kind>().value(row).to_string())
        };
    }
    match values.data_type() {
        D::Boolean => out.push_str(if values.as_boolean().value(row) { "true" } else { "false" }),
        D::Utf8 => print_json_string(values.as_string::<i32>().value(row), out),
        D::LargeUtf8 => print_json_string(values.as_string::<i64>().value(row), out),
        D::Utf8View => print_json_string(values.as_string_view().value(row), out),
        D::Int8 => number!(Int8Type),
        D::Int16 => number!(Int16Type),
        D::Int32 => number!(Int32Type),
        D::Int64 => number!(Int64Type),
        D::UInt8 => number!(UInt8Type),
        D::UInt16 => number!(UInt16Type),
        D::UInt32 => number!(UInt32Type),
        D::UInt64 => number!(UInt64Type),
        D::Float16 => print_float(f64::from(values.as_primitive::<Float16Type>().value(row)), out),
        D::Float32 => {
            // Through its own shortest spelling: 0.1 stays 0.1.
            let value = values.as_primitive::<Float32Type>().value(row);
            out.push_str(&spelled(format!("{value:?}")));
        }
        D::Float64 => print_float(values.as_primitive::<Float64Type>().value(row), out),
        D::Decimal128(..) => out.push_str(&values.as_primitive::<Decimal128Type>().value_as_string(row)),
        D::Decimal256(..) => out.push_str(&values.as_primitive::<Decimal256Type>().value_as_string(row)),
        D::List(_) => print_list(&values.as_list::<i32>().value(row), out, nulls),
        D::LargeList(_) => print_list(&values.as_list::<i64>().value(row), out, nulls),
        D::FixedSizeList(..) => print_list(&values.as_fixed_size_list().value(row), out, nulls),
        D::Struct(fields) => {
            let columns = values.as_struct();
            let mut empty = true;
            out.push('{');
            for (field, column) in fields.iter().zip(columns.columns()) {
                if is_null(column, row) {
                    *nulls += 1;
                } else {
                    print_key(field.name(), &mut empty, out);
                    print_value(column, row, out, nulls);
                }
            }
            out.push('}');
        }
        D::Map(..) => {
            let entries = values.as_map().value(row);
            let mut empty = true;
            out.push('{');
            for entry in 0..entries.len() {
                let mut key = String::new();
                print_value(entries.column(0), entry, &mut key, nulls);
                if !std::mem::take(&mut empty) {
                    out.push_str(", ");
                }
                out.push_str(&key);
                out.push_str(": ");
                print_value(entries.column(1), entry, out, nulls);
            }
            out.push('}');
        }
        D::Dictionary(..) => {
            if let Some(dictionary) = values.as_any_dictionary_opt() {
                let key = dictionary.normalized_keys()[row];
                print_value(dictionary.values(), key, out, nulls);
            }
        }
        _ => out.push_str("null"),
    }
}

fn print_list(elements: &dyn Array, out: &mut String, nulls: &mut u32) {
    out.push('[');
    for element in 0..elements.len() {
        if element > 0 {
            out.push_str(", ");
        }
        print_value(elements, element, out, nulls);
    }
    out.push(']');
}

/// A float as Python's `json` spells it; what is no number in JSON either spoils its record.
fn print_float(value: f64, out: &mut String) {
    out.push_str(&spelled(format!("{value:?}")));
}

/// `1e16` as it is, `inf` and `NaN` as words that no JSON reader takes.
fn spelled(number: String) -> String {
    if number == "inf" { "Infinity".to_owned() } else { number }
}
