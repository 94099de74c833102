//! Mechanisms that let pass what no mutation can forge, so that what comes after it is reached.

use portcullis_core::algorithm::{KeyError, SignatureError};
use portcullis_core::data::PublicKey;
use portcullis_core::{CoseAlgorithm, Crypto, Sha256, SignatureAlgorithm};

/// An algorithm whose keys have to be right and whose signatures all verify.
struct AnySignature(&'static dyn SignatureAlgorithm);

impl SignatureAlgorithm for AnySignature {
    fn algorithm(&self) -> CoseAlgorithm {
        self.0.algorithm()
    }

    fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
        self.0.check_key(key)
    }

    fn verify(&self, key: &PublicKey<'_>, _: &[&[u8]], _: &[u8]) -> Result<(), SignatureError> {
        self.check_key(key).map_err(|KeyError| SignatureError)
    }
}

/// Calls with mechanisms that take any signature of a good key.
pub fn with_any_signature<T>(sha256: &dyn Sha256, judge: impl FnOnce(&Crypto<'_>) -> T) -> T {
    let wrap = |algorithms: &[&'static dyn SignatureAlgorithm]| -> Vec<AnySignature> {
        algorithms.iter().copied().map(AnySignature).collect()
    };
    fn borrow(algorithms: &[AnySignature]) -> Vec<&dyn SignatureAlgorithm> {
        algorithms.iter().map(|algorithm| algorithm as _).collect()
    }
    let credentials = wrap(Crypto::BUILT_IN.algorithms);
    let attestation = wrap(Crypto::BUILT_IN.attestation_algorithms);
    let (credentials, attestation) = (borrow(&credentials), borrow(&attestation));
    judge(&Crypto::new(sha256, &credentials).with_attestation_algorithms(&attestation))
}

/// A hash that is always the same: every RP ID is the one in these authenticator data, and every
/// binding holds that repeats it.
#[derive(Clone, Copy, Debug)]
pub struct RpIdHash([u8; 32]);

impl RpIdHash {
    /// The hash in these authenticator data, as far as they go.
    #[must_use]
    pub fn of(authenticator_data: &[u8]) -> Self {
        let mut hash = [0; 32];
        for (to, from) in hash.iter_mut().zip(authenticator_data) {
            *to = *from;
        }
        Self(hash)
    }
}

impl Sha256 for RpIdHash {
    fn digest(&self, _: &[&[u8]]) -> [u8; 32] {
        self.0
    }
}
