//! What programs print of bytes and objects: lists of numbers (JSON, JavaScript, Go), Python's `b'...'`, and
//! objects that look like JSON and are none.

use crate::encoding::Span;

/// Whether a text that begins with a brace is an object as a console, Go or Python prints it: its first name
/// is not in double quotes.
pub(super) fn is_printed_object(text: &[u8]) -> bool {
    let inside = text.strip_prefix(b"{").unwrap_or(text).trim_ascii_start();
    let name = inside
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\''))
        .count();
    let rest = inside.get(name..).unwrap_or_default().trim_ascii_start();
    name > 0 && rest.starts_with(b":")
}

/// The longest list of bytes in a text, as numbers with or without a sign (Java's and Kotlin's have one), its
/// brackets included where it has some.
pub(super) fn numbers(text: &[u8]) -> Option<Span> {
    let mut longest: Option<(usize, Span)> = None;
    let mut at = 0_usize;
    while at < text.len() {
        let Some((count, end)) = numbers_at(text, at) else {
            at = at.saturating_add(1);
            continue;
        };
        if count >= NUMBERS_MIN && longest.is_none_or(|(before, _)| count > before) {
            let open = at
                .checked_sub(1)
                .filter(|open| text.get(*open) == Some(&b'['));
            let close = end.saturating_add(usize::from(text.get(end) == Some(&b']')));
            longest = Some((count, Span::new(open.unwrap_or(at), close)));
        }
        at = end.max(at.saturating_add(1));
    }
    longest.map(|(_, span)| span)
}

/// Numbers without which a list is too short to be an artefact.
const NUMBERS_MIN: usize = 8;

/// How many numbers of a byte begin at a place, with commas or blanks between, and where they end. At least one
/// has another length than two digits, or it is hexadecimal.
fn numbers_at(text: &[u8], start: usize) -> Option<(usize, usize)> {
    let before = start.checked_sub(1).and_then(|before| text.get(before));
    if before.is_some_and(|before| {
        before.is_ascii_alphanumeric() || matches!(before, b'-' | b'_' | b'.')
    }) {
        return None;
    }
    let (mut at, mut end) = (start, start);
    let (mut count, mut is_decimal) = (0_usize, false);
    loop {
        let is_negative = text.get(at) == Some(&b'-');
        at = at.checked_add(usize::from(is_negative))?;
        let digits = text
            .get(at..)?
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let number = text.get(at..at.checked_add(digits)?)?;
        let value = core::str::from_utf8(number)
            .ok()
            .and_then(|number| number.parse::<u8>().ok())
            .filter(|value| !is_negative || *value <= 128);
        if value.is_none() || digits > 3 {
            break;
        }
        at = at.checked_add(digits)?;
        if text.get(at).is_some_and(u8::is_ascii_alphanumeric) {
            break;
        }
        end = at;
        count = count.saturating_add(1);
        is_decimal |= digits != 2 || is_negative;
        let between = text
            .get(at..)?
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() || **byte == b',')
            .count();
        if between == 0 {
            break;
        }
        at = at.checked_add(between)?;
    }
    (count > 0 && is_decimal).then_some((count, end))
}

/// Decodes a list of numbers in place.
pub(super) fn decode_numbers(text: &mut [u8], span: Span) -> Option<Span> {
    let range = span.range();
    let mut written = range.start;
    let mut number: Option<u8> = None;
    let mut is_negative = false;
    for at in range.clone().chain(core::iter::once(range.end)) {
        let byte = if at < range.end { *text.get(at)? } else { b',' };
        if byte.is_ascii_digit() {
            let digit = byte.saturating_sub(b'0');
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
        } else {
            if let Some(complete) = number.take() {
                *text.get_mut(written)? = if is_negative {
                    complete.wrapping_neg()
                } else {
                    complete
                };
                written = written.checked_add(1)?;
            }
            is_negative = byte == b'-';
        }
    }
    Some(Span::new(range.start, written))
}

/// The longest `b'...'` or `b"..."` in a text: what is between its quotes.
pub(super) fn python_bytes(text: &[u8]) -> Option<Span> {
    let mut longest: Option<Span> = None;
    let mut at = 0_usize;
    while let Some([b'b', quote @ (b'\'' | b'"'), rest @ ..]) =
        text.get(at..).filter(|rest| !rest.is_empty()).map(|rest| {
            let skipped = rest
                .windows(2)
                .position(|pair| matches!(pair, [b'b', b'\'' | b'"']))
                .unwrap_or(rest.len());
            at = at.saturating_add(skipped);
            rest.get(skipped..).unwrap_or_default()
        })
    {
        let start = at.saturating_add(2);
        let length = literal_length(rest, *quote);
        let span = Span::new(start, start.saturating_add(length));
        if longest.is_none_or(|before| span.range().len() > before.range().len()) {
            longest = Some(span);
        }
        at = start.saturating_add(length).saturating_add(1);
    }
    longest
}

/// Bytes up to the quote that ends a literal.
fn literal_length(text: &[u8], quote: u8) -> usize {
    let mut is_escaped = false;
    text.iter()
        .position(|byte| {
            let ends = *byte == quote && !is_escaped;
            is_escaped = *byte == b'\\' && !is_escaped;
            ends
        })
        .unwrap_or(text.len())
}

/// Decodes the inside of a literal in place.
pub(super) fn decode_python(text: &mut [u8], span: Span) -> Option<Span> {
    let range = span.range();
    let (mut read, mut written) = (range.start, range.start);
    while read < range.end {
        let (byte, length) = match (*text.get(read)?, text.get(read.checked_add(1)?)) {
            (b'\\', Some(b'x')) => {
                let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
                let high = digit(read.checked_add(2)?)?;
                let low = digit(read.checked_add(3)?)?;
                (u8::try_from((high << 4) | low).ok()?, 4)
            }
            (b'\\', Some(b'n')) => (b'\n', 2),
            (b'\\', Some(b'r')) => (b'\r', 2),
            (b'\\', Some(b't')) => (b'\t', 2),
            (b'\\', Some(itself)) => (*itself, 2),
            (byte, _) => (byte, 1),
        };
        *text.get_mut(written)? = byte;
        written = written.checked_add(1)?;
        read = read.checked_add(length)?;
    }
    Some(Span::new(range.start, written))
}
