//! The two ways in which an explained dump is written: text for a terminal, JSON for programs.

use core::fmt::{self, Write};

use super::dump::{Artefact, Break, Field, Guess, Value, Visitor};
use crate::data::UnixTime;
use crate::encoding::base64url;
use crate::escape::{Escaped, Visible};

/// Bytes of a value that the text shows; JSON has them all.
const SHOWN: usize = 20;

/// Writes an explained dump as text: offset, length, name, value and meaning, a line a field.
#[derive(Debug)]
pub struct TextWriter<W> {
    out: W,
    depth: usize,
    result: fmt::Result,
}

impl<W: Write> TextWriter<W> {
    /// A writer of text.
    pub const fn new(out: W) -> Self {
        Self {
            out,
            depth: 0,
            result: Ok(()),
        }
    }

    /// The writer below, and whether everything could be written to it.
    ///
    /// # Errors
    ///
    /// Those of the underlying writer.
    pub fn finish(self) -> Result<W, fmt::Error> {
        self.result.map(|()| self.out)
    }

    fn line(&mut self, at: Option<usize>, length: Option<usize>, text: fmt::Arguments<'_>) {
        let columns = |out: &mut W, column: Option<usize>| match column {
            Some(number) => write!(out, "{number:>6} "),
            None => out.write_str("       "),
        };
        self.result = self
            .result
            .and_then(|()| columns(&mut self.out, at))
            .and_then(|()| columns(&mut self.out, length))
            .and_then(|()| self.out.write_str(" "))
            .and_then(|()| (0..self.depth).try_for_each(|_| self.out.write_str("  ")))
            .and_then(|()| writeln!(self.out, "{text}"));
    }

    fn describe(&mut self, field: &Field<'_>) {
        let Field {
            name,
            value,
            meaning,
            problem,
            ..
        } = field;
        let (at, length) = (Some(field.at), Some(field.length));
        let gap = |text: &str| if text.is_empty() { "" } else { "  " };
        let mark = if problem.is_empty() { "" } else { "  !! " };
        let name = Printable(name);
        let colon = if *value == Value::None { "" } else { ": " };
        self.line(
            at,
            length,
            format_args!(
                "{name}{colon}{value}{}{meaning}{mark}{problem}",
                gap(meaning)
            ),
        );
    }
}

impl<W: Write> Visitor for TextWriter<W> {
    fn guessed(&mut self, guess: &Guess) {
        let place = if guess.embedded {
            ", found within other text"
        } else {
            ""
        };
        let cut = if guess.cut { ", cut within a byte" } else { "" };
        let doubt = if guess.certain {
            ""
        } else if guess.artefact == Artefact::Unknown {
            " (nothing tells what they are)"
        } else {
            " (likely: by length and flags alone)"
        };
        self.result = self.result.and_then(|()| {
            writeln!(
                self.out,
                "taken for: {} in {}{cut}{place}{doubt}",
                guess.artefact.name(),
                guess.encoding.name()
            )?;
            writeln!(self.out, "{:>6} {:>6}", "offset", "length")
        });
    }

    fn begin_artefact(&mut self, artefact: Artefact, bytes: &[u8]) {
        self.line(
            None,
            Some(bytes.len()),
            format_args!("[{}]", artefact.name()),
        );
        self.depth = self.depth.saturating_add(1);
    }

    fn begin(&mut self, field: &Field<'_>) {
        self.describe(field);
        self.depth = self.depth.saturating_add(1);
    }

    fn field(&mut self, field: &Field<'_>) {
        self.describe(field);
    }

    fn end(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn broken(&mut self, place: &Break) {
        let at = usize::try_from(place.fault.at()).ok();
        self.line(at, None, format_args!("!! breaks here: {place}"));
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            fault,
            missing,
            belongs,
            why,
        } = self;
        write!(f, "{what} {}", fault.kind().describe())?;
        if *missing > 0 {
            write!(f, ", bytes missing: {missing}")?;
        }
        if !belongs.is_empty() {
            write!(f, "; expected {belongs}")?;
        }
        if !why.is_empty() {
            write!(f, ": {why}")?;
        }
        Ok(())
    }
}

/// Text of an artefact, as far as it cannot change how the rest of the dump is shown.
struct Printable<'a>(&'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Visible(f).write_str(self.0)
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Text(text) => Printable(text).fmt(f),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Bool(boolean) => write!(f, "{boolean}"),
            Self::Bytes(bytes) => {
                for byte in bytes.iter().take(SHOWN) {
                    write!(f, "{byte:02x}")?;
                }
                if bytes.len() > SHOWN {
                    f.write_str("...")
                } else {
                    Ok(())
                }
            }
            Self::Aaguid(aaguid) => aaguid.fmt(f),
            Self::Time(seconds) => UnixTime::new(*seconds).fmt(f),
            Self::Identifier(content) => write_identifier(content, f),
        }
    }
}

