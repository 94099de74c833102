//! base64url without padding (RFC 4648 section 5), and base64 with it (section 4) where others write it.
//!
//! base64ct decodes both, a character at a time: its `decode` has branches that panic when compiled for size,
//! and its `decode_in_place` takes characters in fours, of which the compiler makes no vectors, and so twice
//! as long.
//!
//! A text that is refused has to stay as it is, for the fault to name the character. So it is looked through
//! before it is decoded.

#[cfg(any(feature = "attestation", feature = "json"))]
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

use super::reader::Reader;
#[cfg(feature = "json")]
use super::{Fault, FaultKind, Span, What};

/// Decodes the text that `span` names in place and returns the span of the bytes, which begin where
/// the text began. `None`: it is not base64url, and stays as it is.
#[cfg(feature = "json")]
pub(crate) fn decode(buffer: &mut [u8], span: Span) -> Option<Span> {
    let text = buffer.get_mut(span.range())?;
    let length = decode_url_in_place(text)?.len();
    let start = span.range().start;
    Some(Span::new(start, start.checked_add(length)?))
}

/// The same for a member of this name: where it is no base64url, the fault names the character.
#[cfg(feature = "json")]
pub(crate) fn decode_member(buffer: &mut [u8], span: Span, what: What) -> Result<Span, Fault> {
    if let Some(decoded) = decode(buffer, span) {
        return Ok(decoded);
    }
    let text = span.of(buffer).unwrap_or_default();
    let of_length = Fault::new(what, FaultKind::Base64, span.range().end);
    Err(fault_in(text, span.range().start, what).unwrap_or(of_length))
}

/// The first character of a text at `start` that is not of the alphabet, as a fault.
#[cfg(feature = "json")]
pub(crate) fn fault_in(text: &[u8], start: usize, what: What) -> Option<Fault> {
    let at = text.iter().position(|byte| !is_digit(*byte))?;
    let found = text.get(at).copied().unwrap_or_default();
    Some(Fault::new(what, FaultKind::Base64, start.saturating_add(at)).with_found(found))
}

/// Whether a text is of the alphabet and of a length that bytes can have.
#[cfg(any(feature = "attestation", feature = "json"))]
pub(crate) fn is_text(text: &[u8]) -> bool {
    // Without a branch in it the compiler looks at many characters at once.
    let is_digits = text.iter().fold(true, |all, byte| all & is_digit(*byte));
    is_digits && text.len() % 4 != 1
}

#[cfg(any(feature = "attestation", feature = "json"))]
const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Decodes base64url in place. `None`: it is none, and stays as it is.
#[cfg(any(feature = "attestation", feature = "json"))]
fn decode_url_in_place(text: &mut [u8]) -> Option<&[u8]> {
    if is_text(text) && ends_with_byte(text) {
        decode_in_place::<Base64UrlUnpadded>(text)
    } else {
        None
    }
}

/// Decodes characters of an alphabet in place, up to the last whole byte. `None`: others are among them, and
/// the text is lost.
#[cfg(any(feature = "attestation", feature = "json"))]
fn decode_in_place<A: Encoding>(text: &mut [u8]) -> Option<&[u8]> {
    // One like the other, without a branch: the compiler takes many at once.
    let mut all = 0;
    for character in &mut *text {
        let sextet = A::decode_6bits(*character);
        all |= sextet;
        [*character, _] = sextet.to_le_bytes();
    }
    if all < 0 {
        return None;
    }
    for start in (0..text.len()).step_by(8) {
        let rest = text.get(start..)?;
        let bytes = pack(rest.first_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; 8];
            overwrite(&mut last, rest);
            last
        }));
        // Six bytes end before the next eight characters begin.
        let decoded = text.get_mut(decoded_length(start)..)?;
        match decoded.first_chunk_mut() {
            Some(six) => *six = bytes,
            None => overwrite(decoded, &bytes),
        }
    }
    text.get(..decoded_length(text.len()))
}

/// Whole bytes that so many characters encode.
#[cfg(any(feature = "attestation", feature = "json"))]
const fn decoded_length(characters: usize) -> usize {
    characters.saturating_sub(characters.div_ceil(4))
}

