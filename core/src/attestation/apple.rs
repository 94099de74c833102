//! [Section 8.8](https://www.w3.org/TR/webauthn-3/#sctn-apple-anonymous-attestation): Apple's anonymous
//! attestation. The certificate itself is the proof, issued for this registration; there is no other
//! signature.

use super::statement::Certificates;
use super::{AttestationType, Statement, StatementError, Verified};
use crate::data::Certificate;
use crate::encoding::der::{Element, Tag};
use crate::encoding::{Fault, What};

/// 1.2.840.113635.100.8.2
const NONCE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2];

/// The members of a statement.
pub(super) const MEMBERS: [&str; 1] = ["x5c"];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [x5c] = statement.members(MEMBERS)?;
    let certificates = Certificates::read(x5c)?;
    let certificate = &certificates.first;
    let signed = [statement.auth_data.bytes(), statement.client_data_hash];
    let nonce = statement.crypto.sha256.digest(&signed);
    if read_nonce(certificate)? != nonce {
        return Err(StatementError::Binding);
    }
    if certificate.public_key() != statement.key.key() {
        return Err(StatementError::Key);
    }
    certificates.conclude(AttestationType::AnonymizationCa, statement)
}

fn read_nonce<'a>(certificate: &Certificate<'a>) -> Result<&'a [u8], StatementError> {
    const WHAT: What = What::AppleNonceExtension;
    let extension = certificate
        .extension(NONCE)
        .ok_or(StatementError::Certificate("there is no nonce extension"))?;
    let read = || -> Result<&'a [u8], Fault> {
        let mut reader = Element::parse(extension.value, Tag::SEQUENCE, WHAT)?.reader();
        let explicit = Element::expect(&mut reader, Tag::context(1), WHAT)?;
        reader.finish(WHAT)?;
        Ok(Element::parse(explicit.content, Tag::OCTET_STRING, WHAT)?.content)
    };
    read().map_err(StatementError::CertificateMalformed)
}
