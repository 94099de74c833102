#[cfg(feature = "ecdsa-any-hash")]
use super::hash::{self, HashFunction};
use super::p256_small::VerifyingKey;
use super::{KeyError, Sha256, SignatureError, SoftSha256, ecdsa_signature, signature_algorithm};
use crate::data::{Curve, PublicKey};

signature_algorithm! {
    /// ES256 for small places: the verdicts of the one over `p256`, in less than half of its flash,
    /// stack and time on a 32-bit microcontroller, in less than a third of its time in WebAssembly, and
    /// without a branch that panics. A high s is valid.
    ///
    /// The arithmetic is this crate's own and verifies, nothing else. Its time depends on the numbers,
    /// which are public: no secret may ever enter it.
    Es256Small, ES256, check_key,
    |key, message, signature| verify(key, &SoftSha256.digest(message), signature)
}

signature_algorithm! {
    /// ESP256 for small places: [`Es256Small`] under its fully specified number.
    Esp256Small, ESP256, check_key,
    |key, message, signature| verify(key, &SoftSha256.digest(message), signature)
}

#[cfg(feature = "ecdsa-any-hash")]
signature_algorithm! {
    /// ECDSA with SHA-384 on P-256 for small places, as certificates may have it.
    EcdsaP256Sha384Small, ES384, check_key,
    |key, message, signature| verify_longer(key, hash::SHA384, message, signature)
}

#[cfg(feature = "ecdsa-any-hash")]
signature_algorithm! {
    /// ECDSA with SHA-512 on P-256 for small places, as certificates may have it.
    EcdsaP256Sha512Small, ES512, check_key,
    |key, message, signature| verify_longer(key, hash::SHA512, message, signature)
}

/// The key as a point that is on the curve and not at infinity; the order of all those is the curve's.
fn verifying_key(key: &PublicKey<'_>) -> Result<VerifyingKey, KeyError> {
    let PublicKey::Ec2 {
        curve: Curve::P256,
        x,
        y,
    } = key
    else {
        return Err(KeyError);
    };
    let x = (*x).try_into().map_err(|_| KeyError)?;
    let y = (*y).try_into().map_err(|_| KeyError)?;
    VerifyingKey::new(x, y).ok_or(KeyError)
}

#[inline(never)]
fn check_key(key: &PublicKey<'_>) -> Result<(), KeyError> {
    verifying_key(key).map(|_| ())
}

#[inline(never)]
fn verify(key: &PublicKey<'_>, digest: &[u8; 32], signature: &[u8]) -> Result<(), SignatureError> {
    let key = verifying_key(key).map_err(|_| SignatureError)?;
    let (r, s) = ecdsa_signature::split(signature).map_err(|_| SignatureError)?;
    let r = ecdsa_signature::padded(r).ok_or(SignatureError)?;
    let s = ecdsa_signature::padded(s).ok_or(SignatureError)?;
    if key.verifies(digest, &r, &s) {
        Ok(())
    } else {
        Err(SignatureError)
    }
}

/// With a hash that is longer than the curve's order, of which the leftmost bits count
/// (FIPS 186-5 section 6.4.2).
#[cfg(feature = "ecdsa-any-hash")]
fn verify_longer(
    key: &PublicKey<'_>,
    function: HashFunction,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let digest = function.digest(message);
    let leftmost = digest.as_ref().first_chunk().ok_or(SignatureError)?;
    verify(key, leftmost, signature)
}
