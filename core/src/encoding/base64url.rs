//! base64url without padding (RFC 4648 section 5), decoded where it lies.

#[cfg(feature = "json")]
use super::Span;
use super::reader::Reader;

/// Decodes the text that `span` names in place and returns the span of the bytes, which begin where
/// the text began. `None` leaves the text's place in an unspecified state: it was no base64url.
#[cfg(feature = "json")]
pub(crate) fn decode(buffer: &mut [u8], span: Span) -> Option<Span> {
    let (decoded, bits_left) = decode_bits(buffer, span, Alphabet::Url)?;
    (bits_left == 0).then_some(decoded)
}

/// Whether a text is of the alphabet and of a length that bytes can have.
#[cfg(feature = "json")]
pub(crate) fn is_text(text: &[u8]) -> bool {
    text.len() % 4 != 1
        && text
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Decodes base64 with its padding in the same way, in place.
#[cfg(feature = "json")]
pub(crate) fn decode_padded(buffer: &mut [u8], span: Span) -> Option<Span> {
    let text = span.of(buffer)?;
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 || !text.len().is_multiple_of(4) {
        return None;
    }
    let range = span.range();
    let unpadded = Span::new(range.start, range.end.checked_sub(padding)?);
    let (decoded, bits_left) = decode_bits(buffer, unpadded, Alphabet::Standard)?;
    (bits_left == 0).then_some(decoded)
}

/// Decodes, and returns the bits behind the last byte as well.
#[cfg(feature = "json")]
pub(crate) fn decode_bits(
    buffer: &mut [u8],
    span: Span,
    alphabet: Alphabet,
) -> Option<(Span, u32)> {
    let range = span.range();
    let (mut read, mut written) = (range.start, range.start);
    // Bits that have been read and not written, and how many.
    let (mut bits, mut pending) = (0_u32, 0_u32);
    while read < range.end {
        bits = (bits << 6) | u32::from(alphabet.sextet(*buffer.get(read)?)?);
        pending = pending.saturating_add(6);
        if let Some(left) = pending.checked_sub(8) {
            // This place has been read, as every byte takes more than one character.
            let [.., byte] = bits.checked_shr(left)?.to_be_bytes();
            *buffer.get_mut(written)? = byte;
            written = written.saturating_add(1);
            bits &= 1_u32.checked_shl(left)?.saturating_sub(1);
            pending = left;
        }
        read = read.saturating_add(1);
    }
    // One character alone makes no byte.
    (pending < 6).then_some((Span::new(range.start, written), bits))
}

/// Writes `bytes` as base64url.
#[cfg(feature = "json")]
pub(crate) fn write(bytes: &[u8], out: &mut dyn core::fmt::Write) -> core::fmt::Result {
    characters(bytes).try_for_each(|character| out.write_char(char::from(character)))
}

/// Which of the two alphabets of RFC 4648 a text is in.
#[cfg(any(feature = "attestation", feature = "json"))]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// base64url (section 5), without padding.
    Url,
    /// base64 (section 4), with padding.
    Standard,
}

#[cfg(any(feature = "attestation", feature = "json"))]
impl Alphabet {
    fn sextet(self, character: u8) -> Option<u8> {
        Some(match (character, self) {
            (b'A'..=b'Z', _) => character.saturating_sub(b'A'),
            (b'a'..=b'z', _) => character.saturating_sub(b'a').saturating_add(26),
            (b'0'..=b'9', _) => character.saturating_sub(b'0').saturating_add(52),
            (b'-', Self::Url) | (b'+', Self::Standard) => 62,
            (b'_', Self::Url) | (b'/', Self::Standard) => 63,
            _ => return None,
        })
    }
}

