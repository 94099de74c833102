//! Statements with their values written into them, for a server that cannot be asked to prepare them.
//!
//! No value is quoted: numbers are written in decimal digits, and text and bytes in hexadecimal ones, so
//! nothing that a value holds can end it.

use super::connection::Value;
use super::parameters::{append, replaced};

/// A statement whose parameters (`$1` and on) are replaced by values. One without a value is null.
pub(super) fn written_out(sql: &str, values: &[Value]) -> String {
    replaced(sql, |text, number| {
        let value = number.checked_sub(1).and_then(|at| values.get(at));
        write(text, value.unwrap_or(&Value::Text(None)));
    })
}

fn write(text: &mut String, value: &Value) {
    match value {
        Value::Bool(value) => append(text, format_args!("{value}")),
        Value::Int(Some(value)) => append(text, format_args!("({value})::bigint")),
        Value::Int(None) => text.push_str("null::bigint"),
        Value::Bytes(Some(bytes)) => write_bytes(text, bytes),
        Value::Bytes(None) => text.push_str("null::bytea"),
        Value::Text(Some(value)) => {
            text.push_str("convert_from(");
            write_bytes(text, value.as_bytes());
            text.push_str(", 'UTF8')");
        }
        Value::Text(None) => text.push_str("null::text"),
    }
}

fn write_bytes(text: &mut String, bytes: &[u8]) {
    text.push_str("decode('");
    for byte in bytes {
        append(text, format_args!("{byte:02x}"));
    }
    text.push_str("', 'hex')");
}

#[cfg(test)]
mod tests {
    use super::super::connection::values;
    use super::*;

    #[test]
    fn values_are_written_in_digits() {
        let values = values![
            "a' or $2 --",
            -7_i32,
            &[1_u8, 255],
            true,
            Some(5_u64),
            None::<u64>
        ];
        assert_eq!(
            written_out("f($1, $2, $3) $4 $5 $6 $10;", &values),
            "f(convert_from(decode('6127206f72202432202d2d', 'hex'), 'UTF8'), (-7)::bigint, \
             decode('01ff', 'hex')) true (5)::bigint null::bigint null::text;"
        );
    }
}
