use ed25519_dalek::ed25519::signature::MultipartVerifier;
use ed25519_dalek::{Signature, VerifyingKey};

use super::{KeyError, SignatureAlgorithm, SignatureError};
use crate::data::{CoseAlgorithm, Curve, PublicKey};

/// `EdDSA`: in WebAuthn Ed25519 (section 5.8.5).
#[derive(Clone, Copy, Debug, Default)]
pub struct EdDsa;

/// Ed25519: `EdDSA` under its fully specified number.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl SignatureAlgorithm for EdDsa {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::EDDSA
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        verifying_key(key).map(|_| ())
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        verify(key, message, signature)
    }
}

impl SignatureAlgorithm for Ed25519 {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::ED25519
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        verifying_key(key).map(|_| ())
    }

    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError> {
        verify(key, message, signature)
    }
}

/// The key as a point that is on the curve, in its one encoding, and not of small order.
#[inline(never)]
fn verifying_key(key: &PublicKey<'_>) -> Result<VerifyingKey, KeyError> {
    let PublicKey::Okp {
        curve: Curve::Ed25519,
        x,
    } = key
    else {
        return Err(KeyError);
    };
    let x: &[u8; 32] = (*x).try_into().map_err(|_| KeyError)?;
    point(x).ok_or(KeyError)
}

/// The strict verification of `ed25519-dalek`, which has it only for a message in one piece: neither
/// key nor R of small order, and the rest as RFC 8032 has it, without the cofactor.
#[inline(never)]
fn verify(key: &PublicKey<'_>, message: &[&[u8]], signature: &[u8]) -> Result<(), SignatureError> {
    let key = verifying_key(key).map_err(|_| SignatureError)?;
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError)?;
    point(signature.r_bytes()).ok_or(SignatureError)?;
    key.multipart_verify(message, &signature)
        .map_err(|_| SignatureError)
}

fn point(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    if !is_canonical(bytes) {
        return None;
    }
    VerifyingKey::from_bytes(bytes)
        .ok()
        .filter(|point| !point.is_weak())
}

/// Whether y is below the field's prime, 2^255 - 19. (A zero x with the sign of a negative one is of
/// small order.)
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = bytes;
    let all_ones = high & 0x7f == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    !all_ones || *low < 0xed
}
