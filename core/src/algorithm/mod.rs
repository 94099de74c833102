//! Signatures and hashes, as lists that the caller passes in: what a program does not list is not linked,
//! and a hardware verifier is one more entry.

#[cfg(any(
    feature = "es256",
    feature = "es256k",
    feature = "es384",
    feature = "es512"
))]
mod ecdsa;
mod ecdsa_signature;
#[cfg(feature = "ed448")]
mod ed448;
#[cfg(feature = "eddsa")]
mod eddsa;
#[cfg(feature = "es256")]
mod es256;
#[cfg(feature = "es256-small")]
mod es256_small;
#[cfg(feature = "es256k")]
mod es256k;
#[cfg(feature = "es384")]
mod es384;
#[cfg(feature = "es512")]
mod es512;
pub(crate) mod hash;
#[cfg(feature = "_ml_dsa")]
mod ml_dsa;
#[cfg(any(feature = "_pkcs1", feature = "_pss"))]
mod montgomery;
#[cfg(feature = "es256-small")]
mod p256_small;
#[cfg(feature = "_pkcs1")]
mod pkcs1;
#[cfg(feature = "_pss")]
mod pss;
#[cfg(any(feature = "_pkcs1", feature = "_pss"))]
mod rsa;
mod sha256;
#[cfg(all(test, feature = "all-algorithms", feature = "ed448"))]
mod tests;

use core::fmt;

pub use ecdsa_signature::ecdsa_numbers;
#[cfg(all(fuzzing, feature = "es256"))]
pub(crate) use ecdsa_signature::split as split_ecdsa_signature;
#[cfg(feature = "ed448")]
pub use ed448::Ed448;
#[cfg(feature = "eddsa")]
pub use eddsa::{Ed25519, EdDsa};
#[cfg(all(feature = "ecdsa-any-hash", feature = "es256"))]
pub use es256::{EcdsaP256Sha384, EcdsaP256Sha512};
#[cfg(feature = "es256")]
pub use es256::{Es256, Esp256};
#[cfg(all(feature = "ecdsa-any-hash", feature = "es256-small"))]
pub use es256_small::{EcdsaP256Sha384Small, EcdsaP256Sha512Small};
#[cfg(feature = "es256-small")]
pub use es256_small::{Es256Small, Esp256Small};
#[cfg(feature = "es256k")]
pub use es256k::Es256k;
#[cfg(all(feature = "ecdsa-any-hash", feature = "es384"))]
pub use es384::{EcdsaP384Sha256, EcdsaP384Sha512};
#[cfg(feature = "es384")]
pub use es384::{Es384, Esp384};
#[cfg(all(feature = "ecdsa-any-hash", feature = "es512"))]
pub use es512::{EcdsaP521Sha256, EcdsaP521Sha384};
#[cfg(feature = "es512")]
pub use es512::{Es512, Esp512};
#[cfg(feature = "ml-dsa-44")]
pub use ml_dsa::MlDsa44;
#[cfg(feature = "ml-dsa-65")]
pub use ml_dsa::MlDsa65;
#[cfg(feature = "ml-dsa-87")]
pub use ml_dsa::MlDsa87;
#[cfg(all(fuzzing, feature = "es256-small", feature = "_pkcs1"))]
pub(crate) use p256_small::assert_arithmetic as assert_p256_arithmetic;
#[cfg(feature = "rs1")]
pub use pkcs1::Rs1;
#[cfg(feature = "rs256")]
pub use pkcs1::Rs256;
#[cfg(feature = "rs384")]
pub use pkcs1::Rs384;
#[cfg(feature = "rs512")]
pub use pkcs1::Rs512;
#[cfg(feature = "ps256")]
pub use pss::Ps256;
#[cfg(feature = "ps384")]
pub use pss::Ps384;
#[cfg(feature = "ps512")]
pub use pss::Ps512;
pub use sha256::SoftSha256;

use crate::data::{CoseAlgorithm, PublicKey};

/// SHA-256 over a message in parts. `Sync`, as [`SignatureAlgorithm`] is.
pub trait Sha256: Sync {
    /// The digest of the concatenated parts.
    fn digest(&self, parts: &[&[u8]]) -> [u8; 32];
}

