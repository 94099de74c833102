//! Section 8.2: packed attestation, in its self form.

use super::{AttestationType, Statement, StatementError};
use crate::encoding::cbor::Item;
use crate::encoding::{Fault, FaultKind};

/// The members of a packed statement.
struct Packed<'a> {
    alg: i64,
    sig: &'a [u8],
    x5c: Option<Item<'a>>,
}

impl<'a> Packed<'a> {
    fn parse(statement: Item<'a>) -> Result<Self, Fault> {
        let (mut alg, mut sig, mut x5c) = (None, None, None);
        for (name, value) in statement.as_map().into_iter().flatten() {
            match name.as_text() {
                Some("alg") => alg = Some(value),
                Some("sig") => sig = Some(value),
                Some("x5c") => x5c = Some(value),
                _ => {
                    return Err(Fault::new(
                        "packed statement member",
                        FaultKind::Unexpected,
                        0,
                    ));
                }
            }
        }
        let alg = alg.ok_or(Fault::new("packed alg", FaultKind::Missing, 0))?;
        let sig = sig.ok_or(Fault::new("packed sig", FaultKind::Missing, 0))?;
        Ok(Self {
            alg: alg
                .as_integer()
                .ok_or(Fault::new("packed alg", FaultKind::Type, 0))?,
            sig: sig
                .as_bytes()
                .ok_or(Fault::new("packed sig", FaultKind::Type, 0))?,
            x5c,
        })
    }
}

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<AttestationType, StatementError> {
    let packed = Packed::parse(statement.att_stmt).map_err(StatementError::Malformed)?;
    if packed.x5c.is_some() {
        return Err(StatementError::Unsupported);
    }
    let algorithm = statement.key.algorithm();
    if packed.alg != i64::from(algorithm.value()) {
        return Err(StatementError::Algorithm);
    }
    statement
        .crypto
        .algorithm(algorithm)
        .ok_or(StatementError::Algorithm)?
        .verify(
            statement.key.key(),
            &[statement.auth_data.bytes(), statement.client_data_hash],
            packed.sig,
        )
        .map_err(|_| StatementError::Signature)?;
    Ok(AttestationType::SelfAttestation)
}
