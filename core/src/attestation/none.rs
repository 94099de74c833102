//! Section 8.7: a statement that says nothing, and may not say anything.

use super::{AttestationType, Statement, StatementError, Verified};

pub(super) fn verify(statement: &Statement<'_, '_>) -> Result<Verified, StatementError> {
    let [] = statement.members([])?;
    Ok(Verified::new(AttestationType::None))
}
