//! base64url without padding (RFC 4648 section 5), decoded where it lies.

#[cfg(feature = "json")]
use super::Span;

/// Decodes the text that `span` names in place and returns the span of the bytes, which begin where
/// the text began. `None` leaves the text's place in an unspecified state: it was no base64url.
#[cfg(feature = "json")]
pub(crate) fn decode(buffer: &mut [u8], span: Span) -> Option<Span> {
    let last = span.of(buffer)?.last().copied();
    let decoded = decode_loosely(buffer, span)?;
    // Decoding in place does not look at the bits behind the last byte; only zeros are right there.
    let group = decoded.of(buffer)?.chunks(3).last().unwrap_or_default();
    (characters(group).last() == last).then_some(decoded)
}

/// The same for what a person has written: bits behind the last byte do not matter.
#[cfg(feature = "json")]
pub(crate) fn decode_loosely(buffer: &mut [u8], span: Span) -> Option<Span> {
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

#[cfg(test)]
mod tests {
    use std::string::String;

    fn encode(bytes: &[u8]) -> String {
        super::characters(bytes).map(char::from).collect()
    }

    #[test]
    fn bytes_are_encoded_without_padding() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg"),
            (b"fo", "Zm8"),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg"),
            (&[0xfb, 0xff, 0xbf, 0x00], "-_-_AA"),
        ] {
            assert_eq!(encode(bytes), text);
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn text_is_decoded_in_place_or_refused() {
        use crate::encoding::Span;

        let decode = |text: &str| {
            let mut buffer = ["##", text, "##"].concat().into_bytes();
            let span = super::decode(&mut buffer, Span::new(2, 2 + text.len()))?;
            span.of(&buffer).map(<[u8]>::to_vec)
        };
        assert_eq!(decode("Zm9vYg").as_deref(), Some(&b"foob"[..]));
        assert_eq!(
            decode("-_-_AA").as_deref(),
            Some(&[0xfb, 0xff, 0xbf, 0x00][..])
        );
        assert_eq!(decode("").as_deref(), Some(&b""[..]));
        for text in ["Zg==", "Zh", "Z", "Zm9+", "Zm9/", "Zm 9v", "Zm9v\n", "Zé"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
