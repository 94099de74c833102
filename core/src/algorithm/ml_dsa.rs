//! ML-DSA (FIPS 204), with the empty context. Keys and working values lie on the stack: a verification
//! takes up to 120 KB of it (44), 190 KB (65) or 310 KB (87).

use ml_dsa::signature::MultipartVerifier;
use ml_dsa::{EncodedVerifyingKey, MlDsaParams, Signature, VerifyingKey};

use super::{KeyError, SignatureAlgorithm, SignatureError};
use crate::data::{CoseAlgorithm, PublicKey};

/// The key's bytes, where they are as many as the parameters have. All such are a key.
fn encoded<P: MlDsaParams>(key: &PublicKey<'_>) -> Result<EncodedVerifyingKey<P>, KeyError> {
    let PublicKey::Akp { public_key } = *key else {
        return Err(KeyError);
    };
    EncodedVerifyingKey::<P>::try_from(public_key).map_err(|_| KeyError)
}

#[inline(never)]
fn verify<P: MlDsaParams>(
    key: &PublicKey<'_>,
    message: &[&[u8]],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = encoded::<P>(key).map_err(|_| SignatureError)?;
    let signature = Signature::<P>::try_from(signature).map_err(|_| SignatureError)?;
    VerifyingKey::<P>::decode(&key)
        .multipart_verify(message, &signature)
        .map_err(|_| SignatureError)
}

macro_rules! algorithm {
    ($(#[$attribute:meta])* $name:ident, $algorithm:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        impl SignatureAlgorithm for $name {
            fn algorithm(&self) -> CoseAlgorithm {
                CoseAlgorithm::$algorithm
            }

            fn check_key(&self, key: &PublicKey<'_>) -> Result<(), KeyError> {
                encoded::<ml_dsa::$name>(key).map(|_| ())
            }

            fn verify(
                &self,
                key: &PublicKey<'_>,
                message: &[&[u8]],
                signature: &[u8],
            ) -> Result<(), SignatureError> {
                verify::<ml_dsa::$name>(key, message, signature)
            }
        }
    };
}

#[cfg(feature = "ml-dsa-44")]
algorithm! {
    /// ML-DSA-44.
    MlDsa44, ML_DSA_44
}

#[cfg(feature = "ml-dsa-65")]
algorithm! {
    /// ML-DSA-65.
    MlDsa65, ML_DSA_65
}

#[cfg(feature = "ml-dsa-87")]
algorithm! {
    /// ML-DSA-87.
    MlDsa87, ML_DSA_87
}
