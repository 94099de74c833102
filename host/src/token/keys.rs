//! One secret, a key for each purpose: HKDF-SHA256 (RFC 5869) with the purpose as its label.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::rand;

use crate::config::Secret;

/// Derives keys from the host's secret.
pub(crate) struct KeySource(Prk);

/// What an aws-lc-rs call answers where it cannot go on, such as a system without randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoFailure;

impl KeySource {
    pub(crate) fn new(secret: &Secret) -> Self {
        Self(Salt::new(HKDF_SHA256, b"portcullis").extract(secret.as_bytes()))
    }

    /// `N` bytes that depend on the secret and on every part of `label`.
    pub(crate) fn derive<const N: usize>(&self, label: &[&[u8]]) -> Result<[u8; N], CryptoFailure> {
        let mut bytes = [0; N];
        self.0
            .expand(label, Length(N))
            .and_then(|output| output.fill(&mut bytes))
            .map_err(|_| CryptoFailure)?;
        Ok(bytes)
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], CryptoFailure> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| CryptoFailure)?;
    Ok(bytes)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl core::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KeySource(..)")
    }
}
