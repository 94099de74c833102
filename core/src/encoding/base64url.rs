//! base64url without padding (RFC 4648 section 5), decoded where it lies.

#[cfg(feature = "json")]
use super::Span;

/// Decodes the text that `span` names in place and returns the span of the bytes, which begin where
/// the text began. `None` leaves the text's place in an unspecified state: it was no base64url.
#[cfg(feature = "json")]
pub(crate) fn decode(buffer: &mut [u8], span: Span) -> Option<Span> {
    use base64ct::{Base64UrlUnpadded, Encoding};

    let text = buffer.get_mut(span.range())?;
    let length = Base64UrlUnpadded::decode_in_place(text).ok()?.len();
    let start = span.range().start;
    Some(Span::new(start, start.saturating_add(length)))
}

/// Writes `bytes` as base64url.
#[cfg(feature = "json")]
pub(crate) fn write(bytes: &[u8], out: &mut dyn core::fmt::Write) -> core::fmt::Result {
    characters(bytes).try_for_each(|character| out.write_char(char::from(character)))
}

/// The characters of the encoding of `bytes`, one by one: what a challenge is compared by.
pub(crate) fn characters(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.chunks(3).flat_map(|group| {
        let byte = |index: usize| group.get(index).copied().unwrap_or(0);
        let [a, b, c] = [byte(0), byte(1), byte(2)];
        let sextets = [
            a >> 2,
            (a << 4 | b >> 4) & 63,
            (b << 2 | c >> 6) & 63,
            c & 63,
        ];
        sextets
            .into_iter()
            .take(group.len().saturating_add(1))
            .map(character)
    })
}

fn character(sextet: u8) -> u8 {
    match sextet {
        0..=25 => sextet.saturating_add(b'A'),
        26..=51 => sextet.saturating_sub(26).saturating_add(b'a'),
        52..=61 => sextet.saturating_sub(52).saturating_add(b'0'),
        62 => b'-',
        _ => b'_',
    }
}