/// Decodes text into a buffer of its own. `None` where it is not of the alphabet, ends in bits that mean
/// nothing, or does not fit.
#[cfg(feature = "attestation")]
pub(crate) fn decode_into(
    text: impl Iterator<Item = u8>,
    alphabet: Alphabet,
    buffer: &mut [u8],
) -> Option<&[u8]> {
    let mut room = buffer.iter_mut();
    let (mut length, mut padding) = (0_usize, 0_u8);
    // Up to three bytes of a group, and how many sextets of it have come.
    let (mut group, mut sextets) = (0_u32, 0_u8);
    for character in text {
        sextets = if sextets == 4 {
            1
        } else {
            sextets.saturating_add(1)
        };
        if character == b'=' && alphabet == Alphabet::Standard && sextets > 2 {
            padding = padding.saturating_add(1);
            continue;
        }
        if padding > 0 {
            return None;
        }
        group = (group << 6) | u32::from(alphabet.sextet(character)?);
        let [.., high, low] = group.to_be_bytes();
        // What of the group is not part of a byte yet stays.
        let byte = match sextets {
            2 => u16::from_be_bytes([high, low]) >> 4,
            3 => u16::from_be_bytes([high, low]) >> 2,
            4 => u16::from(low),
            _ => continue,
        };
        let [_, byte] = byte.to_be_bytes();
        *room.next()? = byte;
        length = length.saturating_add(1);
        group &= match sextets {
            2 => 0xf,
            3 => 0x3,
            _ => 0,
        };
    }
    let complete = match alphabet {
        Alphabet::Url => sextets != 1,
        Alphabet::Standard => sextets == 0 || sextets == 4,
    };
    if complete && group == 0 {
        buffer.get(..length)
    } else {
        None
    }
}

/// The characters of the encoding of `bytes`, one by one.
pub(crate) fn characters(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.chunks(3).flat_map(|group| {
        let (characters, count) = encode(group);
        characters.into_iter().take(count)
    })
}

/// Moves behind the encoding of `bytes` if it comes next: what a challenge is compared by.
pub(crate) fn skip(reader: &mut Reader<'_>, bytes: &[u8]) -> bool {
    bytes.chunks(3).all(|group| {
        let (characters, count) = encode(group);
        let (characters, _) = characters.split_at_checked(count).unwrap_or_default();
        reader.skip_prefix(characters)
    })
}

/// The characters of up to three bytes, and how many there are.
fn encode(group: &[u8]) -> ([u8; 4], usize) {
    let byte = |index: usize| group.get(index).copied().unwrap_or(0);
    let [a, b, c] = [byte(0), byte(1), byte(2)];
    let sextets = [
        a >> 2,
        (a << 4 | b >> 4) & 63,
        (b << 2 | c >> 6) & 63,
        c & 63,
    ];
    (sextets.map(character), group.len().saturating_add(1))
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

    #[cfg(feature = "attestation")]
    #[test]
    fn both_alphabets_are_decoded_strictly() {
        use super::{Alphabet, decode_into};
        let decode = |text: &str, alphabet| {
            let mut buffer = [0; 4];
            decode_into(text.bytes(), alphabet, &mut buffer).map(<[u8]>::to_vec)
        };
        let bytes = |bytes: &[u8]| Some(bytes.to_vec());
        assert_eq!(decode("", Alphabet::Url), bytes(&[]));
        assert_eq!(decode("-_8", Alphabet::Url), bytes(&[0xfb, 0xff]));
        assert_eq!(decode("+/8=", Alphabet::Standard), bytes(&[0xfb, 0xff]));
        assert_eq!(decode("AQ==", Alphabet::Standard), bytes(&[1]));
        assert_eq!(decode("AQIDBA==", Alphabet::Standard), bytes(&[1, 2, 3, 4]));
        for text in ["A", "AB", "-_9", "AQ==", "+/8", "AQIDBAU"] {
            assert_eq!(decode(text, Alphabet::Url), None, "{text}");
        }
        for text in [
            "AQ", "AQ=", "AR==", "A===", "AQ==AQ==", "-_8=", "====", "AQ====",
        ] {
            assert_eq!(decode(text, Alphabet::Standard), None, "{text}");
        }
    }
}
