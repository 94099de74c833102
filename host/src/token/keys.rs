//! One secret, a key for each purpose: HKDF-SHA256 (RFC 5869) with the purpose as its label.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::rand;

use crate::config::Secret;

/// Derives keys from the host's secret.
#[derive(Clone)]
pub(crate) struct KeySource(Prk);

/// What an aws-lc-rs call answers where it cannot go on, such as a system without randomness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cryptographic library failed")]
pub struct CryptoFailure;

impl KeySource {
    /// The keys of one relying party: two that share a secret by mistake share no key.
    pub(crate) fn new(secret: &Secret, rp_id: &str) -> Self {
        let salt = ["portcullis", rp_id].join(" ");
        Self(Salt::new(HKDF_SHA256, salt.as_bytes()).extract(secret.as_bytes()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_depends_on_the_secret_the_relying_party_and_the_purpose() {
        let key = |secret, rp_id, purpose: &[u8]| {
            let keys = KeySource::new(&Secret::new([secret; 32]), rp_id);
            keys.derive::<32>(&[purpose]).expect("derived")
        };
        let one = key(1, "example.org", b"login");
        assert_eq!(one, key(1, "example.org", b"login"));
        assert_ne!(one, key(2, "example.org", b"login"));
        assert_ne!(one, key(1, "example.com", b"login"));
        assert_ne!(one, key(1, "example.org", b"decoy"));
    }
}
