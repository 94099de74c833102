//! The parameters of statements (`$1` and on), as text.

use core::fmt::Write as _;

/// A statement whose parameters begin after `by` others.
pub(super) fn renumbered(sql: &str, by: usize) -> String {
    replaced(sql, |text, number| {
        append(text, format_args!("${}", number.saturating_add(by)));
    })
}

/// Copies a statement, and calls `replace` for each parameter. The statements are this program's own: a `$`
/// begins nothing else in them.
pub(super) fn replaced(sql: &str, replace: impl Fn(&mut String, usize)) -> String {
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

/// Writing to a string does not fail.
pub(super) fn append(text: &mut String, what: core::fmt::Arguments<'_>) {
    let _ = text.write_fmt(what);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_one_statement_follow_those_of_another() {
        assert_eq!(renumbered("a ($1, $12) b", 10), "a ($11, $22) b");
    }
}
