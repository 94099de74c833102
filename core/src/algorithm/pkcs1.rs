//! RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).

use core::iter;

use super::hash::{self, HashFunction};
use super::rsa::{self, RsaKey};
use super::{SignatureError, signature_algorithm};
use crate::data::PublicKey;

/// Compares the whole encoded message with the one that it has to be: nothing in it is parsed.
#[inline(never)]
fn verify(
    key: &PublicKey<'_>,
    hash: &HashFunction,
    digest_info: &[u8],
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = RsaKey::new(key).map_err(|_| SignatureError)?;
    let encoded = key.encoded(signature).ok_or(SignatureError)?;
    let digest = hash.digest(message);
    let tail = iter::once(&0).chain(digest_info).chain(digest.as_ref());
    let fixed = digest_info
        .len()
        .saturating_add(hash.length())
        .saturating_add(3);
    let padding = encoded.as_ref().len().saturating_sub(fixed);
    let expected = [0, 1]
        .iter()
        .chain(iter::repeat_n(&0xff, padding))
        .chain(tail);
    if encoded.as_ref().iter().eq(expected) {
        Ok(())
    } else {
        Err(SignatureError)
    }
}

// The bytes are the DER of a `DigestInfo` up to its digest (RFC 8017 section 9.2, note 1).

#[cfg(feature = "rs256")]
signature_algorithm! {
    /// RS256: RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256, RS256, rsa::check_key,
    |key, message, signature| verify(
        key,
        &hash::SHA256,
        b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
        message,
        signature,
    )
}

#[cfg(feature = "rs384")]
signature_algorithm! {
    /// RS384: RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384, RS384, rsa::check_key,
    |key, message, signature| verify(
        key,
        &hash::SHA384,
        b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
        message,
        signature,
    )
}

#[cfg(feature = "rs512")]
signature_algorithm! {
    /// RS512: RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512, RS512, rsa::check_key,
    |key, message, signature| verify(
        key,
        &hash::SHA512,
        b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        message,
        signature,
    )
}

#[cfg(feature = "rs1")]
signature_algorithm! {
    /// RS1: RSASSA-PKCS1-v1_5 with SHA-1, which attestation statements of old TPMs have. No
    /// credential is ever verified with it.
    Rs1, RS1, rsa::check_key,
    |key, message, signature| verify(
        key,
        &hash::SHA1,
        b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
        message,
        signature,
    )
}
