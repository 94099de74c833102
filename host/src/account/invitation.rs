//! Invitations: a token of 32 random bytes, of which the store knows the SHA-256.

pub(crate) use super::session::hash;
#[cfg(feature = "cli")]
use crate::encoding::base64url;
use crate::encoding::from_base64url;

/// What the store keeps of a token; `None` where it cannot be one.
pub(crate) fn hash_of(text: &str) -> Option<[u8; 32]> {
    from_base64url::<32>(text).map(|secret| hash(&secret))
}

/// The address that a token is handed out as: the page, and the token where no server sees it.
#[cfg(feature = "cli")]
pub(crate) fn link(page: &str, secret: &[u8; 32]) -> String {
    format!("{page}/#invite={}", base64url(secret))
}
