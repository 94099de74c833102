//! RSA's public operation, for both of its signature schemes.

use super::KeyError;
use super::montgomery::Modulus;
use crate::data::PublicKey;
use crate::limits::{RSA_EXPONENT_MAX, RSA_MODULUS_MAX, RSA_MODULUS_MIN};

const BYTES_MAX: usize = RSA_MODULUS_MAX.div_ceil(8);

/// A public key within the limits.
pub(super) struct RsaKey<'a> {
    /// The modulus: odd, and its first byte is not zero.
    modulus: &'a [u8],
    exponent: u64,
}

/// What a signature turns into: the encoded message, of as many bytes as the modulus.
pub(super) struct Encoded {
    bytes: [u8; BYTES_MAX],
    length: usize,
}

pub(super) fn check_key(key: &PublicKey<'_>) -> Result<(), KeyError> {
    RsaKey::new(key).map(|_| ())
}

impl<'a> RsaKey<'a> {
    pub(super) fn new(key: &PublicKey<'a>) -> Result<Self, KeyError> {
        let PublicKey::Rsa { n, e } = *key else {
            return Err(KeyError);
        };
        let bits = bits(n).ok_or(KeyError)?;
        if !is_odd(n) || !(RSA_MODULUS_MIN..=RSA_MODULUS_MAX).contains(&bits) {
            return Err(KeyError);
        }
        Ok(Self {
            modulus: n,
            exponent: exponent(e).ok_or(KeyError)?,
        })
    }

    /// Bits of the modulus.
    #[cfg(any(feature = "_pss", test))]
    pub(super) fn bits(&self) -> usize {
        bits(self.modulus).unwrap_or_default()
    }

    /// The signature to the power of the exponent (RFC 8017 section 5.2.2), where it is a number below
    /// the modulus in exactly as many bytes.
    pub(super) fn encoded(&self, signature: &[u8]) -> Option<Encoded> {
        // Both are big-endian and of one length: they compare as the numbers do.
        if signature.len() != self.modulus.len() || signature >= self.modulus {
            return None;
        }
        let mut encoded = Encoded {
            bytes: [0; BYTES_MAX],
            length: signature.len(),
        };
        encoded.as_mut().copy_from_slice(signature);
        Modulus::new(self.modulus)?.power(encoded.as_mut(), self.exponent)?;
        Some(encoded)
    }
}

/// Bits of a number that is written without leading zeros.
fn bits(number: &[u8]) -> Option<usize> {
    let first = number.first().filter(|first| **first != 0)?;
    let unused = usize::try_from(first.leading_zeros()).ok()?;
    number.len().checked_mul(8)?.checked_sub(unused)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last % 2 == 1)
}

/// An odd number from 3 and within the limit.
fn exponent(bytes: &[u8]) -> Option<u64> {
    const { assert!(RSA_EXPONENT_MAX <= 64, "it is kept in 64 bits") };
    if bits(bytes)? > RSA_EXPONENT_MAX || !is_odd(bytes) {
        return None;
    }
    let number = bytes
        .iter()
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    Some(number).filter(|number| *number >= 3)
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        let (bytes, _) = self.bytes.split_at(self.length.min(BYTES_MAX));
        bytes
    }
}

impl AsMut<[u8]> for Encoded {
    fn as_mut(&mut self) -> &mut [u8] {
        let (bytes, _) = self.bytes.split_at_mut(self.length.min(BYTES_MAX));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::RsaKey;
    use crate::data::PublicKey;

    fn bits(n: &[u8], e: &[u8]) -> Option<usize> {
        RsaKey::new(&PublicKey::Rsa { n, e })
            .ok()
            .map(|key| key.bits())
    }

    #[test]
    fn a_modulus_has_2048_to_4096_bits_and_is_odd() {
        const E: &[u8] = &[1, 0, 1];
        assert_eq!(bits(&[0x80; 256], E), None, "even");
        assert_eq!(bits(&[0x81; 256], E), Some(2048));
        assert_eq!(bits(&[0x7f; 256], E), None);
        assert_eq!(bits(&[0x01; 257], E), Some(2049));
        assert_eq!(bits(&[0x11; 436], E), Some(3485));
        assert_eq!(bits(&[0xff; 512], E), Some(4096));
        assert_eq!(bits(&[0x01; 513], E), None);
        assert_eq!(bits(&[0xff; 1024], E), None);
        assert_eq!(bits(&[], E), None);
        let mut zero_in_front = vec![0xff; 257];
        zero_in_front[0] = 0;
        assert_eq!(bits(&zero_in_front, E), None);
    }

    #[test]
    fn an_exponent_is_odd_and_from_3_to_33_bits() {
        let exponent = |e| bits(&[0xff; 256], e).is_some();
        assert!(exponent(&[3]));
        assert!(exponent(&[1, 0, 1]));
        assert!(exponent(&[1, 0xff, 0xff, 0xff, 0xff]));
        for refused in [
            &[][..],
            &[0],
            &[1],
            &[2],
            &[1, 0],
            &[0, 3],
            &[2, 0, 0, 0, 1],
        ] {
            assert!(!exponent(refused), "{refused:02x?}");
        }
    }

    #[test]
    fn a_signature_is_below_the_modulus_and_as_long() {
        let modulus = [0xfd; 256];
        let key = RsaKey::new(&PublicKey::Rsa {
            n: &modulus,
            e: &[3],
        })
        .expect("a key");
        let taken = |signature: &[u8]| key.encoded(signature).is_some();
        let mut below = modulus;
        below[255] -= 1;
        assert!(taken(&below));
        assert!(!taken(&modulus));
        assert!(!taken(&[0xff; 256]));
        assert!(!taken(&[1; 255]));
        assert!(!taken(&[1; 257]));
        // -1 to an odd power.
        let minus_one = key.encoded(&below).expect("below the modulus");
        assert_eq!(minus_one.as_ref(), below);
        // 2 to the third.
        let mut two = [0; 256];
        two[255] = 2;
        let eight = key.encoded(&two).expect("below the modulus");
        assert_eq!(eight.as_ref().last(), Some(&8));
        assert!(eight.as_ref().iter().rev().skip(1).all(|byte| *byte == 0));
    }
}
