//! What signs login tokens, and receipts of approvals: a key derived from the host's secret, one that never
//! leaves a PKCS #11 token, or one of the application's.

mod derived;
#[cfg(feature = "pkcs11")]
mod pkcs11;

use core::fmt;
use std::sync::Arc;

pub(crate) use derived::DerivedSigner;
#[cfg(feature = "pkcs11")]
pub use pkcs11::Pkcs11Signer;

use crate::config::SignerSetting;
use crate::error::StartError;
pub use crate::token::keys::CryptoFailure;
use crate::token::keys::KeySource;

/// An uncompressed point of P-256, `04 || x || y`.
pub type Point = [u8; 65];

/// Signs login tokens and receipts of approvals with ES256, by a key that stays the same as long as the host runs.
#[rocket::async_trait]
pub trait LoginSigner: fmt::Debug + Send + Sync + 'static {
    /// The public half, which the JWKS publishes.
    fn public_key(&self) -> &Point;

    /// The signature of a message: `r || s`, 64 bytes.
    ///
    /// # Errors
    /// Where the key cannot be used at present.
    async fn sign(&self, message: &str) -> Result<Vec<u8>, SignError>;
}

/// Why there is no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key cannot be reached, or is locked.
    #[error("the signing key is not available")]
    Unavailable,
    /// The cryptographic library failed.
    #[error(transparent)]
    Crypto(#[from] CryptoFailure),
}

/// The signer that the settings name.
pub(crate) async fn open(
    setting: &SignerSetting,
    keys: &KeySource,
) -> Result<Arc<dyn LoginSigner>, StartError> {
    match setting {
        SignerSetting::Derived => Ok(Arc::new(DerivedSigner::new(keys)?)),
        #[cfg(feature = "pkcs11")]
        SignerSetting::Pkcs11(uri) => {
            let signer = Pkcs11Signer::open(uri.clone())
                .await
                .map_err(|error| crate::ConfigError::new("SIGNER", error.to_string()))?;
            Ok(Arc::new(signer))
        }
        #[cfg(not(feature = "pkcs11"))]
        SignerSetting::Pkcs11(_) => {
            let hint = "this build cannot use PKCS #11 tokens; use `derived`";
            Err(crate::ConfigError::new("SIGNER", hint).into())
        }
    }
}
