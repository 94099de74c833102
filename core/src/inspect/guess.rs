//! What was pasted: how it is encoded, and what it is.

use super::Artefact;
use crate::data::{AuthenticatorData, CoseKey};
use crate::encoding::cbor::{Content, Item};
use crate::encoding::json::{self, JsonStr};
use crate::encoding::{Span, base64url};

/// How the artefact is written in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// JSON text.
    Json,
    /// base64url, padded or not.
    Base64Url,
    /// base64, padded or not.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Three parts of base64url with dots between.
    CompactJws,
    /// The bytes themselves.
    Bytes,
}

impl Encoding {
    /// The encoding's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Base64Url => "base64url",
            Self::Base64 => "base64",
            Self::Hex => "hexadecimal",
            Self::CompactJws => "compact JWS",
            Self::Bytes => "bytes",
        }
    }
}

/// What an input was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess {
    /// How it is written.
    pub encoding: Encoding,
    /// What it is.
    pub artefact: Artefact,
    /// Where in the input it stands; not the whole where a log line holds it.
    pub span: Span,
    /// Whether other text stands around it.
    pub embedded: bool,
}

/// Characters without which a word in a log line is too short to be an artefact.
const WORD_MIN: usize = 48;

/// Guesses what `input` holds, and decodes it in place where it is base64 or hexadecimal.
pub(super) fn guess(input: &mut [u8]) -> Guess {
    let whole = trim(input, Span::new(0, input.len()));
    if let Some(guess) = guess_at(input, whole, false) {
        return guess;
    }
    // A log line: the longest word, or the object that begins at its first brace.
    if core::str::from_utf8(input).is_ok() {
        let object = input
            .iter()
            .position(|byte| *byte == b'{')
            .and_then(|start| {
                let end = input
                    .iter()
                    .rposition(|byte| *byte == b'}')?
                    .checked_add(1)?;
                (start < end).then_some(Span::new(start, end))
            });
        if let Some(guess) = object.and_then(|span| guess_json(input, span, true)) {
            return guess;
        }
        if let Some(guess) = longest_word(input).and_then(|word| guess_at(input, word, true)) {
            return guess;
        }
    }
    Guess {
        encoding: Encoding::Bytes,
        artefact: artefact_of(whole.of(input).unwrap_or_default()),
        span: whole,
        embedded: false,
    }
}

fn guess_at(input: &mut [u8], span: Span, embedded: bool) -> Option<Guess> {
    if let Some(guess) = guess_json(input, span, embedded) {
        return Some(guess);
    }
    let text = span.of(input)?;
    let guess = |encoding, artefact, span| Guess {
        encoding,
        artefact,
        span,
        embedded,
    };
    if text.first() == Some(&b'{') {
        // JSON that breaks somewhere is still meant as JSON.
        let artefact = Artefact::Json;
        return Some(guess(Encoding::Json, artefact, span));
    }
    if is_compact_jws(text) {
        return Some(guess(Encoding::CompactJws, Artefact::Token, span));
    }
    let (encoding, span) = decode(input, span)?;
    let artefact = artefact_of(span.of(input).unwrap_or_default());
    Some(guess(encoding, artefact, span))
}

fn guess_json(input: &[u8], span: Span, embedded: bool) -> Option<Guess> {
    let text = span.of(input)?;
    let value = json::Value::parse(text, "JSON").ok()?;
    Some(Guess {
        encoding: Encoding::Json,
        artefact: document_of(value)?,
        span,
        embedded,
    })
}

