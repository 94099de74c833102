//! Entry points for the fuzz targets to parsers that are not public. Only `cargo fuzz` builds them.

use crate::encoding::Fault;
use crate::{algorithm, attestation, data};

/// The format and the authenticator data of an attestation object.
///
/// # Errors
///
/// What is wrong with it.
pub fn attestation_object(bytes: &[u8]) -> Result<(&str, &[u8]), Fault> {
    data::AttestationObject::parse(bytes).map(|object| (object.fmt, object.auth_data))
}

/// Whether the bytes are a TPM's public area.
#[cfg(feature = "attestation")]
#[must_use]
pub fn is_tpm_public_area(bytes: &[u8]) -> bool {
    attestation::is_public_area(bytes)
}

/// Whether the bytes are what a TPM signs to certify a key.
#[cfg(feature = "attestation")]
#[must_use]
pub fn is_tpm_attest(bytes: &[u8]) -> bool {
    attestation::is_attest(bytes)
}

/// The two numbers of an ECDSA signature in DER.
///
/// # Errors
///
/// What is wrong with it.
#[cfg(feature = "es256")]
pub fn split_ecdsa_signature(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    algorithm::split_ecdsa_signature(bytes)
}

/// Holds the operations of the core's own P-256 on two numbers against those of another library.
///
/// # Panics
///
/// When they differ.
#[cfg(all(feature = "es256-small", feature = "_pkcs1"))]
pub fn assert_p256_arithmetic(a: &[u8; 32], b: &[u8; 32]) {
    algorithm::assert_p256_arithmetic(a, b);
}
