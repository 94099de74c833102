//! Escapes for text that others have written, as both the verdict and the explained dump print it.

use core::fmt::{self, Write};

/// Writes text as the content of a JSON string.
pub(crate) struct Escaped<W>(pub(crate) W);

impl<W: Write> Write for Escaped<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let is_escaped = |character| matches!(character, '"' | '\\') || is_invisible(character);
        write_escaping(&mut self.0, text, is_escaped)
    }
}

/// Writes text without the characters that change how a terminal shows the text around them. What is already
/// between quotes in JSON stays as it is otherwise.
pub(crate) struct Visible<W>(pub(crate) W);

impl<W: Write> Write for Visible<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_escaping(&mut self.0, text, is_invisible)
    }
}

/// Control characters, which a terminal obeys; those of Unicode's bidirectional algorithm, which show text in
/// another order than it has; the line and paragraph separators.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{2028}' | '\u{2029}')
}

fn write_escaping(
    out: &mut dyn Write,
    text: &str,
    is_escaped: impl Fn(char) -> bool,
) -> fmt::Result {
    let mut plain = text;
    while let Some(at) = plain.find(&is_escaped) {
        let (before, rest) = plain.split_at_checked(at).ok_or(fmt::Error)?;
        out.write_str(before)?;
        let mut rest = rest.chars();
        match rest.next() {
            Some(quoted @ ('"' | '\\')) => write!(out, "\\{quoted}")?,
            Some(invisible) => write!(out, "\\u{:04x}", u32::from(invisible))?,
            None => {}
        }
        plain = rest.as_str();
    }
    out.write_str(plain)
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        let escaped = |text: &str| {
            let mut out = Escaped(String::new());
            out.write_str(text).expect("a String takes everything");
            out.0
        };
        let visible = |text: &str| {
            let mut out = Visible(String::new());
            out.write_str(text).expect("a String takes everything");
            out.0
        };
        for character in [
            '\0', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{61c}', '\u{200e}',
            '\u{200f}', '\u{2028}', '\u{2029}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}',
        ] {
            let text = std::format!("a{character}b{character}");
            let wanted = std::format!("a\\u{0:04x}b\\u{0:04x}", u32::from(character));
            assert_eq!(escaped(&text), wanted);
            assert_eq!(visible(&text), wanted);
        }
        assert_eq!(escaped("\u{e4}\u{5d0}\u{1f511}"), "\u{e4}\u{5d0}\u{1f511}");
        assert_eq!(escaped(r#"a"\b"#), r#"a\"\\b"#);
        assert_eq!(visible(r#"a\"\\b"#), r#"a\"\\b"#);
    }
}
