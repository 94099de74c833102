//! Section 8.7: a statement that says nothing, and may not say anything.

use super::{AttestationType, Statement, StatementError};
use crate::encoding::{Fault, FaultKind};

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<AttestationType, StatementError> {
    let mut members = statement.att_stmt.as_map().into_iter().flatten();
    match members.next() {
        None => Ok(AttestationType::None),
        Some(_) => Err(StatementError::Malformed(Fault::new(
            "member of a none attestation statement",
            FaultKind::Unexpected,
            0,
        ))),
    }
}
