//! What most broken statements are refused with.

/// A statement without its format's syntax.
pub(super) const MALFORMED: &str = "attestation_statement_malformed";
/// A certificate that cannot be read.
pub(super) const UNREADABLE: &str = "attestation_certificate_malformed";
/// A signature that does not verify.
pub(super) const SIGNATURE: &str = "attestation_signature_invalid";
/// A certificate that is not what its format requires.
pub(super) const CERTIFICATE: &str = "attestation_certificate_invalid";
/// A statement made for another registration.
pub(super) const BINDING: &str = "attestation_binding_mismatch";
/// A statement about another key.
pub(super) const KEY: &str = "attestation_key_mismatch";
/// A statement that does not say what its format requires.
pub(super) const INVALID: &str = "attestation_statement_invalid";
/// An algorithm that is not the key's.
pub(super) const ALGORITHM: &str = "attestation_algorithm_mismatch";
