//! Requirements on the attestation certificates of several formats.

use super::{Statement, StatementError};
#[cfg(feature = "trust")]
use crate::data::Aaguid;
use crate::data::Certificate;
use crate::encoding::What;
use crate::encoding::der::{Element, Tag};

/// 1.3.6.1.4.1.45724.1.1.4, id-fido-gen-ce-aaguid
const FIDO_AAGUID: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4];

pub(super) fn check_version(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    match certificate.version() {
        3 => Ok(()),
        _ => Err(StatementError::Certificate("the version is not 3")),
    }
}

pub(super) fn check_not_authority(certificate: &Certificate<'_>) -> Result<(), StatementError> {
    let authority = certificate
        .basic_constraints()
        .map_err(StatementError::CertificateMalformed)?
        .map(|constraints| constraints.authority);
    match authority {
        Some(false) => Ok(()),
        Some(true) => Err(StatementError::Certificate(
            "the basic constraints say that it is an authority",
        )),
        None => Err(StatementError::Certificate(
            "there are no basic constraints",
        )),
    }
}

/// If the certificate names an authenticator model, it names this one.
pub(super) fn check_model(
    certificate: &Certificate<'_>,
    statement: &Statement<'_, '_>,
) -> Result<(), StatementError> {
    const WHAT: What = What::AaguidExtension;
    let Some(extension) = certificate.extension(FIDO_AAGUID) else {
        return Ok(());
    };
    if extension.critical {
        return Err(StatementError::Certificate(
            "the AAGUID extension is critical",
        ));
    }
    let named = Element::parse(extension.value, Tag::OCTET_STRING, WHAT)
        .map_err(StatementError::CertificateMalformed)?
        .content;
    if *named == statement.aaguid().bytes() {
        Ok(())
    } else {
        Err(StatementError::Model)
    }
}

/// The model that a certificate names.
#[cfg(feature = "trust")]
pub(super) fn named_model(certificate: &Certificate<'_>) -> Option<Aaguid> {
    let extension = certificate.extension(FIDO_AAGUID)?;
    let named = Element::parse(extension.value, Tag::OCTET_STRING, What::AaguidExtension).ok()?;
    named.content.try_into().ok().map(Aaguid::new)
}
