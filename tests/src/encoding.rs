//! base64url without padding, as WebAuthn's JSON carries binary values.

use base64ct::{Base64UrlUnpadded, Encoding};

/// Encodes.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Decodes what the tests themselves expect to be well formed.
///
/// # Panics
///
/// When it is not.
#[must_use]
pub fn from_base64url(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap_or_else(|e| panic!("{text:?} is not base64url: {e}"))
}

/// SHA-256 of the parts one after the other.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    parts
        .iter()
        .fold(Sha256::new(), |hash, part| hash.chain_update(part))
        .finalize()
        .into()
}