/// Copies the bytes that there are, and have room.
#[cfg(any(feature = "attestation", feature = "json"))]
fn overwrite(to: &mut [u8], from: &[u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

/// The six bytes of eight sextets.
#[cfg(any(feature = "attestation", feature = "json"))]
const fn pack(sextets: [u8; 8]) -> [u8; 6] {
    let singles = u64::from_be_bytes(sextets);
    let pairs = (singles & 0x3f00_3f00_3f00_3f00) >> 2 | singles & 0x003f_003f_003f_003f;
    let fours = (pairs & 0x0fff_0000_0fff_0000) >> 4 | pairs & 0x0000_0fff_0000_0fff;
    let eight = (fours & 0x00ff_ffff_0000_0000) >> 8 | fours & 0x0000_0000_00ff_ffff;
    let [_, _, bytes @ ..] = eight.to_be_bytes();
    bytes
}

/// Decodes base64 with its padding in the same way, in place.
#[cfg(feature = "json")]
pub(crate) fn decode_padded(buffer: &mut [u8], span: Span) -> Option<Span> {
    let text = buffer.get_mut(span.range())?;
    let length = decode_padded_in_place(text)?.len();
    let start = span.range().start;
    Some(Span::new(start, start.checked_add(length)?))
}

/// Decodes base64url in place as far as whole bytes go. Also says whether the text ends within one.
#[cfg(feature = "inspect")]
pub(crate) fn decode_cut(buffer: &mut [u8], span: Span) -> Option<(Span, bool)> {
    let text = buffer.get_mut(span.range())?;
    if !is_text(text) {
        return None;
    }
    let cut = !ends_with_byte(text);
    let length = decode_in_place::<Base64UrlUnpadded>(text)?.len();
    let start = span.range().start;
    Some((Span::new(start, start.checked_add(length)?), cut))
}

#[cfg(any(feature = "attestation", feature = "json"))]
fn decode_padded_in_place(text: &mut [u8]) -> Option<&[u8]> {
    let padding = padding(text);
    if text.len().is_multiple_of(4) && padding <= 2 && ends_with_byte(text) {
        decode_in_place::<Base64>(text.get_mut(..text.len().checked_sub(padding)?)?)
    } else {
        None
    }
}

#[cfg(any(feature = "attestation", feature = "json"))]
fn padding(text: &[u8]) -> usize {
    text.iter().rev().take_while(|byte| **byte == b'=').count()
}

/// Whether the last character, in either alphabet, has no bits beyond the last byte.
#[cfg(any(feature = "attestation", feature = "json"))]
fn ends_with_byte(text: &[u8]) -> bool {
    let unpadded = text.len().saturating_sub(padding(text));
    let last = text.get(..unpadded).and_then(<[u8]>::last);
    match (unpadded % 4, last) {
        (2, Some(last)) => b"AQgw".contains(last),
        (3, Some(last)) => b"AEIMQUYcgkosw048".contains(last),
        (remainder, _) => remainder == 0,
    }
}

/// Copies base64url into a buffer and decodes it there. `None` if it does not fit or is not base64url.
#[cfg(feature = "attestation")]
pub(crate) fn decode_into(text: impl Iterator<Item = u8>, buffer: &mut [u8]) -> Option<&[u8]> {
    decode_url_in_place(copy(text, buffer)?)
}

/// The same for base64 with its padding.
#[cfg(feature = "attestation")]
pub(crate) fn decode_padded_into(
    text: impl Iterator<Item = u8>,
    buffer: &mut [u8],
) -> Option<&[u8]> {
    decode_padded_in_place(copy(text, buffer)?)
}

#[cfg(feature = "attestation")]
fn copy(text: impl Iterator<Item = u8>, buffer: &mut [u8]) -> Option<&mut [u8]> {
    let mut length = 0_usize;
    for character in text {
        *buffer.get_mut(length)? = character;
        length = length.checked_add(1)?;
    }
    buffer.get_mut(..length)
}

/// Writes `bytes` as base64url.
#[cfg(feature = "json")]
pub(crate) fn write(bytes: &[u8], out: &mut dyn core::fmt::Write) -> core::fmt::Result {
    characters(bytes).try_for_each(|character| out.write_char(char::from(character)))
}

/// The characters of the encoding of `bytes`, one by one.
pub(crate) fn characters(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.chunks(3).flat_map(|group| {
        let (characters, count) = encode(group);
        characters.into_iter().take(count)
    })
}

/// Skips the encoding of `bytes` if it comes next: what a challenge is compared by.
pub(crate) fn skip(reader: &mut Reader<'_>, bytes: &[u8]) -> bool {
    let (groups, last) = bytes.as_chunks::<3>();
    let begins = groups
        .iter()
        .all(|group| reader.skip_array(&group_characters(*group)));
    let (characters, count) = encode(last);
    begins && reader.skip_prefix(characters.get(..count).unwrap_or_default())
}

/// The characters of up to three bytes, and how many there are.
fn encode(group: &[u8]) -> ([u8; 4], usize) {
    let byte = |index: usize| group.get(index).copied().unwrap_or(0);
    let count = match group.len() {
        0 => 0,
        bytes => bytes.saturating_add(1),
    };
    (group_characters([byte(0), byte(1), byte(2)]), count)
}

fn group_characters([a, b, c]: [u8; 3]) -> [u8; 4] {
    [
        character(a >> 2),
        character(a << 4 | b >> 4),
        character(b << 2 | c >> 6),
        character(c),
    ]
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "no index of six bits is out of the alphabet, which the compiler sees"
)]
const fn character(sextet: u8) -> u8 {
    ALPHABET[(sextet & 63) as usize]
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

    /// Characters are taken many at once, and bytes written eight characters at a time.
    #[cfg(feature = "json")]
    #[test]
    fn text_of_any_length_is_decoded() {
        use crate::encoding::Span;

        let bytes: std::vec::Vec<u8> = (0..=u8::MAX).map(|byte| byte.wrapping_mul(37)).collect();
        for length in 0..bytes.len() {
            let bytes = bytes.get(..length).unwrap();
            let mut text = encode(bytes).into_bytes();
            let whole = Span::new(0, text.len());
            let decoded = super::decode(&mut text, whole).unwrap();
            assert_eq!(decoded.of(&text), Some(bytes));
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_text_that_is_refused_stays_as_it_is() {
        use crate::encoding::Span;

        let right = b"Zm9vYmFyYmF6Zm8";
        for length in [12, 14, 15] {
            for at in 0..length {
                for wrong in *b"=+/ .\x00\xff" {
                    let mut text = right.get(..length).unwrap().to_vec();
                    *text.get_mut(at).unwrap() = wrong;
                    let before = text.clone();
                    assert_eq!(super::decode(&mut text, Span::new(0, length)), None);
                    assert_eq!(text, before);
                }
            }
        }
        // One character too many, and bits beyond the last byte.
        for text in ["Zm9vY", "Zm9vYh", "Zm9vYmF"] {
            let mut buffer = text.as_bytes().to_vec();
            let span = Span::new(0, buffer.len());
            assert_eq!(super::decode(&mut buffer, span), None);
            assert_eq!(buffer, text.as_bytes());
        }
    }

    #[cfg(feature = "attestation")]
    #[test]
    fn both_alphabets_are_decoded_strictly() {
        let url = |text: &str| {
            let mut buffer = [0; 8];
            super::decode_into(text.bytes(), &mut buffer).map(<[u8]>::to_vec)
        };
        let padded = |text: &str| {
            let mut buffer = [0; 8];
            super::decode_padded_into(text.bytes(), &mut buffer).map(<[u8]>::to_vec)
        };
        let bytes = |bytes: &[u8]| Some(bytes.to_vec());
        assert_eq!(url(""), bytes(&[]));
        assert_eq!(url("-_8"), bytes(&[0xfb, 0xff]));
        assert_eq!(padded("+/8="), bytes(&[0xfb, 0xff]));
        assert_eq!(padded("AQ=="), bytes(&[1]));
        assert_eq!(padded("AQIDBA=="), bytes(&[1, 2, 3, 4]));
        for text in ["A", "AB", "-_9", "AQ==", "+/8", "AQIDBAUGB"] {
            assert_eq!(url(text), None, "{text}");
        }
        for text in [
            "AQ",
            "AQ=",
            "AR==",
            "A===",
            "AQ==AQ==",
            "-_8=",
            "====",
            "AQ====",
            "AQIDBAUGBwg=",
        ] {
            assert_eq!(padded(text), None, "{text}");
        }
    }

    /// Of every last character that a text of two or three can have, those are taken that leave no bits.
    #[cfg(feature = "attestation")]
    #[test]
    fn a_text_that_is_decoded_is_the_one_encoding_of_its_bytes() {
        let mut taken = 0;
        for begin in ["A", "-_"] {
            for last in 0..=127_u8 {
                let text = std::format!("{begin}{}", char::from(last));
                let mut buffer = [0; 4];
                if let Some(bytes) = super::decode_into(text.bytes(), &mut buffer) {
                    assert_eq!(encode(bytes), text);
                    taken += 1;
                }
            }
        }
        assert_eq!(taken, 4 + 16);
    }
}
