//! RSASSA-PSS (RFC 8017 section 8.1) as COSE has it: MGF1 with the same hash, and a salt of the
//! digest's length (RFC 8230 section 2).

use super::hash::{self, HashFunction};
use super::rsa::{self, RsaKey};
use super::{SignatureError, signature_algorithm};
use crate::data::PublicKey;

#[inline(never)]
fn verify(
    key: &PublicKey<'_>,
    hash: &HashFunction,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = RsaKey::new(key).map_err(|_| SignatureError)?;
    let mut encoded = key.encoded(signature).ok_or(SignatureError)?;
    let digest = hash.digest(message);
    // The encoded message has one bit less than the modulus.
    let bits = key.bits().saturating_sub(1);
    is_consistent(encoded.as_mut(), bits, hash, digest.as_ref())
        .filter(|consistent| *consistent)
        .map(|_| ())
        .ok_or(SignatureError)
}

/// EMSA-PSS-VERIFY (RFC 8017 section 9.1.2) of an encoded message of so many bits; `None` where it is
/// too short to be one.
fn is_consistent(
    encoded: &mut [u8],
    bits: usize,
    hash: &HashFunction,
    digest: &[u8],
) -> Option<bool> {
    // Where the bits fill whole bytes, the number has a zero byte in front.
    let length = bits.div_ceil(8);
    let (front, encoded) = encoded.split_at_mut_checked(encoded.len().checked_sub(length)?)?;
    let unused = length.checked_mul(8)?.checked_sub(bits)?;
    let used = u32::try_from(unused)
        .ok()
        .and_then(|unused| 0xff_u8.checked_shr(unused))?;

    let (trailer, encoded) = encoded.split_last_mut()?;
    let (db, h) = encoded.split_at_mut_checked(encoded.len().checked_sub(hash.length())?)?;
    let first = db.first().copied()?;
    if front.iter().any(|byte| *byte != 0) || *trailer != 0xbc || first & !used != 0 {
        return Some(false);
    }

    mask(db, h, hash);
    *db.first_mut()? &= used;
    let (padding, salt) = db.split_at_checked(db.len().checked_sub(hash.length())?)?;
    let (one, zeros) = padding.split_last()?;
    if *one != 1 || zeros.iter().any(|byte| *byte != 0) {
        return Some(false);
    }
    Some(hash.digest(&[&[0; 8], digest, salt]).as_ref() == &*h)
}

/// XORs `bytes` with MGF1 (RFC 8017 section B.2.1) of the seed.
fn mask(bytes: &mut [u8], seed: &[u8], hash: &HashFunction) {
    for (counter, block) in (0_u32..).zip(bytes.chunks_mut(hash.length())) {
        let mask = hash.digest(&[seed, &counter.to_be_bytes()]);
        for (byte, mask) in block.iter_mut().zip(mask.as_ref()) {
            *byte ^= mask;
        }
    }
}

#[cfg(feature = "ps256")]
signature_algorithm! {
    /// PS256: RSASSA-PSS with SHA-256.
    Ps256, PS256, rsa::check_key,
    |key, message, signature| verify(key, &hash::SHA256, message, signature)
}

#[cfg(feature = "ps384")]
signature_algorithm! {
    /// PS384: RSASSA-PSS with SHA-384.
    Ps384, PS384, rsa::check_key,
    |key, message, signature| verify(key, &hash::SHA384, message, signature)
}

#[cfg(feature = "ps512")]
signature_algorithm! {
    /// PS512: RSASSA-PSS with SHA-512.
    Ps512, PS512, rsa::check_key,
    |key, message, signature| verify(key, &hash::SHA512, message, signature)
}
