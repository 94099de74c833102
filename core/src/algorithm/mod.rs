//! Signatures and hashes, as lists that the caller passes in: what a program does not pass is not in
//! its flash, and a hardware verifier is one more entry.

#[cfg(feature = "es256")]
mod es256;
mod sha256;

use core::fmt;

#[cfg(feature = "es256")]
pub use es256::Es256;
pub use sha256::SoftSha256;

use crate::data::{CoseAlgorithm, PublicKey};

/// SHA-256 over a message in parts.
pub trait Sha256 {
    /// The digest of the parts, one behind the other.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32];
}

/// One signature algorithm: how to tell a good key and how to verify with it.
pub trait SignatureAlgorithm {
    /// The COSE algorithm that this verifies.
    fn algorithm(&self) -> CoseAlgorithm;

    /// Whether the key is of this algorithm's type, curve and size, and its numbers are a key: a
    /// registration with no signature of the new key in it depends on this alone.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where it is not.
    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError>;

    /// Verifies a signature, in WebAuthn's encoding (section 6.5.5), over the parts of a message.
    ///
    /// # Errors
    ///
    /// [`SignatureError`], whatever the cause: key, encoding or value.
    fn verify(
        &self,
        key: &PublicKey<'_>,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), SignatureError>;
}

/// The key is none of the algorithm's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the public key is not a key of its algorithm")
    }
}

impl core::error::Error for KeyError {}

/// The signature does not verify. It has no causes: they would only help a forger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureError;

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the signature does not verify")
    }
}

impl core::error::Error for SignatureError {}

/// The mechanisms that a ceremony may use.
#[derive(Clone, Copy)]
pub struct Crypto<'a> {
    /// The hash of client data and RP ids.
    pub sha256: &'a dyn Sha256,
    /// The signature algorithms, best first.
    pub algorithms: &'a [&'a dyn SignatureAlgorithm],
}

impl Crypto<'static> {
    /// Everything that this build's features hold.
    pub const BUILT_IN: Self = Self {
        sha256: &SoftSha256,
        algorithms: BUILT_IN,
    };
}

impl<'a> Crypto<'a> {
    /// The mechanism for an algorithm, where there is one.
    #[must_use]
    pub fn algorithm(&self, algorithm: CoseAlgorithm) -> Option<&'a dyn SignatureAlgorithm> {
        self.algorithms
            .iter()
            .copied()
            .find(|candidate| candidate.algorithm() == algorithm)
    }
}

impl fmt::Debug for Crypto<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms = self
            .algorithms
            .iter()
            .map(|algorithm| algorithm.algorithm());
        f.debug_list().entries(algorithms).finish()
    }
}

/// The signature algorithms of this build's features, best first.
pub const BUILT_IN: &[&dyn SignatureAlgorithm] = &[
    #[cfg(feature = "es256")]
    &Es256,
];