/// One signature algorithm: which keys are valid and how to verify with them. `Sync`, so that a
/// [`Crypto`] may be a constant and be shared by the threads of a server.
pub trait SignatureAlgorithm: Sync {
    /// The COSE algorithm that this verifies.
    fn algorithm(&self) -> CoseAlgorithm;

    /// Whether the key is of this algorithm's type, curve and size, and its numbers are a key: a
    /// registration with no signature of the new key in it depends on this alone.
    ///
    /// # Errors
    ///
    /// [`KeyError`] where it is not.
    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError>;

    /// Verifies a signature, in [WebAuthn's encoding](https://www.w3.org/TR/webauthn-3/#sctn-signature-attestation-types),
    /// over the parts of a message.
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

/// Declares a mechanism: its COSE algorithm, how a key is checked, and how a signature is verified.
#[allow(unused_macros, reason = "a build may have no algorithm")]
macro_rules! signature_algorithm {
    (
        $(#[$attribute:meta])*
        $name:ident, $algorithm:ident, $check_key:path,
        |$key:ident, $message:ident, $signature:ident| $verify:expr
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl $crate::algorithm::SignatureAlgorithm for $name {
            fn algorithm(&self) -> $crate::data::CoseAlgorithm {
                $crate::data::CoseAlgorithm::$algorithm
            }

            fn check_key(
                &self,
                $key: &$crate::data::PublicKey<'_>,
            ) -> Result<(), $crate::algorithm::KeyError> {
                $check_key($key)
            }

            fn verify(
                &self,
                $key: &$crate::data::PublicKey<'_>,
                $message: &[&[u8]],
                $signature: &[u8],
            ) -> Result<(), $crate::algorithm::SignatureError> {
                $verify
            }
        }
    };
}

#[allow(unused_imports, reason = "a build may have no algorithm")]
use signature_algorithm;

/// The key is not a valid key of the algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyError;

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the public key is not a key of its algorithm")
    }
}

impl core::error::Error for KeyError {}

/// The signature does not verify. Causes are not given: they would only help a forger.
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
#[non_exhaustive]
pub struct Crypto<'a> {
    /// The hash of client data and RP ids.
    pub sha256: &'a dyn Sha256,
    /// The signature algorithms that a credential may have, best first.
    pub algorithms: &'a [&'a dyn SignatureAlgorithm],
    /// Further algorithms of attestation statements and certificates, which a credential must not have:
    /// SHA-1, and ECDSA with another hash than the curve's own.
    pub attestation_algorithms: &'a [&'a dyn SignatureAlgorithm],
}

impl Crypto<'static> {
    /// Everything that this build's features include.
    pub const BUILT_IN: Self = Self {
        sha256: &SoftSha256,
        algorithms: BUILT_IN,
        attestation_algorithms: BUILT_IN_FOR_ATTESTATION,
    };
}

impl<'a> Crypto<'a> {
    /// A hash, and the signature algorithms that a credential may have, best first. Attestation may be
    /// signed with the same.
    #[must_use]
    pub const fn new(sha256: &'a dyn Sha256, algorithms: &'a [&'a dyn SignatureAlgorithm]) -> Self {
        Self {
            sha256,
            algorithms,
            attestation_algorithms: &[],
        }
    }

    /// The same with these [`attestation_algorithms`](Self::attestation_algorithms).
    #[must_use]
    pub const fn with_attestation_algorithms(
        mut self,
        attestation_algorithms: &'a [&'a dyn SignatureAlgorithm],
    ) -> Self {
        self.attestation_algorithms = attestation_algorithms;
        self
    }

