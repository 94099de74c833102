//! [Section 8.7](https://www.w3.org/TR/webauthn-3/#sctn-none-attestation): no statement, an empty map.

use super::{AttestationType, Statement, StatementError, Verified};

/// The members of a statement.
pub(super) const MEMBERS: [&str; 0] = [];

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [] = statement.members(MEMBERS)?;
    Ok(Verified::new(AttestationType::None))
}
