//! Why a host cannot start.

use crate::config::ConfigError;
use crate::token::keys::CryptoFailure;

/// Why a host cannot start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting names something that cannot be used.
    #[error(transparent)]
    Setting(#[from] ConfigError),
    /// The cryptographic library failed, as on a system without randomness.
    #[error(transparent)]
    Crypto(#[from] CryptoFailure),
}
