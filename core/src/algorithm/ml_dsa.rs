//! ML-DSA (FIPS 204), with the empty context. Keys and working values lie on the stack: a verification
//! takes up to 120 KB of it (44), 190 KB (65) or 310 KB (87).

use ml_dsa::signature::MultipartVerifier;
use ml_dsa::{EncodedVerifyingKey, MlDsaParams, Signature, VerifyingKey};

use super::{KeyError, SignatureError, signature_algorithm};
use crate::data::PublicKey;

/// The key's bytes, if they have the parameters' length. All such are a key.
fn encoded<P: MlDsaParams>(key: &PublicKey<'_>) -> Result<EncodedVerifyingKey<P>, KeyError> {
    let PublicKey::Akp { public_key } = *key else {
        return Err(KeyError);
    };
    EncodedVerifyingKey::<P>::try_from(public_key).map_err(|_| KeyError)
}

fn check_key<P: MlDsaParams>(key: &PublicKey<'_>) -> Result<(), KeyError> {
    encoded::<P>(key).map(|_| ())
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

#[cfg(feature = "ml-dsa-44")]
signature_algorithm! {
    /// ML-DSA-44.
    MlDsa44, ML_DSA_44, check_key::<ml_dsa::MlDsa44>,
    |key, message, signature| verify::<ml_dsa::MlDsa44>(key, message, signature)
}

#[cfg(feature = "ml-dsa-65")]
signature_algorithm! {
    /// ML-DSA-65.
    MlDsa65, ML_DSA_65, check_key::<ml_dsa::MlDsa65>,
    |key, message, signature| verify::<ml_dsa::MlDsa65>(key, message, signature)
}

#[cfg(feature = "ml-dsa-87")]
signature_algorithm! {
    /// ML-DSA-87.
    MlDsa87, ML_DSA_87, check_key::<ml_dsa::MlDsa87>,
    |key, message, signature| verify::<ml_dsa::MlDsa87>(key, message, signature)
}