/// Which document an object is, by its members.
fn document_of(value: json::Value<'_>) -> Option<Artefact> {
    let has = |names: &[&str]| {
        names.iter().all(|name| {
            let mut members = value.as_object().into_iter().flatten();
            members.any(|(member, _)| member == **name)
        })
    };
    value.as_object()?;
    let response = value
        .as_object()?
        .find(|(name, _)| *name == *"response")
        .and_then(|(_, value)| value.as_object());
    let answers = |name: &str| {
        let mut members = response.into_iter().flatten();
        members.any(|(member, _): (JsonStr<'_>, _)| member == *name)
    };
    Some(if has(&["kind", "response"]) {
        Artefact::Check
    } else if answers("attestationObject") {
        Artefact::RegistrationResponse
    } else if answers("authenticatorData") || answers("signature") {
        Artefact::AuthenticationResponse
    } else if has(&["type", "challenge", "origin"]) {
        Artefact::ClientData
    } else {
        Artefact::Json
    })
}

/// Which artefact bytes are. What is whole and well-formed is told by reading it; what is not, by how
/// it begins.
pub(super) fn artefact_of(bytes: &[u8]) -> Artefact {
    if let Ok((item, _)) = Item::parse(bytes, "")
        && let Content::Map(mut members) = item.content()
    {
        if members.any(|(name, _)| matches!(name.as_text(), Some("authData" | "attStmt" | "fmt"))) {
            return Artefact::AttestationObject;
        }
        return Artefact::CoseKey;
    }
    if CoseKey::parse(bytes).is_ok() {
        return Artefact::CoseKey;
    }
    if let Ok(value) = json::Value::parse(strip_bom(bytes), "")
        && let Some(artefact) = document_of(value)
    {
        return artefact;
    }
    if AuthenticatorData::parse(bytes).is_ok() {
        return Artefact::AuthenticatorData;
    }
    match bytes {
        [b'{', ..] | [0xef, 0xbb, 0xbf, b'{', ..] => Artefact::ClientData,
        [0xff, b'T', b'C', b'G', ..] => Artefact::TpmAttest,
        [0x00, 0x01 | 0x23, 0x00, 0x04 | 0x0b | 0x0c | 0x0d, ..] => Artefact::TpmPublic,
        [0x30, 0x82, ..] => Artefact::Certificate,
        [0x30, 0x44..=0x48, 0x02, ..] => Artefact::EcdsaSignature,
        [0xa2..=0xa4 | 0xbf, 0x63 | 0x67 | 0x68, ..] => Artefact::AttestationObject,
        [0xa3..=0xa5 | 0xbf, 0x01 | 0x03 | 0x20, ..] => Artefact::CoseKey,
        _ if bytes.len() >= 33 => Artefact::AuthenticatorData,
        _ => Artefact::Unknown,
    }
}

pub(super) fn strip_bom(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

fn is_compact_jws(text: &[u8]) -> bool {
    text.starts_with(b"eyJ")
        && text.split(|byte| *byte == b'.').count() == 3
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Decodes hexadecimal, base64url or base64 in place. Hexadecimal goes first: its digits are also
/// base64's, but hardly any base64 has no others.
fn decode(input: &mut [u8], span: Span) -> Option<(Encoding, Span)> {
    let text = span.of(input)?;
    let is_hex = text.iter().all(u8::is_ascii_hexdigit);
    if is_hex && text.len() >= 2 && text.len().is_multiple_of(2) {
        return decode_hex(input, span).map(|span| (Encoding::Hex, span));
    }
    let unpadded = text
        .iter()
        .rposition(|byte| *byte != b'=')?
        .checked_add(1)?;
    let is_base64 = text.iter().any(|byte| matches!(byte, b'+' | b'/'));
    let is_alphabet =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/');
    if unpadded < 2 || !text.iter().take(unpadded).all(is_alphabet) {
        return None;
    }
    let start = span.range().start;
    let span = Span::new(start, start.checked_add(unpadded)?);
    for byte in input.get_mut(span.range())? {
        match byte {
            b'+' => *byte = b'-',
            b'/' => *byte = b'_',
            _ => {}
        }
    }
    let encoding = if is_base64 {
        Encoding::Base64
    } else {
        Encoding::Base64Url
    };
    base64url::decode(input, span).map(|span| (encoding, span))
}

fn decode_hex(input: &mut [u8], span: Span) -> Option<Span> {
    let text = input.get_mut(span.range())?;
    let length = text.len() / 2;
    for index in 0..length {
        let at = index.checked_mul(2)?;
        let high = char::from(*text.get(at)?).to_digit(16)?;
        let low = char::from(*text.get(at.checked_add(1)?)?).to_digit(16)?;
        *text.get_mut(index)? = u8::try_from((high << 4) | low).ok()?;
    }
    let start = span.range().start;
    Some(Span::new(start, start.checked_add(length)?))
}

fn trim(input: &[u8], span: Span) -> Span {
    let text = span.of(input).unwrap_or_default();
    let is_edge = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b',');
    let before = text.iter().take_while(|byte| is_edge(byte)).count();
    let after = text.iter().rev().take_while(|byte| is_edge(byte)).count();
    let range = span.range();
    let start = range.start.saturating_add(before).min(range.end);
    Span::new(start, range.end.saturating_sub(after).max(start))
}

/// The longest run of characters that an encoded artefact has.
fn longest_word(input: &[u8]) -> Option<Span> {
    let is_word =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'.');
    let mut longest: Option<Span> = None;
    let mut start = 0_usize;
    for at in 0..=input.len() {
        if input.get(at).is_some_and(|byte| is_word(*byte)) {
            continue;
        }
        let length = at.saturating_sub(start);
        if length >= WORD_MIN && longest.is_none_or(|word| length > word.range().len()) {
            longest = Some(Span::new(start, at));
        }
        start = at.saturating_add(1);
    }
    longest
}
