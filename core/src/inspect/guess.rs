//! What was pasted: how it is encoded, and what it is.

use super::dump::{Artefact, Encoding, Guess};
use super::printed;
use crate::data::{AuthenticatorData, CoseKey};
use crate::encoding::Span;
use crate::encoding::What;
use crate::encoding::base64url;
use crate::encoding::cbor::{Content, Item, Members};
use crate::encoding::der::{Head, Tag};
use crate::encoding::json::{self, JsonStr};
use crate::encoding::reader::Reader;

/// Characters without which a word in a log line is too short to be an artefact.
const WORD_MIN: usize = 48;

/// Guesses what `input` holds, and decodes it in place where it is encoded.
pub(super) fn guess(input: &mut [u8]) -> Guess {
    let mut guess = find_artefact(input);
    let bytes = guess.span.of(input).unwrap_or_default();
    guess.certain = match guess.artefact {
        Artefact::AuthenticatorData => AuthenticatorData::parse(bytes).is_ok_and(|data| {
            data.attested_credential_data().is_some() || data.extensions().is_some()
        }),
        Artefact::Unknown => false,
        _ => true,
    };
    guess
}

fn find_artefact(input: &mut [u8]) -> Guess {
    if let Some(guess) = guess_json_string(input) {
        return guess;
    }
    let whole = trim(input, Span::new(0, input.len()));
    if let Some(guess) = guess_pem(input, whole).or_else(|| guess_at(input, whole, false)) {
        return guess;
    }
    let here = |encoding, artefact, span, embedded| Guess {
        encoding,
        artefact,
        span,
        embedded,
        cut: false,
        certain: true,
    };
    let everything = Span::new(0, input.len());
    let Ok(text) = core::str::from_utf8(input) else {
        // Bytes are themselves, those included that look like blanks at either end.
        return here(Encoding::Bytes, artefact_of(input), everything, false);
    };
    let is_prose = !text.is_empty()
        && text
            .chars()
            .all(|character| !character.is_control() || character.is_whitespace());
    // A log line: the object that begins at its first brace, or the longest of what is encoded in it.
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
    let of_some_length = |span: &Span| span.range().len() >= WORD_MIN;
    let numbers = printed::numbers(input).filter(of_some_length);
    let python = printed::python_bytes(input).filter(of_some_length);
    let word = longest_word(input);
    let length = |span: Option<Span>| span.map_or(0, |span| span.range().len());
    if length(python) > length(word).max(length(numbers))
        && let Some(decoded) = python.and_then(|span| printed::decode_python(input, span))
    {
        let artefact = artefact_of(decoded.of(input).unwrap_or_default());
        return here(Encoding::PythonBytes, artefact, decoded, true);
    }
    if length(numbers) > length(word)
        && let Some(decoded) = numbers.and_then(|span| printed::decode_numbers(input, span))
    {
        let artefact = artefact_of(decoded.of(input).unwrap_or_default());
        return here(Encoding::Numbers, artefact, decoded, true);
    }
    if let Some(guess) = word.and_then(|word| guess_at(input, word, true)) {
        return guess;
    }
    if is_prose {
        return here(Encoding::Text, Artefact::Text, everything, false);
    }
    here(Encoding::Bytes, artefact_of(input), everything, false)
}

/// JSON that was put into a JSON string.
fn guess_json_string(input: &mut [u8]) -> Option<Guess> {
    let text = json::Value::parse(input, What::Json).ok()?.as_str()?;
    let begins = text.chars().find(|character| !character.is_whitespace());
    if begins != Some('{') {
        return None;
    }
    let span = json::unescape(input, text.span());
    let artefact = document(span.of(input)?).unwrap_or_else(|| {
        let text = span.of(input).unwrap_or_default();
        cut_document(text)
    });
    Some(Guess {
        encoding: Encoding::JsonString,
        artefact,
        span,
        embedded: false,
        cut: false,
        certain: true,
    })
}

/// What precedes and follows a PEM block's label.
const PEM_BEGIN: &[u8] = b"-----BEGIN ";
const PEM_MARK: &[u8] = b"-----";

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    // Not `windows`, which panics where nothing is wanted.
    (0..text.len()).find(|at| {
        let rest = text.get(*at..);
        rest.is_some_and(|rest| rest.starts_with(wanted))
    })
}

