//! RSA's public operation over fixed-width numbers, for both of its signature schemes.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U64, U2048, U3072, U4096, Uint};

use super::KeyError;
use crate::data::PublicKey;
use crate::limits::{RSA_MODULUS_MAX, RSA_MODULUS_MIN};

const BYTES_MAX: usize = RSA_MODULUS_MAX.div_ceil(8);

/// A public key within the limits.
pub(super) struct RsaKey<'a> {
    /// The modulus: odd, and its first byte is not zero.
    modulus: &'a [u8],
    /// Bits of the modulus.
    pub(super) bits: usize,
    exponent: u64,
}

/// What a signature turns into: the encoded message, of as many bytes as the modulus.
pub(super) struct Encoded {
    bytes: [u8; BYTES_MAX],
    length: usize,
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
            bits,
            exponent: exponent(e).ok_or(KeyError)?,
        })
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
        match self.bits {
            0..=2048 => self.power_2048(signature, &mut encoded),
            2049..=3072 => self.power_3072(signature, &mut encoded),
            _ => self.power_4096(signature, &mut encoded),
        }?;
        Some(encoded)
    }

    // One function a size: numbers lie on the stack, and only those of the size in use shall.

    #[inline(never)]
    fn power_2048(&self, signature: &[u8], encoded: &mut Encoded) -> Option<()> {
        encoded.set(
            self.power::<{ U2048::LIMBS }>(signature)?
                .to_be_bytes()
                .as_ref(),
        )
    }

    #[inline(never)]
    fn power_3072(&self, signature: &[u8], encoded: &mut Encoded) -> Option<()> {
        encoded.set(
            self.power::<{ U3072::LIMBS }>(signature)?
                .to_be_bytes()
                .as_ref(),
        )
    }

    #[inline(never)]
    fn power_4096(&self, signature: &[u8], encoded: &mut Encoded) -> Option<()> {
        encoded.set(
            self.power::<{ U4096::LIMBS }>(signature)?
                .to_be_bytes()
                .as_ref(),
        )
    }

    fn power<const LIMBS: usize>(&self, signature: &[u8]) -> Option<Uint<LIMBS>> {
        let number = |bytes| Uint::<LIMBS>::from_be_slice_truncated(bytes, Uint::<LIMBS>::BITS);
        let modulus = Odd::new(number(self.modulus)).into_option()?;
        let parameters = FixedMontyParams::new_vartime(modulus);
        let power = FixedMontyForm::new(&number(signature), &parameters)
            .pow_vartime(&U64::from_u64(self.exponent));
        Some(power.retrieve())
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

/// An odd number from 3, written in at most 8 bytes: the time of a verification grows with it.
fn exponent(bytes: &[u8]) -> Option<u64> {
    if bits(bytes)? > 64 || !is_odd(bytes) {
        return None;
    }
    let number = bytes
        .iter()
        .fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    Some(number).filter(|number| *number >= 3)
}

impl Encoded {
    /// Takes the low bytes of a number, which has none other.
    fn set(&mut self, number: &[u8]) -> Option<()> {
        let unused = number.len().checked_sub(self.length)?;
        for (to, from) in self.bytes.iter_mut().zip(number.iter().skip(unused)) {
            *to = *from;
        }
        Some(())
    }
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
