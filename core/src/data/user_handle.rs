//! What a user handle must not be.

/// Whether a user handle says who the account belongs to: it is an address, or the account's own name.
///
/// A handle is kept by every authenticator and given out without the person's consent, so it is to be random
/// ([privacy of user handles](https://www.w3.org/TR/webauthn-3/#sctn-user-handle-privacy)).
pub(crate) fn names_a_person(handle: &str, account: Option<impl Iterator<Item = char>>) -> bool {
    let is_the_name = account.is_some_and(|account| account.eq(handle.chars()));
    !handle.is_empty()
        && (is_the_name || handle.bytes().any(|byte| byte == b'@'))
        && !handle.chars().any(char::is_control)
}