fn guess_pem(input: &[u8], whole: Span) -> Option<Guess> {
    let text = whole.of(input)?;
    if text.starts_with(b"{") {
        // JSON that holds PEM.
        return None;
    }
    let start = find(text, PEM_BEGIN)?;
    let block = text.get(start..)?;
    let range = whole.range();
    Some(Guess {
        encoding: Encoding::Pem,
        artefact: pem_artefact(block),
        span: Span::new(range.start.checked_add(start)?, range.end),
        embedded: start > 0,
        cut: false,
        certain: true,
    })
}

/// What a block says that it is.
fn pem_artefact(block: &[u8]) -> Artefact {
    let label = block.strip_prefix(PEM_BEGIN).unwrap_or_default();
    if label.starts_with(b"CERTIFICATE-") {
        Artefact::Certificate
    } else if label.starts_with(b"PUBLIC KEY-") {
        Artefact::PublicKeyInfo
    } else {
        Artefact::Unknown
    }
}

/// A PEM block, decoded where it lies.
pub(super) struct PemBlock {
    pub(super) artefact: Artefact,
    /// Its bytes; `None` if it is not base64.
    pub(super) decoded: Option<Span>,
    /// Where its text ends.
    pub(super) end: usize,
}

/// Decodes the first block from `from` on. One that is cut ends where the text does.
pub(super) fn next_pem_block(text: &mut [u8], from: usize) -> Option<PemBlock> {
    let rest = text.get(from..)?;
    let begin = find(rest, PEM_BEGIN)?;
    let artefact = pem_artefact(rest.get(begin..)?);
    let label = begin.checked_add(PEM_BEGIN.len())?;
    let body = find(rest.get(label..)?, PEM_MARK)?
        .checked_add(label)?
        .checked_add(PEM_MARK.len())?;
    let end = find(rest.get(body..)?, PEM_MARK)
        .and_then(|length| body.checked_add(length))
        .unwrap_or(rest.len());
    let (body, end) = (from.checked_add(body)?, from.checked_add(end)?);
    let body = squeeze(text, Span::new(body, end), |byte| {
        byte.is_ascii_whitespace()
    })?;
    let decoded = decode_base64(text, body).map(|decoded| decoded.span);
    Some(PemBlock {
        artefact,
        decoded,
        end,
    })
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
        cut: false,
        certain: true,
    };
    if is_array_literal(text) {
        let decoded = decode_hex(input, span)?;
        let artefact = artefact_of(decoded.of(input)?);
        return Some(guess(Encoding::Hex, artefact, decoded));
    }
    if text.first() == Some(&b'{') {
        let line = text.split(|byte| *byte == b'\n').next()?;
        if let Some(artefact) = document(line) {
            return Some(guess(Encoding::JsonLines, artefact, span));
        }
        if printed::is_printed_object(text) {
            return None;
        }
        // JSON that breaks somewhere is still meant as JSON.
        return Some(guess(Encoding::Json, cut_document(text), span));
    }
    if printed::numbers(text).is_some_and(|numbers| numbers.range().len() == text.len())
        && let Some(decoded) = printed::decode_numbers(input, span)
    {
        let artefact = artefact_of(decoded.of(input)?);
        return Some(guess(Encoding::Numbers, artefact, decoded));
    }
    let text = span.of(input)?;
    if is_compact_jws(text) {
        return Some(guess(Encoding::CompactJws, Artefact::Token, span));
    }
    if let Some(decoded) = decode_hex(input, span) {
        let artefact = artefact_of(decoded.of(input)?);
        return Some(guess(Encoding::Hex, artefact, decoded));
    }
    if !is_wrapped(span.of(input)?) || is_word(span.of(input)?) {
        return None;
    }
    let span = squeeze(input, span, |byte| byte.is_ascii_whitespace())?;
    let decoded = decode_base64(input, span)?;
    let encoding = if decoded.is_standard {
        Encoding::Base64
    } else {
        Encoding::Base64Url
    };
    if is_encoded_again(decoded.span.of(input)?)
        && let Some(inner) = decode_hex(input, decoded.span)
            .or_else(|| decode_base64(input, decoded.span).map(|decoded| decoded.span))
    {
        let artefact = artefact_of(inner.of(input)?);
        return Some(guess(Encoding::Twice, artefact, inner));
    }
    let artefact = artefact_of(decoded.span.of(input)?);
    Some(Guess {
        cut: decoded.cut,
        ..guess(encoding, artefact, decoded.span)
    })
}