/// Writes the content of an object identifier as its numbers with dots between.
fn write_identifier(content: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut number = 0_u64;
    let mut is_first = true;
    for byte in content {
        number = number.checked_shl(7).unwrap_or(0) | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if is_first {
            // The first two numbers are written as one.
            let first = (number / 40).min(2);
            write!(f, "{first}")?;
            number = number.saturating_sub(first.saturating_mul(40));
            is_first = false;
        }
        write!(f, ".{number}")?;
        number = 0;
    }
    Ok(())
}

/// Writes an explained dump as one JSON object: `guess`, and `artefacts`, each with its `bytes` in
/// base64url and a tree of `fields`. Whatever holds others has them among its `fields`.
#[derive(Debug)]
pub struct JsonWriter<W> {
    out: W,
    /// One bit a level, the innermost lowest: set once the level has an element.
    begun: u64,
    result: fmt::Result,
}

impl<W: Write> JsonWriter<W> {
    /// A writer of JSON.
    pub const fn new(out: W) -> Self {
        Self {
            out,
            begun: 0,
            result: Ok(()),
        }
    }

    /// Ends the object; the writer below, and whether everything could be written to it.
    ///
    /// # Errors
    ///
    /// Those of the underlying writer.
    pub fn finish(mut self) -> Result<W, fmt::Error> {
        self.result.and_then(|()| self.out.write_str("]}"))?;
        Ok(self.out)
    }

    fn element(&mut self, write: impl FnOnce(&mut W) -> fmt::Result) {
        let comma = if self.begun & 1 == 1 { "," } else { "" };
        self.begun |= 1;
        self.result = self
            .result
            .and_then(|()| self.out.write_str(comma))
            .and_then(|()| write(&mut self.out));
    }

    fn open(&mut self, write: impl FnOnce(&mut W) -> fmt::Result) {
        self.element(|out| {
            write(out)?;
            out.write_str(r#","fields":["#)
        });
        self.begun <<= 1;
    }
}

fn write_field(field: &Field<'_>, out: &mut impl Write) -> fmt::Result {
    out.write_str(r#"{"name":""#)?;
    Escaped(&mut *out).write_str(field.name)?;
    write!(out, r#"","at":{},"length":{}"#, field.at, field.length)?;
    match field.value {
        Value::None => Ok(()),
        Value::Integer(number) => write!(out, r#","value":{number}"#),
        Value::Bool(boolean) => write!(out, r#","value":{boolean}"#),
        Value::Bytes(bytes) => {
            out.write_str(r#","bytes":""#)?;
            base64url::write(bytes, out)?;
            out.write_str("\"")
        }
        Value::Text(text) => {
            out.write_str(r#","value":""#)?;
            Escaped(&mut *out).write_str(text)?;
            out.write_str("\"")
        }
        Value::Aaguid(_) | Value::Time(_) | Value::Identifier(_) => {
            write!(out, r#","value":"{}""#, field.value)
        }
    }?;
    for (name, text) in [("meaning", field.meaning), ("problem", field.problem)] {
        if !text.is_empty() {
            write!(out, r#","{name}":""#)?;
            Escaped(&mut *out).write_str(text)?;
            out.write_str("\"")?;
        }
    }
    Ok(())
}

impl<W: Write> Visitor for JsonWriter<W> {
    fn guessed(&mut self, guess: &Guess) {
        self.result = self.result.and_then(|()| {
            write!(
                self.out,
                r#"{{"guess":{{"artefact":"{}","encoding":"{}","at":{},"embedded":{},"cut":{},"certain":{}}},"artefacts":["#,
                guess.artefact.name(),
                guess.encoding.name(),
                guess.span.start,
                guess.embedded,
                guess.cut,
                guess.certain
            )
        });
    }

    fn begin_artefact(&mut self, artefact: Artefact, bytes: &[u8]) {
        self.open(|out| {
            let length = bytes.len();
            write!(
                out,
                r#"{{"artefact":"{}","length":{length}"#,
                artefact.name()
            )?;
            out.write_str(r#","bytes":""#)?;
            base64url::write(bytes, out)?;
            out.write_str("\"")
        });
    }

    fn begin(&mut self, field: &Field<'_>) {
        self.open(|out| write_field(field, out));
    }

    fn field(&mut self, field: &Field<'_>) {
        self.element(|out| {
            write_field(field, out)?;
            out.write_str("}")
        });
    }

    fn end(&mut self) {
        self.begun >>= 1;
        self.result = self.result.and_then(|()| self.out.write_str("]}"));
    }

    fn broken(&mut self, place: &Break) {
        let at = place.fault.at();
        self.element(|out| {
            out.write_str(r#"{"broken":""#)?;
            write!(Escaped(&mut *out), "{place}")?;
            write!(out, r#"","at":{at}}}"#)
        });
    }
}
