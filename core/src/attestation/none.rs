//! Section 8.7: a statement that says nothing, and may not say anything.

use super::{AttestationType, Statement, StatementError, Verified};

/// The members of a statement.
pub(super) const MEMBERS: [&str; 0] = [];

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [] = statement.members(MEMBERS)?;
    Ok(Verified::new(AttestationType::None))
}