/// Whether a text in braces holds bytes as C and Go write them.
fn is_array_literal(text: &[u8]) -> bool {
    let inside = text.strip_prefix(b"{").unwrap_or_default();
    inside.trim_ascii_start().starts_with(b"0x")
}

fn guess_json(input: &[u8], span: Span, embedded: bool) -> Option<Guess> {
    Some(Guess {
        encoding: Encoding::Json,
        artefact: document(span.of(input)?)?,
        span,
        embedded,
        cut: false,
        certain: true,
    })
}

/// Which document a text is, where it is one JSON object.
pub(super) fn document(text: &[u8]) -> Option<Artefact> {
    document_of(json::Value::parse(text, What::Json).ok()?)
}

/// Which document a broken text was meant to be, by the names in it.
fn cut_document(text: &[u8]) -> Artefact {
    static NAMES: [(&[u8], Artefact); 7] = [
        (b"\"kind\"", Artefact::Check),
        (b"\"attestationObject\"", Artefact::RegistrationResponse),
        (b"\"authenticatorData\"", Artefact::AuthenticationResponse),
        (b"\"signature\"", Artefact::AuthenticationResponse),
        // How client data begin as browsers write them, in base64url: `{"type":"webauthn.create` and `.get`.
        (
            b"\"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRl",
            Artefact::RegistrationResponse,
        ),
        (
            b"\"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0",
            Artefact::AuthenticationResponse,
        ),
        (b"\"origin\"", Artefact::ClientData),
    ];
    NAMES
        .iter()
        .find(|(name, _)| find(text, name).is_some())
        .map_or(Artefact::Json, |(_, artefact)| *artefact)
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
    } else if has(&["accepted"]) && (has(&["trace"]) || has(&["code"])) {
        Artefact::Verdict
    } else if has(&["type", "challenge", "origin"]) {
        Artefact::ClientData
    } else {
        options_of(value).unwrap_or(Artefact::Json)
    })
}

