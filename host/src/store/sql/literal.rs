//! Statements with their values written into them, for a server that cannot be asked to prepare them.
//!
//! No value is quoted: numbers are written in decimal digits, and text and bytes in hexadecimal ones, so
//! nothing that a value holds can end it.

use core::fmt::Write as _;

use super::connection::Value;

/// A statement whose parameters (`$1` and on) are replaced by values. One without a value is null.
pub(super) fn written_out(sql: &str, values: &[Value]) -> String {
    parameters(sql, |text, number| {
        let value = number.checked_sub(1).and_then(|at| values.get(at));
        write(text, value.unwrap_or(&Value::Text(None)));
    })
}

/// A statement whose parameters begin after `by` others.
pub(super) fn renumbered(sql: &str, by: usize) -> String {
    parameters(sql, |text, number| {
        append(text, format_args!("${}", number.saturating_add(by)));
    })
}

/// Copies a statement, and calls `replace` for each parameter. The statements are this program's own: a `$`
/// begins nothing else in them.
fn parameters(sql: &str, replace: impl Fn(&mut String, usize)) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = part.split_at(digits);
        replace(&mut text, number.parse().unwrap_or_default());
        text.push_str(rest);
    }
    text
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

/// Writing to a string does not fail.
fn append(text: &mut String, what: core::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
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

    #[test]
    fn parameters_of_one_statement_follow_those_of_another() {
        assert_eq!(renumbered("a ($1, $12) b", 10), "a ($11, $22) b");
    }
}
