//! Invitations: what opens a registration, in a link to the page. The store knows its hash.
//!
//! An operator's is a token of 32 random bytes. One that a person makes for another device of their own is
//! a code like those of [recovery](super::recovery): short enough to be typed, good for minutes, and bound
//! to the account's handle, so that it does not open an account that gets the name later.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::recovery;
pub(crate) use super::session::hash;
use super::username::Username;
#[cfg(feature = "cli")]
use crate::encoding::base64url;
use crate::encoding::from_base64url;
use crate::store::{SecretHash, UserHandle};

/// How long a code for another device is good, in seconds.
pub(crate) const DEVICE_LIFE: u64 = 600;

/// What the store keeps of an invitation that is shown with the name of an account, or with one that
/// nobody has; `None` where it cannot be one.
pub(crate) fn hash_of(text: &str, owner: Option<&UserHandle>) -> Option<SecretHash> {
    if let Some(secret) = from_base64url::<32>(text) {
        return Some(hash(&secret));
    }
    Some(device_hash(owner?, recovery::parse(text)?))
}

/// What the store keeps of a code for another device.
pub(crate) fn device_hash(owner: &UserHandle, code: u128) -> SecretHash {
    // Of another length than what a recovery code is hashed with: neither can be taken for the other.
    hash(&[b"device", owner.as_bytes(), &code.to_be_bytes()].concat())
}

/// The address that a token is handed out as: the page, and the token where no server sees it.
#[cfg(feature = "cli")]
pub(crate) fn link(page: &str, secret: &[u8; 32]) -> String {
    format!("{page}/#invite={}", base64url(secret))
}

/// The address of a code for another device, as a person types it.
pub(crate) fn device_link(page: &str, code: u128) -> String {
    format!("{page}/#add={}", recovery::text(code))
}

/// The same with the name, for a camera.
pub(crate) fn device_link_with_name(page: &str, code: u128, name: &Username) -> String {
    let name = utf8_percent_encode(name.as_written(), NON_ALPHANUMERIC);
    format!("{}&name={name}", device_link(page, code))
}