/// Which options an object is, itself or as its member `publicKey`.
fn options_of(value: json::Value<'_>) -> Option<Artefact> {
    let inner = value
        .as_object()?
        .find(|(name, _)| *name == *"publicKey")
        .filter(|(_, value)| value.as_object().is_some());
    let options = inner.map_or(value, |(_, options)| options);
    let has = |name: &str| {
        let mut members = options.as_object().into_iter().flatten();
        members.any(|(member, _): (JsonStr<'_>, _)| member == *name)
    };
    if has("challenge") && (has("pubKeyCredParams") || has("rp")) {
        Some(Artefact::CreationOptions)
    } else if has("challenge") && (inner.is_some() || has("rpId") || has("allowCredentials")) {
        Some(Artefact::RequestOptions)
    } else {
        None
    }
}

/// Whether a map is what an authenticator answers: authenticator data under the number 2, a statement or a
/// signature under 3.
fn is_ctap_response(members: Members<'_>) -> bool {
    let (mut data, mut rest) = (false, false);
    for (label, value) in members {
        match (label.as_integer(), value.content()) {
            (Some(2), Content::Bytes(bytes)) => data = bytes.len() >= 37,
            (Some(3), Content::Map(_) | Content::Bytes(_)) => rest = true,
            _ => {}
        }
    }
    data && rest
}

/// Which artefact bytes are. What is whole and well-formed is recognised by reading it; what is not, by how
/// it begins.
pub(super) fn artefact_of(bytes: &[u8]) -> Artefact {
    if let Ok((item, _)) = Item::parse(bytes, What::CborItem)
        && let Content::Map(mut members) = item.content()
    {
        if members.any(|(name, _)| matches!(name.as_text(), Some("authData" | "attStmt" | "fmt"))) {
            return Artefact::AttestationObject;
        }
        if let Content::Map(members) = item.content()
            && is_ctap_response(members)
        {
            return Artefact::CtapResponse;
        }
        return Artefact::CoseKey;
    }
    if CoseKey::parse(bytes).is_ok() {
        return Artefact::CoseKey;
    }
    if let Ok(value) = json::Value::parse(strip_bom(bytes), What::Json)
        && let Some(artefact) = document_of(value)
    {
        return artefact;
    }
    if let [0xa1..=0xb7 | 0xbf, rest @ ..] = bytes
        && [&b"\x63fmt"[..], b"\x67attStmt", b"\x68authData"]
            .iter()
            .any(|name| rest.starts_with(name))
    {
        return Artefact::AttestationObject;
    }
    // Heads of elements within each other are no accident: authenticator data begin with a hash.
    if let Some(artefact) = der_artefact(bytes) {
        return artefact;
    }
    if AuthenticatorData::parse(bytes).is_ok() && has_plausible_flags(bytes) {
        return Artefact::AuthenticatorData;
    }
    match bytes {
        [b'{', ..] | [0xef, 0xbb, 0xbf, b'{', ..] => Artefact::ClientData,
        [0xff, b'T', b'C', b'G', ..] => Artefact::TpmAttest,
        [0x00, 0x01 | 0x23, 0x00, 0x04 | 0x0b | 0x0c | 0x0d, ..] => Artefact::TpmPublic,
        [0xa3..=0xa5 | 0xbf, 0x01 | 0x03 | 0x20, ..] => Artefact::CoseKey,
        // Cut, or followed by something: the flags have to announce what is there.
        _ if has_plausible_flags(bytes)
            && (bytes.len() < 37 || bytes.get(32).is_some_and(|flags| flags & 0xc0 != 0)) =>
        {
            Artefact::AuthenticatorData
        }
        _ => Artefact::Unknown,
    }
}

/// Whether bytes have flags where authenticator data have theirs: UP or UV set, none that is reserved (1 and
/// 5), and BS only with BE. Of texts, hardly any has.
fn has_plausible_flags(bytes: &[u8]) -> bool {
    let is_text = bytes
        .iter()
        .all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    !is_text
        && bytes
            .get(32)
            .is_some_and(|flags| flags & 0x05 != 0 && flags & 0x22 == 0 && flags & 0x18 != 0x10)
}

/// Whether bytes are the characters of an encoding of something that is known here, by how it begins.
fn is_encoded_again(bytes: &[u8]) -> bool {
    /// What CBOR maps, JSON and DER begin with, in base64 and in hexadecimal.
    const BEGINNINGS: [&[u8]; 12] = [
        b"o2N", b"o2h", b"o2d", b"v2N", b"pAE", b"pQE", b"eyJ", b"MEU", b"MEQ", b"MI", b"a363",
        b"7b22",
    ];
    bytes.len() >= 24
        && bytes.iter().all(|byte| is_base64(byte) || *byte == b'=')
        && BEGINNINGS.iter().any(|begin| bytes.starts_with(begin))
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

/// Which artefact in DER bytes begin: a sequence of a number is a signature, one of a sequence that
/// begins with an identifier is a public key, and one of any other sequence a certificate.
pub(super) fn der_artefact(bytes: &[u8]) -> Option<Artefact> {
    /// The longest ECDSA signature, that on P-521.
    const SIGNATURE_MAX: usize = 139;
    let mut reader = Reader::new(bytes);
    let mut next = || {
        Head::read(&mut reader, What::Structure)
            .ok()
            .map(|head| head.tag)
    };
    match (next()?, next()?) {
        (Tag::SEQUENCE, Tag::INTEGER) if bytes.len() <= SIGNATURE_MAX => {
            Some(Artefact::EcdsaSignature)
        }
        (Tag::SEQUENCE, Tag::SEQUENCE) if next() == Some(Tag::OID) => Some(Artefact::PublicKeyInfo),
        (Tag::SEQUENCE, Tag::SEQUENCE) => Some(Artefact::Certificate),
        _ => None,
    }
}

/// Takes out bytes in place, and returns the span of what is left.
fn squeeze(input: &mut [u8], span: Span, is_taken: impl Fn(u8) -> bool) -> Option<Span> {
    let range = span.range();
    let mut written = range.start;
    for at in range.clone() {
        let byte = *input.get(at)?;
        if !is_taken(byte) {
            *input.get_mut(written)? = byte;
            written = written.checked_add(1)?;
        }
    }
    Some(Span::new(range.start, written))
}

/// Whether a byte is of base64's alphabet or base64url's.
const fn is_base64(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/')
}

/// Whether a text is one word of base64, or lines of one length of which the last may be shorter: how
/// base64 is wrapped, and hardly any prose.
fn is_wrapped(text: &[u8]) -> bool {
    let is_fit = |byte: &u8| is_base64(byte) || byte.is_ascii_whitespace() || *byte == b'=';
    if !text.iter().all(is_fit) {
        return false;
    }
    let mut lines = text
        .split(u8::is_ascii_whitespace)
        .filter(|line| !line.is_empty());
    let width = lines.next().map_or(0, <[u8]>::len);
    let mut is_last = false;
    lines.all(|line| {
        let fits = !is_last && width >= 16 && line.len() <= width;
        is_last = line.len() < width;
        fits
    })
}

/// Whether a text is one word of a language: letters of one case, and few of them.
fn is_word(text: &[u8]) -> bool {
    let rest = text.get(1..).unwrap_or_default();
    text.len() < 16
        && text.iter().all(u8::is_ascii_alphabetic)
        && rest.iter().all(u8::is_ascii_lowercase)
}

/// Decodes hexadecimal in place: digits in pairs, with or without what programs print around and between
/// them: blanks, colons, commas, hyphens (.NET), `0x`, `\x` (`PostgreSQL`), `<...>` (Apple) and braces (C, Go).
/// It goes before base64: its digits are also base64's, but hardly any base64 has no others.
fn decode_hex(input: &mut [u8], span: Span) -> Option<Span> {
    let is_between = |byte: u8| {
        byte.is_ascii_whitespace()
            || matches!(byte, b':' | b',' | b'-' | b'<' | b'>' | b'{' | b'}' | b'\\')
    };
    let mut digits = 0_usize;
    let mut before = b' ';
    for byte in span.of(input)? {
        let is_prefix = matches!(byte, b'x' | b'X') && before == b'0';
        if byte.is_ascii_hexdigit() {
            digits = digits.checked_add(1)?;
        } else if is_prefix {
            digits = digits.checked_sub(1)?;
        } else if *byte == b'x' && before == b'\\' {
            // A prefix without a digit.
        } else if !is_between(*byte) {
            return None;
        }
        before = *byte;
    }
    if digits < 2 || !digits.is_multiple_of(2) {
        return None;
    }
    let range = span.range();
    let (mut written, mut high) = (range.start, None);
    for at in range.clone() {
        let is_prefix = matches!(input.get(at.checked_add(1)?), Some(b'x' | b'X'));
        let digit = char::from(*input.get(at)?).to_digit(16);
        let Some(digit) = digit.filter(|_| !is_prefix) else {
            continue;
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => {
                *input.get_mut(written)? = u8::try_from((high << 4) | digit).ok()?;
                written = written.checked_add(1)?;
            }
        }
    }
    Some(Span::new(range.start, written))
}

/// What base64 has decoded to.
pub(super) struct Decoded {
    pub(super) span: Span,
    /// It has characters that base64url does not have.
    pub(super) is_standard: bool,
    /// It has padding.
    pub(super) is_padded: bool,
    /// It ends within a byte.
    pub(super) cut: bool,
}

impl Decoded {
    /// Whether it was base64url as WebAuthn's JSON forms have it.
    pub(super) const fn is_base64url(&self) -> bool {
        !self.is_standard && !self.is_padded && !self.cut
    }
}

/// Decodes base64url or base64 in place, padded or not, and as far as it goes where it is cut.
pub(super) fn decode_base64(input: &mut [u8], span: Span) -> Option<Decoded> {
    let text = input.get_mut(span.range())?;
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let unpadded = text.len().checked_sub(padding)?;
    if !text.iter().take(unpadded).all(is_base64) {
        return None;
    }
    let mut is_standard = false;
    for byte in &mut *text {
        *byte = match byte {
            b'+' => b'-',
            b'/' => b'_',
            _ => continue,
        };
        is_standard = true;
    }
    let lone = usize::from(unpadded % 4 == 1);
    let start = span.range().start;
    let whole = Span::new(start, start.checked_add(unpadded.checked_sub(lone)?)?);
    let (decoded, cut) = base64url::decode_cut(input, whole)?;
    (!decoded.range().is_empty()).then_some(Decoded {
        span: decoded,
        is_standard,
        is_padded: padding > 0,
        cut: lone > 0 || cut,
    })
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
