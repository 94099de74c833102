//! [Section 8.7](https://www.w3.org/TR/webauthn-3/#sctn-none-attestation): no statement, an empty map.

use super::{AttestationType, Statement, StatementError, Verified};

/// The members of a statement.
#[cfg(feature = "inspect")]
pub(super) const MEMBERS: [&str; 0] = [];

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    statement.expect_no_members()?;
    Ok(Verified::new(AttestationType::None))
}
