//! [Section 8.2](https://www.w3.org/TR/webauthn-3/#sctn-packed-attestation): packed attestation.

#[cfg(feature = "attestation")]
use super::certificate::{check_model, check_not_authority, check_version};
#[cfg(feature = "attestation")]
use super::statement::Certificates;
use super::statement::{algorithm, signature};
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::CoseAlgorithm;
#[cfg(feature = "attestation")]
use crate::data::certificate::{Certificate, oid};

/// The members of a statement. Self attestation has no `x5c`.
pub(super) const MEMBERS: [&str; 3] = ["alg", "sig", "x5c"];

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [alg, sig, x5c] = statement.members(MEMBERS)?;
    let alg = algorithm(alg)?;
    let sig = signature(sig)?;
    match x5c {
        None => verify_self(statement, alg, sig),
        #[cfg(feature = "attestation")]
        Some(_) => verify_certified(statement, alg, sig, &Certificates::read(x5c)?),
        #[cfg(not(feature = "attestation"))]
        Some(_) => Err(StatementError::Unsupported),
    }
}

/// The new key signs the statement.
fn verify_self(
    statement: &Statement<'_, '_>,
    alg: CoseAlgorithm,
    sig: &[u8],
) -> Result<Verified, StatementError> {
    if alg != statement.key.algorithm() {
        return Err(StatementError::Algorithm);
    }
    let signed = [statement.auth_data.bytes(), statement.client_data_hash];
    statement.verify_own_signature(&signed, sig)?;
    Ok(Verified::new(AttestationType::SelfAttestation))
}

/// An attestation key signs the statement.
#[cfg(feature = "attestation")]
#[inline(never)]
fn verify_certified(
    statement: &Statement<'_, '_>,
    alg: CoseAlgorithm,
    sig: &[u8],
    certificates: &Certificates<'_>,
) -> Result<Verified, StatementError> {
    let certificate = &certificates.first;
    let signed = [statement.auth_data.bytes(), statement.client_data_hash];
    statement.verify_signature_of(certificate, alg, &signed, sig)?;
    check_version(certificate)?;
    check_subject(certificate)?;
    check_not_authority(certificate)?;
    check_model(certificate, statement)?;
    certificates.conclude(AttestationType::Basic, statement)
}

/// [Section 8.2.1](https://www.w3.org/TR/webauthn-3/#sctn-packed-attestation-cert-requirements): country,
/// organization, common name, and the literal organizational unit.
#[cfg(feature = "attestation")]
fn check_subject(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    let subject = certificate.subject();
    let is_country = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    if !subject.texts(oid::COUNTRY).any(is_country) {
        return Err(StatementError::Certificate(
            "the subject has no country code",
        ));
    }
    if !subject
        .texts(oid::ORGANIZATION)
        .any(|text| !text.is_empty())
    {
        return Err(StatementError::Certificate(
            "the subject has no organization",
        ));
    }
    if !subject.texts(oid::COMMON_NAME).any(|text| !text.is_empty()) {
        return Err(StatementError::Certificate(
            "the subject has no common name",
        ));
    }
    let mut units = subject.texts(oid::ORGANIZATIONAL_UNIT);
    if !units.any(|text| text == "Authenticator Attestation") {
        return Err(StatementError::Certificate(
            "the subject's unit is not \"Authenticator Attestation\"",
        ));
    }
    Ok(())
}