    /// The mechanism for a credential's algorithm, if there is one.
    #[must_use]
    pub fn algorithm(&self, algorithm: CoseAlgorithm) -> Option<&'a dyn SignatureAlgorithm> {
        self.algorithms
            .iter()
            .copied()
            .find(|candidate| candidate.algorithm() == algorithm)
    }

    /// The mechanism that verifies what an attestation key or a certificate's has signed with an
    /// algorithm, where there is one: COSE's ECDSA algorithms name only a hash (RFC 9053 section 2.1),
    /// and what WebAuthn adds to that holds for credentials
    /// ([section 5.8.5](https://www.w3.org/TR/webauthn-3/#sctn-alg-identifier)). A mechanism that is given
    /// is one that takes the key.
    #[must_use]
    pub fn attestation_algorithm(
        &self,
        algorithm: CoseAlgorithm,
        key: &PublicKey<'_>,
    ) -> Option<&'a dyn SignatureAlgorithm> {
        self.algorithms
            .iter()
            .chain(self.attestation_algorithms)
            .copied()
            .filter(|candidate| candidate.algorithm() == algorithm)
            .find(|candidate| candidate.check_key(key).is_ok())
    }

    /// Whether attestation may be signed with an algorithm, by any key.
    #[cfg(feature = "attestation")]
    pub(crate) fn is_attestation_algorithm(&self, algorithm: CoseAlgorithm) -> bool {
        self.algorithms
            .iter()
            .chain(self.attestation_algorithms)
            .any(|candidate| candidate.algorithm() == algorithm)
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

// Those of the lists below that are on P-256: over `p256` where that is there, so that adding the other feature
// changes no verifier.
#[cfg(feature = "es256")]
use es256 as on_p256;
#[cfg(all(feature = "es256-small", not(feature = "es256")))]
mod on_p256 {
    #[cfg(feature = "ecdsa-any-hash")]
    pub(super) use super::{
        EcdsaP256Sha384Small as EcdsaP256Sha384, EcdsaP256Sha512Small as EcdsaP256Sha512,
    };
    pub(super) use super::{Es256Small as Es256, Esp256Small as Esp256};
}

/// The signature algorithms of this build's features, best first: those that every authenticator has in
/// hardware and that verify fastest, then the larger curves, then those of few authenticators, RSA last.
pub const BUILT_IN: &[&dyn SignatureAlgorithm] = &[
    #[cfg(any(feature = "es256", feature = "es256-small"))]
    &on_p256::Es256,
    #[cfg(any(feature = "es256", feature = "es256-small"))]
    &on_p256::Esp256,
    #[cfg(feature = "eddsa")]
    &EdDsa,
    #[cfg(feature = "eddsa")]
    &Ed25519,
    #[cfg(feature = "es384")]
    &Es384,
    #[cfg(feature = "es384")]
    &Esp384,
    #[cfg(feature = "es512")]
    &Es512,
    #[cfg(feature = "es512")]
    &Esp512,
    #[cfg(feature = "ed448")]
    &Ed448,
    #[cfg(feature = "ml-dsa-65")]
    &MlDsa65,
    #[cfg(feature = "ml-dsa-87")]
    &MlDsa87,
    #[cfg(feature = "ml-dsa-44")]
    &MlDsa44,
    #[cfg(feature = "es256k")]
    &Es256k,
    #[cfg(feature = "ps256")]
    &Ps256,
    #[cfg(feature = "ps384")]
    &Ps384,
    #[cfg(feature = "ps512")]
    &Ps512,
    #[cfg(feature = "rs256")]
    &Rs256,
    #[cfg(feature = "rs384")]
    &Rs384,
    #[cfg(feature = "rs512")]
    &Rs512,
];

/// What this build's features include for attestation only.
pub const BUILT_IN_FOR_ATTESTATION: &[&dyn SignatureAlgorithm] = &[
    #[cfg(all(
        feature = "ecdsa-any-hash",
        any(feature = "es256", feature = "es256-small")
    ))]
    &on_p256::EcdsaP256Sha384,
    #[cfg(all(
        feature = "ecdsa-any-hash",
        any(feature = "es256", feature = "es256-small")
    ))]
    &on_p256::EcdsaP256Sha512,
    #[cfg(all(feature = "ecdsa-any-hash", feature = "es384"))]
    &EcdsaP384Sha256,
    #[cfg(all(feature = "ecdsa-any-hash", feature = "es384"))]
    &EcdsaP384Sha512,
    #[cfg(all(feature = "ecdsa-any-hash", feature = "es512"))]
    &EcdsaP521Sha256,
    #[cfg(all(feature = "ecdsa-any-hash", feature = "es512"))]
    &EcdsaP521Sha384,
    #[cfg(feature = "rs1")]
    &Rs1,
];
