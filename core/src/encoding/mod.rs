//! Bytes to items: CBOR, JSON and base64url. Nothing here knows WebAuthn.
//!
//! Every reader borrows from its input and answers malformed bytes with a [`Fault`]: what was read,
//! what is wrong with it, and at which byte.

use core::fmt;

pub(crate) mod base64url;
pub(crate) mod cbor;
#[cfg(feature = "attestation")]
pub(crate) mod der;
#[cfg(all(test, feature = "attestation", feature = "json"))]
mod exhaustive;
pub(crate) mod json;
#[cfg(feature = "json")]
pub(crate) mod pem;
pub(crate) mod reader;
mod what;

pub(crate) use what::What;

/// Why bytes could not be read. A ceremony turns it into an [`Error`](crate::ceremony::Error) by
/// adding the step that reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    what: What,
    kind: FaultKind,
    /// The byte that was found where it does not belong; 0 where none is worth telling.
    found: u8,
    at: u32,
}

/// What is wrong at the place that a [`Fault`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The input ends before the item does.
    Truncated,
    /// Bytes follow the item's end.
    Trailing,
    /// The bytes are not well-formed.
    Syntax,
    /// A well-formed item of another type than expected.
    Type,
    /// A value that is not allowed.
    Value,
    /// A length that differs from the one required.
    Length,
    /// A required member is absent.
    Missing,
    /// A member appears twice.
    Duplicate,
    /// An unexpected member.
    Unexpected,
    /// More bytes, deeper nesting or more items than [`limits`](crate::limits) allow.
    Limit,
    /// Text that is not UTF-8.
    Utf8,
    /// Not base64url without padding.
    Base64,
    /// Right, but not in the one form that its encoding prescribes.
    Form,
    /// A text that is an encoding itself, where bytes belong.
    Encoded,
    /// An object without members, where a value belongs.
    Empty,
    /// Another id than the member `id`.
    Differs,
}

impl FaultKind {
    /// The kind in words, to follow the name of what was read.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Truncated => "ends too early",
            Self::Trailing => "is followed by further bytes",
            Self::Syntax => "is not well-formed",
            Self::Type => "has the wrong type",
            Self::Value => "has a value that is not allowed",
            Self::Length => "has the wrong length",
            Self::Missing => "is missing",
            Self::Duplicate => "appears twice",
            Self::Unexpected => "is unexpected here",
            Self::Limit => "exceeds a size, depth or item limit",
            Self::Utf8 => "is not UTF-8",
            Self::Base64 => "is not base64url without padding",
            Self::Form => "is not in its canonical form",
            Self::Encoded => "is a text in place of bytes: it was encoded twice",
            Self::Empty => "is {}, which JSON.stringify makes of a credential or a buffer",
            Self::Differs => "is another id than `id`",
        }
    }
}

impl Fault {
    pub(crate) fn new(what: What, kind: FaultKind, at: usize) -> Self {
        Self {
            what,
            kind,
            found: 0,
            at: u32::try_from(at).unwrap_or(u32::MAX),
        }
    }

    /// The same fault with the byte that was found.
    #[cfg(feature = "json")]
    pub(crate) const fn with_found(mut self, found: u8) -> Self {
        self.found = found;
        self
    }

    /// The fault of bytes that could not be read: where they are a text, that is what is wrong with them.
    #[cfg(feature = "json")]
    pub(crate) fn or_encoded(self, bytes: &[u8]) -> Self {
        let is_encoding = bytes.len() >= 8
            && bytes.iter().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=')
            });
        if is_encoding {
            Self {
                kind: FaultKind::Encoded,
                found: 0,
                at: 0,
                ..self
            }
        } else {
            self
        }
    }

    /// What the byte says that was found.
    #[cfg(feature = "json")]
    fn finding(self) -> &'static str {
        match (self.kind, self.found) {
            (FaultKind::Base64, b'+' | b'/') => ", a character of base64's standard alphabet",
            (FaultKind::Base64, b'=') => ", which is padding",
            (FaultKind::Base64, b' ' | b'\n' | b'\r' | b'\t') => ", a blank",
            (FaultKind::Base64, b'.') => ", a point, as a token has",
            (FaultKind::Base64, b'{' | b'[' | b'"') => ", as JSON begins",
            (FaultKind::Base64, b',') => ", as a list of numbers has",
            (FaultKind::Type, b'[') => ", a list",
            (FaultKind::Type, b'{') => ", an object",
            (FaultKind::Type, b'"') => ", a text",
            (FaultKind::Type, b'0'..=b'9' | b'-') => ", a number",
            (FaultKind::Type, b't' | b'f') => ", a truth value",
            (FaultKind::Type, b'n') => ", null",
            _ => "",
        }
    }

    /// What was being read, by its name in the specification.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what.name()
    }

    /// What is wrong with it.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        self.kind
    }

    /// The byte at which that was seen, counted from 0 in the structure that was being read.
    #[must_use]
    pub const fn at(&self) -> u32 {
        self.at
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what(), self.kind.describe())?;
        if matches!(
            self.kind,
            FaultKind::Missing | FaultKind::Encoded | FaultKind::Differs
        ) {
            return Ok(());
        }
        write!(f, " (byte {}", self.at)?;
        #[cfg(feature = "json")]
        {
            if self.kind == FaultKind::Base64 && self.found.is_ascii_graphic() {
                write!(f, " is {}", char::from(self.found))?;
            }
            f.write_str(self.finding())?;
        }
        f.write_str(")")
    }
}

/// The place of a member that may come once, where it has not come yet.
pub(crate) fn once<T>(
    slot: &mut Option<T>,
    what: What,
    at: usize,
) -> Result<&mut Option<T>, Fault> {
    match slot {
        Some(_) => Err(Fault::new(what, FaultKind::Duplicate, at)),
        None => Ok(slot),
    }
}

/// A range of bytes in an input, by offset, so that it stays valid when the buffer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    #[cfg(feature = "json")]
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn range(self) -> core::ops::Range<usize> {
        // A span is made from offsets of a slice; on a target of 16-bit addresses no slice is longer.
        usize::try_from(self.start).unwrap_or(usize::MAX)
            ..usize::try_from(self.end).unwrap_or(usize::MAX)
    }

    /// The bytes of `input` that the span names; `None` if it is out of range.
    #[must_use]
    pub fn of(self, input: &[u8]) -> Option<&[u8]> {
        input.get(self.range())
    }
}
