//! An ECDSA signature in DER
//! ([section 6.5.5](https://www.w3.org/TR/webauthn-3/#sctn-signature-attestation-types)), taken apart.

use super::SignatureError;
use crate::encoding::reader::Reader;
use crate::encoding::{Fault, FaultKind, What};

const WHAT: What = What::EcdsaSignature;

/// Takes `SEQUENCE { r INTEGER, s INTEGER }` apart, in DER and nothing else. The numbers are positive,
/// big-endian, and have lost the zero byte that keeps a leading bit from being a sign.
pub(crate) fn split(signature: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let mut outer = Reader::new(signature);
    let mut inner = Reader::new(value(&mut outer, 0x30)?);
    outer.finish(WHAT)?;
    let numbers = (positive(&mut inner)?, positive(&mut inner)?);
    inner.finish(WHAT)?;
    Ok(numbers)
}

/// The value of an element with this tag. No signature is longer than a length of one byte can say.
fn value<'a>(reader: &mut Reader<'a>, tag: u8) -> Result<&'a [u8], Fault> {
    if reader.byte(WHAT)? != tag {
        return Err(reader.fault(WHAT, FaultKind::Type));
    }
    let length = match reader.byte(WHAT)? {
        short @ 0..=0x7f => short,
        0x81 => reader.byte(WHAT).and_then(|long| match long {
            0..=0x7f => Err(reader.fault(WHAT, FaultKind::Syntax)),
            0x80..=0xff => Ok(long),
        })?,
        _ => return Err(reader.fault(WHAT, FaultKind::Length)),
    };
    reader.take(usize::from(length), WHAT)
}

fn positive<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], Fault> {
    match value(reader, 0x02)? {
        [0, number @ ..] if matches!(number, [0x80..=0xff, ..]) => Ok(number),
        number @ [0x01..=0x7f, ..] => Ok(number),
        _ => Err(reader.fault(WHAT, FaultKind::Value)),
    }
}

/// r and s of an ECDSA signature in DER
/// ([section 6.5.5](https://www.w3.org/TR/webauthn-3/#sctn-signature-attestation-types)), big-endian in
/// `N` bytes each: as a crypto peripheral or another library takes them.
///
/// # Errors
///
/// [`SignatureError`] for anything but DER, and for a number that is not positive or needs more bytes.
pub fn ecdsa_numbers<const N: usize>(signature: &[u8]) -> Result<[[u8; N]; 2], SignatureError> {
    let (r, s) = split(signature).map_err(|_| SignatureError)?;
    let padded = |number| padded(number).ok_or(SignatureError);
    Ok([padded(r)?, padded(s)?])
}

/// The number in `N` bytes, where it fits.
pub(super) fn padded<const N: usize>(number: &[u8]) -> Option<[u8; N]> {
    let padding = N.checked_sub(number.len())?;
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().skip(padding).zip(number) {
        *to = *from;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{padded, split};

    #[test]
    fn numbers_come_without_their_sign_byte() {
        let signature = b"\x30\x08\x02\x01\x7f\x02\x03\x00\x80\x01";
        assert_eq!(split(signature), Ok((&b"\x7f"[..], &b"\x80\x01"[..])));
        let mut long = std::vec![0x30, 0x81, 0x87, 0x02, 0x01, 0x01, 0x02, 0x81, 0x81, 0x00];
        long.resize(138, 0xff);
        assert_eq!(split(&long), Ok((&b"\x01"[..], &[0xff; 128][..])));
    }

    #[test]
    fn anything_but_der_is_refused() {
        let refused: &[&[u8]] = &[
            b"",
            b"\x30",
            b"\x30\x00",
            b"\x30\x03\x02\x01\x01",
            // a trailing byte, inside and outside
            b"\x30\x07\x02\x01\x01\x02\x01\x01\x00",
            b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
            b"\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01",
            // cut short
            b"\x30\x06\x02\x01\x01\x02\x01",
            b"\x30\x06\x02\x01\x01\x02\x02\x01",
            // no number, zero, a zero too many, below zero
            b"\x30\x05\x02\x00\x02\x01\x01",
            b"\x30\x06\x02\x01\x00\x02\x01\x01",
            b"\x30\x07\x02\x02\x00\x7f\x02\x01\x01",
            b"\x30\x08\x02\x03\x00\x00\x80\x02\x01\x01",
            b"\x30\x06\x02\x01\x80\x02\x01\x01",
            // a length in more bytes than it needs, or in none that are counted
            b"\x30\x81\x06\x02\x01\x01\x02\x01\x01",
            b"\x30\x82\x00\x06\x02\x01\x01\x02\x01\x01",
            b"\x30\x80\x02\x01\x01\x02\x01\x01\x00\x00",
            // other tags
            b"\x31\x06\x02\x01\x01\x02\x01\x01",
            b"\x30\x06\x03\x01\x01\x02\x01\x01",
        ];
        for signature in refused {
            assert!(split(signature).is_err(), "{signature:02x?}");
        }
    }

    #[test]
    fn a_number_is_padded_in_front_and_never_cut() {
        assert_eq!(padded::<4>(&[1, 2]), Some([0, 0, 1, 2]));
        assert_eq!(padded::<2>(&[1, 2]), Some([1, 2]));
        assert_eq!(padded::<1>(&[1, 2]), None);
    }
}
