//! JSON's escapes, as both the verdict and the explained dump write them.

use core::fmt::{self, Write};

/// Writes text as the content of a JSON string.
pub(crate) struct Escaped<W>(pub(crate) W);

impl<W: Write> Write for Escaped<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = text;
        let is_escaped =
            |character: char| matches!(character, '"' | '\\') || character.is_control();
        while let Some(at) = plain.find(is_escaped) {
            let (before, rest) = plain.split_at_checked(at).ok_or(fmt::Error)?;
            self.0.write_str(before)?;
            let mut rest = rest.chars();
            match rest.next() {
                Some(quoted @ ('"' | '\\')) => write!(self.0, "\\{quoted}")?,
                Some(control) => write!(self.0, "\\u{:04x}", u32::from(control))?,
                None => {}
            }
            plain = rest.as_str();
        }
        self.0.write_str(plain)
    }
}
