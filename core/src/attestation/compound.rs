//! [Section 8.9](https://www.w3.org/TR/webauthn-3/#sctn-compound-attestation): several statements about one
//! registration, each of which has to verify.

#[cfg(feature = "trust")]
use super::PathError;
use super::{AttestationType, Format, Statement, StatementError, Verified, verify_simple};
use crate::encoding::cbor::{Content, Item};
use crate::encoding::{Fault, FaultKind, What};
use crate::limits::COMPOUND_STATEMENTS_MAX;
#[cfg(feature = "trust")]
use crate::policy::{AttestationPolicy, Standing};

const WHAT: What = What::CompoundAttestationStatement;

/// A statement is an array and has no members of its own.
#[cfg(feature = "inspect")]
pub(super) const MEMBERS: [&str; 0] = [];

#[inline(never)]
pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let Content::Array(parts) = statement.att_stmt.content() else {
        return Err(Fault::new(WHAT, FaultKind::Type, 0).into());
    };
    if !(2..=COMPOUND_STATEMENTS_MAX).contains(&parts.count()) {
        return Err(Fault::new(WHAT, FaultKind::Length, 0).into());
    }
    let mut all = Verified::new(AttestationType::None);
    for part in parts {
        let (format, att_stmt) = read_part(part, statement)?;
        let verified = verify_simple(
            format,
            &Statement {
                att_stmt,
                ..*statement
            },
        )?;
        all.aaguid_signed = match (is_certified(&all), is_certified(&verified)) {
            (true, true) => all.aaguid_signed || verified.aaguid_signed,
            (false, true) => verified.aaguid_signed,
            (_, false) => all.aaguid_signed,
        };
        all.attestation_type = stronger(all.attestation_type, verified.attestation_type);
        #[cfg(feature = "trust")]
        if statement.policy.attestation == AttestationPolicy::Trusted
            && !matches!(all.path, Some(Err(_)))
        {
            // Each part has to lead to a root; one without certificates leads nowhere.
            all.path = verified.path.or(Some(Err(PathError::NoRoot)));
        }
        #[cfg(feature = "trust")]
        if matches!(all.standing, None | Some(Standing::Accepted)) {
            all.standing = verified.standing.or(all.standing);
        }
        all.outdated |= verified.outdated;
        all.cts_profile_mismatch |= verified.cts_profile_mismatch;
        all.tpm_key_not_bound |= verified.tpm_key_not_bound;
    }
    Ok(all)
}

/// A part is a statement with its format, which has to be accepted and not compound itself.
fn read_part<'a>(
    part: Item<'a>,
    statement: &Statement<'_, 'a>,
) -> Result<(Format, Item<'a>), StatementError> {
    let part = Statement {
        att_stmt: part,
        ..*statement
    };
    let [format, att_stmt] = part.members(["fmt", "attStmt"])?;
    let name = format.and_then(Item::as_text).ok_or(Fault::new(
        What::FmtInACompoundStatement,
        FaultKind::Type,
        0,
    ))?;
    let att_stmt = att_stmt.ok_or(Fault::new(
        What::AttStmtInACompoundStatement,
        FaultKind::Missing,
        0,
    ))?;
    let format = Format::from_name(name).ok_or(StatementError::Unsupported)?;
    if format == Format::Compound {
        return Err(Fault::new(WHAT, FaultKind::Value, 0).into());
    }
    if !statement.policy.formats.contains(format) {
        return Err(StatementError::FormatNotAccepted(format));
    }
    Ok((format, att_stmt))
}

/// Without certificates nobody vouches for the AAGUID, signed or not.
const fn is_certified(verified: &Verified) -> bool {
    !matches!(
        verified.attestation_type,
        AttestationType::None | AttestationType::SelfAttestation
    )
}

/// A statement with certificates proves more than one without; of two that have them the first counts.
const fn stronger(first: AttestationType, second: AttestationType) -> AttestationType {
    match (first, second) {
        (AttestationType::None, second) => second,
        (AttestationType::SelfAttestation, AttestationType::None) => first,
        (AttestationType::SelfAttestation, second) => second,
        (first, _) => first,
    }
}
