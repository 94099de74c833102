//! What signs login tokens: a key derived from the host's secret, or one that never leaves a token.

mod derived;
mod pkcs11;
mod uri;

use core::fmt;

pub(crate) use derived::DerivedSigner;
pub use pkcs11::{Pkcs11Signer, SignerError};
pub use uri::{Pkcs11Uri, UriError};

use crate::keys::CryptoFailure;

/// An uncompressed point of P-256, `04 || x || y`.
pub(crate) type Point = [u8; 65];

/// Signs with ES256, by a key that is the same as long as the host runs.
#[rocket::async_trait]
pub(crate) trait TokenSigner: fmt::Debug + Send + Sync {
    /// The public half.
    fn public_key(&self) -> &Point;

    /// The signature of a message, `r || s`.
    async fn sign(&self, message: &str) -> Result<Vec<u8>, SignError>;
}

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignError {
    /// The token with the key is away or locked.
    #[error("the signing key is not available")]
    Unavailable,
    #[error(transparent)]
    Crypto(#[from] CryptoFailure),
}
