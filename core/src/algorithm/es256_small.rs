use super::p256_small::VerifyingKey;
use super::{KeyError, Sha256, SignatureError, SoftSha256, ecdsa_signature, signature_algorithm};
use crate::data::{Curve, PublicKey};

signature_algorithm! {
    /// ES256 for small places: the verdicts of the one over `p256`, in less than half of its flash,
    /// stack and time on a 32-bit microcontroller, and without a branch that panics. A high s is valid.
    ///
    /// The arithmetic is this crate's own and verifies, nothing else. Its time depends on the numbers,
    /// which are public: no secret may ever enter it.
    Es256Small, ES256, check_key,
    |key, message, signature| verify(key, message, signature)
}

signature_algorithm! {
    /// ESP256 for small places: [`Es256Small`] under its fully specified number.
    Esp256Small, ESP256, check_key,
    |key, message, signature| verify(key, message, signature)
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
fn verify(key: &PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> Result<(), SignatureError> {
    let key = verifying_key(key).map_err(|_| SignatureError)?;
    let (r, s) = ecdsa_signature::split(signature).map_err(|_| SignatureError)?;
    let r = ecdsa_signature::padded(r).ok_or(SignatureError)?;
    let s = ecdsa_signature::padded(s).ok_or(SignatureError)?;
    let digest = SoftSha256.digest(message);
    if key.verifies(&digest, &r, &s) {
        Ok(())
    } else {
        Err(SignatureError)
    }
}
