//! [Section 8.6](https://www.w3.org/TR/webauthn-3/#sctn-fido-u2f-attestation): FIDO U2F security keys.

use super::statement::{Certificates, signature};
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::{CoseAlgorithm, Curve, PublicKey};

/// The members of a statement.
pub(super) const MEMBERS: [&str; 2] = ["sig", "x5c"];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [sig, x5c] = statement.members(MEMBERS)?;
    let sig = signature(sig)?;
    let certificates = Certificates::read(x5c)?;
    certificates.expect_one()?;
    let certificate_key = certificates.first.public_key();
    if !matches!(
        certificate_key,
        PublicKey::Ec2 {
            curve: Curve::P256,
            ..
        }
    ) {
        return Err(StatementError::Certificate(
            "the public key is not on P-256",
        ));
    }
    let PublicKey::Ec2 {
        curve: Curve::P256,
        x,
        y,
    } = statement.key.key()
    else {
        return Err(StatementError::Content(
            "the credential's key is not on P-256",
        ));
    };
    let credential_id = statement
        .auth_data
        .attested_credential_data()
        .map(|attested| attested.credential_id())
        .unwrap_or_default();
    let signed: [&[u8]; 7] = [
        &[0],
        statement.auth_data.rp_id_hash(),
        statement.client_data_hash,
        credential_id,
        &[4],
        x,
        y,
    ];
    statement.verify_signature_of(&certificates.first, CoseAlgorithm::ES256, &signed, sig)?;
    certificates.conclude_without_aaguid(AttestationType::Basic, statement)
}
